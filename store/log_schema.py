"""The columns of the exported log, and of the version before."""

import pyarrow as pa

SCHEMA_VERSION = "2"
TIME = pa.timestamp("us", tz="UTC")
SHOWN = pa.struct(
    {"item_id": pa.string(), "media_type": pa.string(), "source": pa.string(), "propensity": pa.float64()}
)
_FEEDBACK = pa.struct(
    {
        "event_id": pa.string(),
        "item_id": pa.string(),
        "action": pa.string(),
        "position": pa.int32(),
        "at": TIME,
        "received_at": TIME,
    }
)
SCHEMA = pa.schema(
    {
        "suggestion_id": pa.string(),
        "slate": pa.int32(),
        "tenant": pa.string(),  # null for who came without a key
        "user_id": pa.string(),  # as it is known inside: it begins with the tenant's name
        "composition_id": pa.string(),
        "at": TIME,
        "n_gram": pa.string(),
        "locale": pa.string(),
        "policy_version": pa.string(),
        "latency_ms": pa.float64(),
        "pending": pa.list_(pa.string()),
        "degraded": pa.list_(pa.string()),
        "shown": pa.list_(SHOWN),
        "candidates": pa.string(),  # a JSON array: which scores there are depends on the policy version
        "feedback": pa.list_(_FEEDBACK),
    },
    metadata={"gramoji.log_schema_version": SCHEMA_VERSION},
)
_TENANT = SCHEMA.get_field_index("tenant")
SCHEMAS = {"1": SCHEMA.remove(_TENANT), SCHEMA_VERSION: SCHEMA}  # version 1 is of before there were tenants


def version_of(schema: pa.Schema) -> str:
    """Which version a file says that it is of."""
    return (schema.metadata or {}).get(b"gramoji.log_schema_version", b"none").decode()


def up_to_date(table: pa.Table) -> pa.Table:
    """A table of either version with the columns of this one."""
    if "tenant" not in table.column_names:
        nobodys = pa.nulls(len(table), pa.string())
        table = table.add_column(_TENANT, SCHEMA.field(_TENANT), nobodys)
    return table.cast(SCHEMA)
