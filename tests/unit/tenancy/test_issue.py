"""Making keys: scopes are checked, and the secret is told once."""

from datetime import UTC, datetime

import pytest

from analytics_hub.domain.errors import Conflict, InvalidInput, NotFound
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.tenancy.issue import issue_key
from analytics_hub.tenancy.memory import MemoryTenants


def tenants() -> MemoryTenants:
    return MemoryTenants(datetime(2026, 11, 5, tzinfo=UTC))


@pytest.mark.parametrize(("scopes", "code"), [([], "no_scope"), (["root"], "unknown_scope")])
def test_a_key_needs_known_scopes(scopes: list[str], code: str) -> None:
    store = tenants()
    tenant = store.create(NewTenant("acme"))
    with pytest.raises(InvalidInput) as refused:
        issue_key(store, tenant.tenant_id, scopes)
    assert refused.value.code == code


def test_the_secret_does_not_show_when_an_issued_key_is_printed() -> None:
    store = tenants()
    key = issue_key(store, store.create(NewTenant("acme")).tenant_id, ["ingest", "query"])
    assert key.text not in repr(key)


def test_a_slug_is_given_once() -> None:
    store = tenants()
    store.create(NewTenant("acme"))
    with pytest.raises(Conflict, match="slug_taken"):
        store.create(NewTenant("acme"))
    assert [tenant.slug for tenant in store.all()] == ["acme"]


def test_an_absent_tenant_is_not_found() -> None:
    with pytest.raises(NotFound, match="no_such_tenant"):
        tenants().find("nobody")


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "bell\a"])
def test_a_name_that_no_table_can_show_is_refused(name: str) -> None:
    store = tenants()
    tenant = store.create(NewTenant("acme"))
    with pytest.raises(InvalidInput, match="bad_key_name"):
        issue_key(store, tenant.tenant_id, ["query"], name=name)
