"""Points by column are the points one by one."""

from datetime import UTC, datetime, timedelta

from analytics_hub.domain.answer import Point, Points

START = datetime(2026, 11, 1, tzinfo=UTC)
POINTS = [
    Point(START, {"events": 3, "cost_usd": "0.10", "error_rate": None}),
    Point(START + timedelta(hours=1), {"events": 0, "cost_usd": "0.00", "error_rate": 0.5}),
]


def test_points_by_column_are_the_same_points() -> None:
    found = Points.of(POINTS)
    assert list(found) == POINTS
    assert found.columns["cost_usd"] == ["0.10", "0.00"]
    assert list(found.rows()) == [(3, "0.10", None), (0, "0.00", 0.5)]


def test_no_points_are_nothing() -> None:
    assert not Points()
    assert Points.of([]) == Points([])
