"""The statements about users, assembled: from a plan of user days and raw events to (text, arguments). Pure.

The rules are those of `build.py`. Users are many and those that are shown are few: everybody is added up once over the
whole range, to be ranked and counted; over time only the best are told apart, in a second reading.

    part       one SELECT a span, UNION ALL                  g0 … gn, sums
    grouped    parts added up, everybody                     g0 … gn, sums
    best       the first of grouped                          g0 … gn, rank
    folded     everybody past the best as one, over time     bucket, rank, sums
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from analytics_hub.domain.plan import Level, Plan, Read, Span
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.query.build_level import OF_TENANT, Arguments, dimension
from analytics_hub.query.build_sums import ranking, sums_of_sums
from analytics_hub.query.levels import DAY

_MOMENTS: Final = {Level.USER_DAY: "bucket", Level.EVENT: "ts"}
_SHORT: Final = {Level.USER_DAY: "d", Level.EVENT: "e"}
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
    """The statement that answers a plan, and its arguments. Its columns: bucket, whether it is everybody past the best,
    g0 … gn, the plan's columns, users.
    """
    args: Arguments = {"tenant_id": int(plan.query.tenant), "groups_max": plan.query.groups_max}
    names = [f"g{at}" for at in range(1 + len(plan.query.group_by))]
    keys, sums = ", ".join(names), ", ".join(sums_of_sums(plan))
    bytewise = ", ".join(f'{name} COLLATE "C"' for name in names)
    users = "count(DISTINCT g0)" if plan.query.group_by else "count(*)"
    return (
        f"""\
WITH grouped AS MATERIALIZED (
{_grouped(plan, keys, sums, args)}
)
, best AS MATERIALIZED (
  SELECT {keys}, row_number() OVER () AS rank
  FROM (
    SELECT {keys} FROM grouped GROUP BY {keys}
    ORDER BY {ranking(plan.query.ordering)}, {bytewise} LIMIT %(groups_max)s::int8
  ) AS first
)
, folded AS (
{_folded(plan, keys, sums, args)}
)
SELECT bucket, rank IS NULL, {keys}, {", ".join(plan.columns)}, users
FROM folded LEFT JOIN best USING (rank),
     (SELECT {users} FILTER (WHERE g0 <> '') AS users FROM grouped) AS counted
ORDER BY rank NULLS LAST, bucket""",  # noqa: S608  names are of fixed vocabularies, values are bound
        args,
    )


def _grouped(plan: Plan, keys: str, sums: str, args: Arguments) -> str:
    parts = [part for read in plan.reads for part in _parts(plan, read, args)]
    if len(parts) == 1 and not plan.query.group_by:
        return parts[0]
    united = "\n  UNION ALL\n".join(parts)
    return f"""\
  SELECT {keys}, {sums}
  FROM (
{united}
  ) AS part GROUP BY {keys}"""  # noqa: S608


def _parts(plan: Plan, read: Read, args: Arguments) -> Iterator[str]:
    """A SELECT for each span: partitions are chosen by what is joined with AND."""
    # By series first where groups need it, so that the dimensions are joined once a series and not once an event.
    own = "g0, series_id" if plan.query.group_by else "g0"
    for at, span in enumerate(read.spans):
        rows = _rows(plan, read, span, at, args)
        part = f"  SELECT {own}, {_sums(plan, read)}\n  FROM {rows}\n  GROUP BY {own}"  # noqa: S608
        if plan.query.group_by:
            part = f"  SELECT part.*, {_groups(plan)} FROM (\n{part}\n  ) AS part {_with_series(plan, args)}"  # noqa: S608
        yield part


def _folded(plan: Plan, keys: str, sums: str, args: Arguments) -> str:
    if not plan.edges:
        return f"""\
  SELECT NULL::timestamptz AS bucket, rank, {sums}
  FROM grouped LEFT JOIN best USING ({keys}) GROUP BY rank"""  # noqa: S608
    parts = []
    for read in plan.reads:
        bucket = _bucket(plan, read, args)
        for at, span in enumerate(read.spans):
            rows = _rows(plan, read, span, at, args)
            if plan.query.group_by:
                rows = f"(SELECT one.*, {_groups(plan)} FROM {rows} {_with_series(plan, args)}) AS one"  # noqa: S608
            parts.append(
                f"  SELECT {bucket} AS at, rank, {_sums(plan, read)}\n"  # noqa: S608
                f"  FROM {rows} LEFT JOIN best USING ({keys})\n  GROUP BY 1, 2"
            )
    united = "\n  UNION ALL\n".join(parts)
    return f"""\
  SELECT at AS bucket, rank, {sums}
  FROM (
{united}
  ) AS part GROUP BY at, rank"""  # noqa: S608


def _rows(plan: Plan, read: Read, span: Span, at: int, args: Arguments) -> str:
    """The rows of one span; `moment` is when, `g0` who."""
    name = f"{_SHORT[read.level]}{at}"
    args[f"{name}_from"], args[f"{name}_to"] = span.start, span.end
    column = _MOMENTS[read.level]
    within = f"{column} >= %({name}_from)s::timestamptz AND {column} < %({name}_to)s::timestamptz"
    return f"""(
    SELECT *, {column} AS moment, COALESCE(user_id, '') AS g0 FROM hub_read.{read.level.value}
    WHERE {OF_TENANT} AND {within}{_chosen(plan, args)}
  ) AS one"""  # noqa: S608


def _sums(plan: Plan, read: Read) -> str:
    own = _OF_EVENTS if read.level is Level.EVENT else {}
    return ", ".join(f"{own.get(column, f'sum({_added(column)})')} AS {column}" for column in plan.columns)


def _groups(plan: Plan) -> str:
    """Dimensions as they come from the join; those of a lost series are missing."""
    return ", ".join(f"COALESCE(series.g{at}, '') AS g{at}" for at in range(1, 1 + len(plan.query.group_by)))


def _with_series(plan: Plan, args: Arguments) -> str:
    dimensions = ", ".join(
        f"{dimension(group, f'group{at}', args)} AS g{at + 1}" for at, group in enumerate(plan.query.group_by)
    )
    series = f"SELECT series_id, {dimensions} FROM hub_read.series WHERE {OF_TENANT}"  # noqa: S608
    return f"LEFT JOIN ({series}) AS series USING (series_id)"


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


def _bucket(plan: Plan, read: Read, args: Arguments) -> str:
    """The start of the output bucket of a row."""
    widths = {later - earlier for earlier, later in pairwise(plan.edges)}
    if len(widths) == 1 and plan.query.end <= plan.edges[-1] + min(widths):
        if read.level is Level.USER_DAY and widths == {DAY}:
            return "moment"  # a day of exactly 24 hours that holds a UTC day is that UTC day
        args["width"], args["origin"] = min(widths), plan.edges[0]
        return "date_bin(%(width)s::interval, moment, %(origin)s::timestamptz)"
    args["edges"] = list(plan.edges)
    return "(%(edges)s::timestamptz[])[width_bucket(moment, %(edges)s::timestamptz[])]"


def _added(column: str) -> str:
    return " + ".join(DERIVED_COLUMNS.get(column, (column,)))
