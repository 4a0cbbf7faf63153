"""What a new tenant must be."""

from datetime import timedelta
from typing import Any

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import NewTenant


@pytest.mark.parametrize("slug", ["a", "7", "acme", "acme-prod-2", "a" * 63])
def test_a_slug_is_a_dns_label(slug: str) -> None:
    assert NewTenant(slug).slug == slug


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a b", "ä", "a" * 64, "a\n", "a.b"])
def test_anything_else_is_no_slug(slug: str) -> None:
    with pytest.raises(InvalidInput, match="bad_slug"):
        NewTenant(slug)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("name_too_long", {"name": "x" * 201}),
        ("bad_late_horizon", {"late_horizon": timedelta()}),
        ("bad_series_max", {"series_max": 0}),
        ("too_many_tags", {"declared_tags": tuple("abcdefghi")}),
        ("tag_twice", {"declared_tags": ("a", "a")}),
        ("bad_tag", {"declared_tags": (" ",)}),
        ("bad_tag", {"declared_tags": ("k" * 65,)}),
    ],
)
def test_a_broken_rule_is_named(code: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=code):
        NewTenant("acme", **wrong)
