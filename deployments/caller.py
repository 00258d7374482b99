"""Who calls: the tenant of the key that came with a call, known wherever the call is worked on in this process."""

from contextvars import ContextVar

from store.tenants import scoped

# None where no keys are wanted; `store.tenants.ANONYMOUS` for a call that may do without one.
TENANT: ContextVar[str | None] = ContextVar("tenant", default=None)


def of_caller(client_id: str) -> str:
    """An id that a client gave, as it is known inside."""
    return scoped(TENANT.get(), client_id)
