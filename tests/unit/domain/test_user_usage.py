"""What users can be asked of, and what a picker can be asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics_hub.domain.dimension import DimensionQuery
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.tenant import TenantId
from analytics_hub.domain.user_usage import USER_METRICS

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)


def picker(**changed: Any) -> DimensionQuery:
    words: dict[str, Any] = {
        "start": NOW - timedelta(days=3, seconds=7),
        "end": NOW,
        "name": "model",
    } | changed
    return DimensionQuery(TenantId(1), **words)


def test_users_have_sums_but_no_percentiles() -> None:
    assert {"events", "errors", "error_rate", "total_tokens", "cost_usd", "latency_avg_ms"} <= set(
        USER_METRICS
    )
    assert not {"latency_p95_ms", "ttft_max_ms", "unpriced_tokens", "token_coverage"} & set(USER_METRICS)


def test_a_picker_asks_from_the_beginning_of_a_day() -> None:
    question = picker().question("model")
    assert question.start == datetime(2026, 11, 2, tzinfo=UTC)
    assert (question.group_by, question.limit) == (("model",), 10_000)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"name": "modell"}, "unknown_dimension", "dimension"),
        ({"name": ""}, "unknown_dimension", "dimension"),
        ({"limit": 0}, "bad_limit", "limit"),
        ({"prefix": "x" * 257}, "filter_value", "q"),
        ({"start": NOW + timedelta(days=1)}, "empty_range", "to"),
        ({"start": NOW.replace(tzinfo=None)}, "no_offset", "from"),
        ({"end": NOW + timedelta(seconds=1)}, "not_on_minute", "to"),
    ],
)
def test_a_bad_picker_names_its_field(changed: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        picker(**changed)
    assert (refused.value.code, refused.value.field) == (code, field)
