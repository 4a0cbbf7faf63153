"""The statement about users, assembled: from a plan of user days and raw events to (text, arguments). Pure.

The rules are those of `build.py`. The best groups come one by one, and beside them everything together, of which the
rest is what the best ones leave: so nothing is folded in the database, and ten thousand users are ranked by a heap of
the few that are shown.

    part       one SELECT a span, UNION ALL            bucket, g0 … gn, sums
    grouped    parts added up                          bucket, g0 … gn, sums
    best       the first of grouped by g0 … gn         g0 … gn, rank
"""

from collections.abc import Iterator
from typing import Final

from analytics_hub.domain.plan import Level, Plan, Read, Span
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.query.build_level import OF_TENANT, Arguments, dimension
from analytics_hub.query.build_sums import ranking, sums_of_sums

_FAILED: Final = f"SELECT series_id FROM hub_read.series WHERE {OF_TENANT} AND status <> 'ok'"  # noqa: S608

_OF_EVENTS: Final = {
    "events": "count(*)",
    # Asked of a set once computed: an array would be searched from its beginning for every event.
    "errors": f"count(*) FILTER (WHERE series_id IN ({_FAILED}))",
    "provider_reported_cost_pico_usd": "COALESCE(sum(cost_other_pico_usd) FILTER (WHERE cost_status = 3), 0)",
    "unpriced_events": "count(*) FILTER (WHERE cost_status = 2)",
    "partial_events": "count(*) FILTER (WHERE cost_status = 1)",
    "estimated_events": "count(*) FILTER (WHERE cost_status = 4)",
    "latency_us_sum": "COALESCE(sum(latency_us), 0)",
    "latency_count": "count(latency_us)",
    "ttft_us_sum": "COALESCE(sum(ttft_us), 0)",
    "ttft_count": "count(ttft_us)",
}
"""What a rollup column is over raw events, where it is not the sum of the same column."""


def build_users(plan: Plan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments. Its columns: bucket, whether it is everything, g0 … gn, the
    plan's columns, users, groups.
    """
    args: Arguments = {"tenant_id": int(plan.query.tenant), "groups_max": plan.query.groups_max}
    names = [f"g{at}" for at in range(1 + len(plan.query.group_by))]
    keys, sums = ", ".join(names), ", ".join(sums_of_sums(plan))
    parts = "\n  UNION ALL\n".join(part for read in plan.reads for part in _parts(plan, read, args))
    bytewise = ", ".join(f'{name} COLLATE "C"' for name in names)
    nothing = ", ".join("''" for _ in names)
    alone = not plan.query.group_by and not plan.edges
    users = "count(*) FILTER (WHERE g0 <> '')" if alone else "count(DISTINCT g0) FILTER (WHERE g0 <> '')"
    groups = "count(*)" if alone else f"count(DISTINCT ({keys}))"
    return (
        f"""\
WITH part AS (
{parts}
)
, grouped AS MATERIALIZED (
  SELECT bucket, {keys}, {sums} FROM part GROUP BY bucket, {keys}
)
, best AS MATERIALIZED (
  SELECT {keys}, row_number() OVER () AS rank
  FROM (
    SELECT {keys} FROM grouped GROUP BY {keys}
    ORDER BY {ranking(plan.query.ordering)}, {bytewise} LIMIT %(groups_max)s::int8
  ) AS first
)
, shown AS (
  SELECT bucket, false AS everything, {keys}, {", ".join(plan.columns)}, 0 AS users, 0 AS groups, rank
  FROM grouped JOIN best USING ({keys})
  UNION ALL
  SELECT bucket, true, {nothing}, {sums}, (SELECT {users} FROM grouped), (SELECT {groups} FROM grouped), NULL
  FROM grouped GROUP BY bucket
)
SELECT bucket, everything, {keys}, {", ".join(plan.columns)}, users, groups
FROM shown ORDER BY rank NULLS LAST, bucket""",  # noqa: S608  names are of fixed vocabularies, values are bound
        args,
    )


def _parts(plan: Plan, read: Read, args: Arguments) -> Iterator[str]:
    """A SELECT for each span: partitions are chosen by what is joined with AND."""
    for at, span in enumerate(read.spans):
        if read.level is Level.USER_DAY:
            yield _days(plan, span, f"d{at}", args)
        elif plan.query.group_by:
            yield _events_by_series(plan, span, f"e{at}", args)
        else:
            yield _events(plan, span, f"e{at}", args, "COALESCE(user_id, '') AS g0")


def _days(plan: Plan, span: Span, name: str, args: Arguments) -> str:
    sums = ", ".join(f"sum({_added(column)}) AS {column}" for column in plan.columns)
    return f"""\
  SELECT {_bucket(plan, "bucket", args)} AS bucket, user_id AS g0, {sums}
  FROM hub_read.usage_user_1d
  WHERE {OF_TENANT} AND {_within("bucket", span, name, args)}
  GROUP BY {_positions(plan, 1)}"""  # noqa: S608


def _events(plan: Plan, span: Span, name: str, args: Arguments, *keys: str) -> str:
    sums = ", ".join(
        f"{_OF_EVENTS.get(column, f'sum({_added(column)})')} AS {column}" for column in plan.columns
    )
    return f"""\
  SELECT {_bucket(plan, "ts", args)} AS bucket, {", ".join(keys)}, {sums}
  FROM hub_read.usage_events
  WHERE {OF_TENANT} AND {_within("ts", span, name, args)}{_chosen(plan, args)}
  GROUP BY {_positions(plan, len(keys))}"""  # noqa: S608


def _events_by_series(plan: Plan, span: Span, name: str, args: Arguments) -> str:
    """Summed by series first, so that the dimensions are joined once a series and not once an event."""
    dimensions = ", ".join(
        f"{dimension(group, f'group{at}', args)} AS g{at + 1}" for at, group in enumerate(plan.query.group_by)
    )
    return f"""\
  SELECT bucket, g0, {dimensions}, {", ".join(plan.columns)}
  FROM (
{_events(plan, span, name, args, "COALESCE(user_id, '') AS g0", "series_id")}
  ) AS event LEFT JOIN (SELECT * FROM hub_read.series WHERE {OF_TENANT}) AS series USING (series_id)"""  # noqa: S608


def _chosen(plan: Plan, args: Arguments) -> str:
    tests = []
    for at, chosen in enumerate(plan.query.filters):
        args[f"filter{at}_values"] = list(chosen.values)
        tests.append(
            f"{dimension(chosen.dimension, f'filter{at}', args)} = ANY(%(filter{at}_values)s::text[])"
        )
    if not tests:
        return ""
    return f"\n    AND series_id IN (SELECT series_id FROM hub_read.series WHERE {' AND '.join([OF_TENANT, *tests])})"  # noqa: S608


def _bucket(plan: Plan, column: str, args: Arguments) -> str:
    if not plan.edges:
        return "NULL::timestamptz"
    args["edges"] = list(plan.edges)
    return f"(%(edges)s::timestamptz[])[width_bucket({column}, %(edges)s::timestamptz[])]"


def _positions(plan: Plan, keys: int) -> str:
    """Positions, because the output name `bucket` is also the name of an input column. A constant is no key."""
    return ", ".join(str(at) for at in range(1 if plan.edges else 2, keys + 2))


def _within(column: str, span: Span, name: str, args: Arguments) -> str:
    args[f"{name}_from"], args[f"{name}_to"] = span.start, span.end
    return f"{column} >= %({name}_from)s::timestamptz AND {column} < %({name}_to)s::timestamptz"


def _added(column: str) -> str:
    return " + ".join(DERIVED_COLUMNS.get(column, (column,)))
