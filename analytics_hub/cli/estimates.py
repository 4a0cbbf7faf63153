"""What models say, for people: values rounded to what can be read, bounds beside each other.

In: names of metrics and numbers. Out: texts. Exact amounts are spelled by `query_rows.py`.
"""

from analytics_hub.domain.incident import Place

_NOTHING = "–"


def estimate_text(metric: str, value: float | None) -> str:
    """Three digits and more where there is something to tell apart."""
    if value is None:
        return _NOTHING
    if metric.endswith("_usd"):
        return f"{'-' if value < 0 else ''}${abs(value):,.{2 if abs(value) >= 1 or value == 0 else 4}f}"
    if metric.endswith(("_share", "_rate", "coverage")):
        return f"{value:.1%}"
    return f"{value:,.{0 if abs(value) >= 100 or value == int(value) else 1}f}"


def observed_text(metric: str, value: float | None) -> str:
    """A gap is nothing."""
    return "nothing" if value is None else estimate_text(metric, value)


def interval_text(metric: str, low: float | None, high: float | None) -> str:
    """Where no upper bound can be promised, only the lower one."""
    if high is None:
        return _NOTHING if low is None or low <= 0 else f"from {estimate_text(metric, low)}"
    return f"{estimate_text(metric, low)} .. {estimate_text(metric, high)}"


def place_text(place: Place) -> str:
    """Whose it is."""
    return f"{place.dimension} {place.value or '(none)'}" if place.dimension else "everything"
