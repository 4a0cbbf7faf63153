"""The statements about users, assembled: from a plan of days, hours and raw events to (text, arguments). Pure.

The rules are those of `build.py`. Users are many and those that are shown are few: everybody is added up once over the
whole range, to be ranked and counted; over time only the best are told apart, in a second reading.

    part       one SELECT a piece of days or hours or a span of events, UNION ALL     g0 … gn, sums
    grouped    parts added up, everybody                                     g0 … gn, sums
    best       the first of grouped                                          g0 … gn, sums, rank
    everybody  one row                                                       groups, users, sums
    folded     the best, and everybody less the best, or over time           bucket, rank, sums
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from analytics_hub.domain.metrics import METRICS
from analytics_hub.domain.plan import Level, Plan, Read, Span
from analytics_hub.domain.series import DERIVED_COLUMNS
from analytics_hub.domain.user_usage import UserPlan
from analytics_hub.query.build_level import OF_TENANT, Arguments, dimension
from analytics_hub.query.build_sums import ranking, sums_of_sums
from analytics_hub.query.levels import DAY

_MOMENTS: Final = {Level.USER_DAY: "bucket", Level.USER_HOUR: "bucket", Level.EVENT: "ts"}
_SHORT: Final = {Level.USER_DAY: "d", Level.USER_HOUR: "h", Level.EVENT: "e"}
_RUNS: Final = {Level.USER_DAY: "usage_user_run", Level.USER_HOUR: "usage_user_1h_run"}
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
    """The statement that answers a plan of users, and its arguments. Its columns: bucket, whether it is everybody past
    the best, g0 … gn, the plan's columns, users.
    """
    assert isinstance(plan, UserPlan)
    args: Arguments = {"tenant_id": int(plan.query.tenant), "groups_max": plan.query.groups_max}
    names = [f"g{at}" for at in range(1 + len(plan.query.group_by))]
    keys, columns, sums = ", ".join(names), ", ".join(plan.columns), ", ".join(sums_of_sums(plan))
    bytewise = ", ".join(f'{name} COLLATE "C"' for name in names)
    users = "count(DISTINCT g0)" if plan.query.group_by else "count(*)"
    return (
        f"""\
