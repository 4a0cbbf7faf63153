"""A plan's statement with its rows as arrays: a row a group, each column one array of floats.

In: a plan without sketches, whose groups are given or which has none. Out: (text, arguments). Columns: the group's
dimensions, the buckets, the plan's columns. A month of hours is then a few values on the wire, not thousands of rows.
"""

from analytics_hub.domain.plan import Plan
from analytics_hub.query.build import build
from analytics_hub.query.build_level import Arguments


def build_arrays(plan: Plan) -> tuple[str, Arguments]:
    assert not plan.sketches
    text, args = build(plan)
    keys = [f"g{at}" for at in range(len(plan.query.group_by))]
    # Only coverage says how much has no sum: here that is nothing.
    columns = [f"array_agg(COALESCE({name}, 0)::float8)" for name in plan.columns]
    listed = ", ".join([*keys, "array_agg(bucket)", *columns])
    groups = f"\nGROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {listed} FROM (\n{text}\n) AS rows{groups}", args  # noqa: S608  rule 1 of build.py
