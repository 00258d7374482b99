import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from store.tenants import ANONYMOUS, may_see, scoped, shared_owner, tenant_of, unscoped, visible_owners

tenants = st.none() | st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
ids = st.text(min_size=1) | st.from_regex(r"[a-z0-9-]{1,4}/[a-z0-9/-]{0,6}", fullmatch=True)


def known(tenant: str | None, client_id: str) -> str:
    assume(tenant is not None or "/" not in client_id)
    return scoped(tenant, client_id)


@given(tenants, ids)
def test_an_id_comes_out_as_it_went_in(tenant: str | None, client_id: str) -> None:
    inside = known(tenant, client_id)
    assert unscoped(inside) == client_id
    assert tenant_of(inside) == tenant


@given(tenants, ids, tenants, ids)
def test_ids_of_two_tenants_never_meet_whatever_characters_they_have(
    tenant: str | None, client_id: str, other: str | None, other_id: str
) -> None:
    same = (tenant, client_id) == (other, other_id)
    assert (known(tenant, client_id) == known(other, other_id)) == same


@given(tenants, ids, tenants, ids)
def test_what_people_of_two_tenants_find_is_the_catalogue_alone(
    tenant: str | None, client_id: str, other: str | None, other_id: str
) -> None:
    assume(tenant != other)
    mine, theirs = known(tenant, client_id), known(other, other_id)
    assert set(visible_owners(mine)) & set(visible_owners(theirs)) == {None}
    assert may_see(tenant, mine)
    assert not may_see(other, mine)
    assert not may_see(ANONYMOUS, mine)


@given(tenants, ids, ids)
def test_what_is_shared_is_found_in_the_whole_tenant(
    tenant: str | None, client_id: str, other_id: str
) -> None:
    mine, theirs = known(tenant, client_id), known(tenant, other_id)
    assert shared_owner(mine) in visible_owners(theirs)
    assert shared_owner(mine) not in (mine, theirs)  # no person owns what all do


@pytest.mark.parametrize("tenant", ["", "Acme", "a/b", "a b", "-a", "ä", "a" * 64])
def test_a_name_that_could_be_mistaken_is_no_tenant(tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        scoped(tenant, "u-1")