WITH grouped AS MATERIALIZED (
{_grouped(plan, keys, sums, args)}
)
, best AS MATERIALIZED (
  SELECT {keys}, {columns}, row_number() OVER () AS rank
  FROM (
    SELECT {keys}, {columns} FROM grouped{_ranked(plan, f"{keys}, {columns}")}, {bytewise} LIMIT %(groups_max)s::int8
  ) AS first
)
, everybody AS MATERIALIZED (
  SELECT count(*) AS groups, {users} FILTER (WHERE g0 <> '') AS users, {sums} FROM grouped
)
, folded AS (
{_folded(plan, keys, sums, args)}
)
SELECT bucket, rank IS NULL, {keys}, {", ".join(f"folded.{name}" for name in plan.columns)}, users
FROM folded LEFT JOIN best USING (rank), (SELECT users FROM everybody) AS counted
ORDER BY rank NULLS LAST, bucket""",  # noqa: S608  names are of fixed vocabularies, values are bound
        args,
    )


def _ranked(plan: Plan, all_names: str) -> str:
    """A sum is in `grouped` as it is. What is made of sums is said of sums, here of one row each."""
    order = plan.query.ordering
    metric = METRICS[order.metric]
    if (metric.add, metric.subtract, metric.per) == (metric.columns, (), ()) and len(metric.add) == 1:
        return f"\n    ORDER BY {metric.add[0]} {'DESC' if order.descending else 'ASC'} NULLS LAST"
    return f"\n    GROUP BY {all_names}\n    ORDER BY {ranking(order)}"


def _grouped(plan: UserPlan, keys: str, sums: str, args: Arguments) -> str:
    parts = [part for read in plan.reads if read.level is Level.EVENT for part in _parts(plan, read, args)]
    united = "\n  UNION ALL\n".join([*pieces_of(plan, args), *parts])
    # Who did nothing between two runs is in both, with the same sums.
    quiet = " HAVING sum(events) > 0" if any(piece.sign < 0 for piece in plan.pieces) else ""
    return f"""\
  SELECT {keys}, {sums}
  FROM (
{united}
  ) AS part GROUP BY {keys}{quiet}"""  # noqa: S608


def pieces_of(plan: UserPlan, args: Arguments) -> Iterator[str]:
    """Days, hours and runs of users as they lie; what is taken away again is negative."""
    for at, piece in enumerate(plan.pieces):
        if piece.span:
            args[f"p{at}_from"], args[f"p{at}_to"] = piece.span.start, piece.span.end
            columns = [f"({_stored(piece.level, column)})" for column in plan.columns]
            table = piece.level.value
            within = f"bucket >= %(p{at}_from)s::timestamptz AND bucket < %(p{at}_to)s::timestamptz"
        else:
            args[f"p{at}_run"] = piece.run
            columns, table, within = (
                list(plan.columns),
                _RUNS[piece.level],
                f"bucket = %(p{at}_run)s::timestamptz",
            )
        sign = "-" if piece.sign < 0 else ""
        sums = ", ".join(f"{sign}{text} AS {name}" for text, name in zip(columns, plan.columns, strict=True))
        yield f"  SELECT user_id AS g0, {sums}\n  FROM hub_read.{table} WHERE {OF_TENANT} AND {within}"  # noqa: S608


def _parts(plan: UserPlan, read: Read, args: Arguments) -> Iterator[str]:
    """A SELECT for each span: partitions are chosen by what is joined with AND."""
    # By series first where groups need it, so that the dimensions are joined once a series and not once an event.
    own = "g0, series_id" if plan.query.group_by else "g0"
    for at, span in enumerate(read.spans):
        rows = rows_of(plan, read, span, at, args)
        part = f"  SELECT {own}, {_sums(plan, read)}\n  FROM {rows}\n  GROUP BY {own}"  # noqa: S608
        if plan.query.group_by:
            part = f"  SELECT part.*, {_groups(plan)} FROM (\n{part}\n  ) AS part {_with_series(plan, args)}"  # noqa: S608
        yield part


def _folded(plan: Plan, keys: str, sums: str, args: Arguments) -> str:
    if not plan.edges:
        rest = ", ".join(f"everybody.{name} - coalesce(shown.{name}, 0)" for name in plan.columns)
        return f"""\
  SELECT NULL::timestamptz AS bucket, rank, {", ".join(plan.columns)} FROM best
  UNION ALL
  SELECT NULL, NULL, {rest}
  FROM everybody, (SELECT count(*) AS groups, {sums} FROM best) AS shown WHERE everybody.groups > shown.groups"""  # noqa: S608
    parts = []
    for read in plan.reads:
        bucket = bucket_of(plan, read, args)
        for at, span in enumerate(read.spans):
            rows = rows_of(plan, read, span, at, args)
            if plan.query.group_by:
                rows = f"(SELECT one.*, {_groups(plan)} FROM {rows} {_with_series(plan, args)}) AS one"  # noqa: S608
            parts.append(
                f"  SELECT {bucket} AS at, rank, {_sums(plan, read)}\n"  # noqa: S608
                f"  FROM {rows} LEFT JOIN (SELECT {keys}, rank FROM best) AS best USING ({keys})\n  GROUP BY 1, 2"
            )
    united = "\n  UNION ALL\n".join(parts)
    return f"""\
  SELECT at AS bucket, rank, {sums}
  FROM (
{united}
  ) AS part GROUP BY at, rank"""  # noqa: S608


def rows_of(plan: Plan, read: Read, span: Span, at: int, args: Arguments) -> str:
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
    sums = []
    for column in plan.columns:
        # A sum of int8 is numeric, and one such part would make all others numeric too; money and time pass an int8.
        cast = "" if column.endswith(("_pico_usd", "_us_sum")) else "::int8"
        sums.append(f"({own.get(column, f'sum({_stored(read.level, column)})')}){cast} AS {column}")
    return ", ".join(sums)


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


def bucket_of(plan: Plan, read: Read, args: Arguments) -> str:
    """The start of the output bucket of a row."""
    widths = {later - earlier for earlier, later in pairwise(plan.edges)}
    if len(widths) == 1 and plan.query.end <= plan.edges[-1] + min(widths):
        if read.level is Level.USER_DAY and widths == {DAY}:
            return "moment"  # a day of exactly 24 hours that holds a UTC day is that UTC day
        args["width"], args["origin"] = min(widths), plan.edges[0]
        return "date_bin(%(width)s::interval, moment, %(origin)s::timestamptz)"
    args["edges"] = list(plan.edges)
    return "(%(edges)s::timestamptz[])[width_bucket(moment, %(edges)s::timestamptz[])]"


def _stored(level: Level, column: str) -> str:
    """Hours hold what they can say, ready to be read; days and events the columns that it is made of."""
    return column if level is Level.USER_HOUR else " + ".join(DERIVED_COLUMNS.get(column, (column,)))
