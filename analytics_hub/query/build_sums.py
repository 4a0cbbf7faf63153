"""Sums of a statement: over the rows of a level, over sums of levels, and what ranks groups by them.

In: the columns of a plan, the metric of an order. Out: expressions. Names come from fixed vocabularies only.
"""

from analytics_hub.domain.metrics import METRICS, Metric
from analytics_hub.domain.plan import Plan
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.domain.usage import Order


def sums_of_rows(plan: Plan) -> list[str]:
    """Sums over the rows of a level, where derived columns come to be."""
    sums = [_integer(column, _sum_of_rows(column)) for column in plan.columns]
    return sums + _sketches(plan)


def rows_as_they_are(plan: Plan) -> list[str]:
    """The same of a level that has one row of each already; the types are those of the sums."""
    sums = [f"{' + '.join(DERIVED_COLUMNS.get(column, (column,)))} AS {column}" for column in plan.columns]
    return [*sums, *plan.sketches]


def _sum_of_rows(column: str) -> str:
    parts = DERIVED_COLUMNS.get(column, (column,))
    if column.endswith("_tokens"):
        # Added before they are summed, which is quicker: the tokens of one flush cannot pass an int8.
        return f"sum({' + '.join(parts)})"
    # Five lines of money can: summed first, because a sum of int8 is numeric.
    return " + ".join(f"sum({part})" for part in parts)


def sums_of_sums(plan: Plan) -> list[str]:
    return [_integer(column, f"sum({column})") for column in plan.columns] + _sketches(plan)


def _integer(column: str, total: str) -> str:
    """Integers are integers again, as in the tables, which the client reads in half the time; money and time pass an
    int8."""
    is_numeric = column.endswith(("_pico_usd", "_us_sum"))
    return f"{total}{'' if is_numeric else '::int8'} AS {column}"


def _sketches(plan: Plan) -> list[str]:
    return [f"string_agg({column}, ''::bytea) AS {column}" for column in plan.sketches]


def ranking(order: Order) -> str:
    """What groups are sorted by."""
    direction = "DESC" if order.descending else "ASC"
    return f"{_expression(METRICS[order.metric])} {direction} NULLS LAST"


def _expression(metric: Metric) -> str:
    value = " + ".join(f"sum({column})" for column in metric.add)
    value += "".join(f" - sum({column})" for column in metric.subtract)
    if not metric.per:
        return value
    factor = f" * {_added(metric.times)}" if metric.times else ""
    whole = " * ".join(_added(columns) for columns in (metric.per, metric.also_per) if columns)
    return f"({value}){factor} / NULLIF({whole}, 0)"


def _added(columns: tuple[str, ...]) -> str:
    return "(" + " + ".join(f"sum({column})" for column in columns) + ")"
