"""Tenants: inside, the id of a person begins with their tenant's name, so that what is kept by person never mixes."""

import re

SEPARATOR = "/"  # in no tenant's name, and in no id of a person that the HTTP contract allows
ANONYMOUS = ""  # the tenant of a caller without a key, where one is wanted: nobody is in it
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def check_tenant(tenant: str) -> str:
    """The name itself; ValueError if it cannot be one."""
    if not _TENANT.fullmatch(tenant):
        raise ValueError(
            f"tenant {tenant!r}: allowed are 1 to 63 of a-z, 0-9 and -, beginning with one of the former"
        )
    return tenant


def scoped(tenant: str | None, client_id: str) -> str:
    """A client's own id as it is known inside; without keys, hence without a tenant, it stays as it is."""
    if tenant is None:
        if SEPARATOR in client_id:
            raise ValueError(f"id {client_id!r}: a {SEPARATOR} would make it the id of another tenant")
        return client_id
    return f"{check_tenant(tenant)}{SEPARATOR}{client_id}"


def tenant_of(scoped_id: str) -> str | None:
    """The tenant of an id as it is known inside; None for who came without a key."""
    tenant, separator, _ = scoped_id.partition(SEPARATOR)
    return tenant if separator else None


def unscoped(scoped_id: str) -> str:
    """The id as the client knows it."""
    before, separator, after = scoped_id.partition(SEPARATOR)
    return after if separator else before


def visible_owners(user_id: str) -> tuple[str | None, ...]:
    """Whose media a person finds: nobody's, what is shared in their tenant, their own."""
    shared = shared_owner(user_id)
    return (None, user_id) if shared is None else (None, shared, user_id)


def shared_owner(owner_id: str) -> str | None:
    """Who owns what a person shares: everybody in their tenant, or just everybody where there are no tenants."""
    tenant = tenant_of(owner_id)
    return None if tenant is None else f"{tenant}{SEPARATOR}"


def may_see(tenant: str | None, owner_id: str | None) -> bool:
    """Whether a tenant's callers may look at what somebody owns; the catalogue is nobody's."""
    return owner_id is None or tenant_of(owner_id) == tenant
