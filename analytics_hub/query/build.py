"""The one place that assembles SQL: from a plan to (text, arguments). Pure, and tested by its exact text.

Rules
1. Only names from fixed vocabularies (levels, columns, dimensions) enter the text; every value of a caller
is bound. 2. Only the barrier views of `hub_read` are read, and each of them by tenant as well, in the text.
3. Ranges are bound as timestamptz, never as dates: only comparisons of equal types pass below the barrier.
4. Filters become `series_id = ANY(ARRAY(SELECT …))`, computed once per statement from the small series view.
5. Each level is summed by (bucket, series) on its own before the levels are united; series are joined only
when groups need their dimensions.
6. Groups are ranked inside the database; those past the limit are folded into one row a bucket, so that
totals and coverage stay whole. Sketches are concatenated, which is how they merge; quantiles are read in the
core.

    level    one SELECT a level, UNION ALL           bucket, [series_id], sums
    grouped  level LEFT JOIN series                  bucket, g0 … gn, sums        (with group_by only)
    ranked   grouped by g0 … gn                      g0 … gn, rank                (with group_by only)
"""

from datetime import datetime, timedelta
from itertools import pairwise

from analytics_hub.domain.metrics import METRICS, Metric
from analytics_hub.domain.plan import Level, Plan, Read
from analytics_hub.domain.series import DERIVED_COLUMNS, TAG_PREFIX
from analytics_hub.domain.usage import Order

Arguments = dict[str, object]

_SERIES_OF_TENANT = "tenant_id = %(tenant_id)s::int4"


def build(plan: Plan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments."""
    args: Arguments = {"tenant_id": int(plan.query.tenant)}
    bucket = _bucket(plan, args)
    chosen = _chosen_series(plan, args)
    levels = "\n  UNION ALL\n".join(_level(plan, read, bucket, chosen, args) for read in plan.reads)
    if plan.query.group_by:
        return f"WITH level AS (\n{levels}\n){_grouped(plan, args)}", args
    sums = ", ".join(_sums(plan))
    return (
        f"WITH level AS (\n{levels}\n)\n"
        f"SELECT bucket, false AS other, {sums}\n"
        "FROM level GROUP BY bucket ORDER BY bucket"
    ), args


def _level(plan: Plan, read: Read, bucket: str, chosen: str, args: Arguments) -> str:
    """Sums of one level; by series only when groups will need the dimensions."""
    keys = [f"{bucket} AS bucket"] + (["series_id"] if plan.query.group_by else [])
    # Positions, because the output name `bucket` is also the name of an input column. A constant is no key.
    positions = [str(at) for at, key in enumerate(keys, 1) if not key.startswith("NULL")]
    lines = [
        f"  SELECT {', '.join([*keys, *_sums_of_rows(plan)])}",
        f"  FROM hub_read.{read.level.value}",
        f"  WHERE {_SERIES_OF_TENANT}",
        f"    AND ({_ranges(read, args)})",
    ]
    if chosen:
        lines.append(f"    AND {chosen}")
    if positions:
        lines.append(f"  GROUP BY {', '.join(positions)}")
    return "\n".join(lines)


def _grouped(plan: Plan, args: Arguments) -> str:
    """Dimensions joined, groups ranked, those past the limit folded into `other`."""
    names = [f"g{at}" for at in range(len(plan.query.group_by))]
    dimensions = [
        f"{_dimension(dimension, f'group{at}', args)} AS g{at}"
        for at, dimension in enumerate(plan.query.group_by)
    ]
    keys = ", ".join(names)
    sums = ", ".join(_sums(plan))
    positions = ", ".join(str(at) for at in range(1, len(names) + 2))
    args["groups_max"] = plan.query.groups_max
    shown = ", ".join(
        f"CASE WHEN rank <= %(groups_max)s::int8 THEN {name} ELSE '' END AS {name}" for name in names
    )
    return f"""
, grouped AS MATERIALIZED (
  SELECT bucket, {", ".join(dimensions)}, {sums}
  FROM level LEFT JOIN (SELECT * FROM hub_read.series WHERE {_SERIES_OF_TENANT}) AS series USING (series_id)
  GROUP BY {positions}
)
, ranked AS (
  SELECT {keys}, row_number() OVER (ORDER BY {_ranking(plan.query.ordering)}, {_bytewise(names)}) AS rank
  FROM grouped GROUP BY {keys}
)
SELECT bucket, rank > %(groups_max)s::int8 AS other, {shown}, {sums}
FROM grouped JOIN ranked USING ({keys})
GROUP BY {", ".join(str(at) for at in range(1, len(names) + 3))}
ORDER BY other, min(rank), bucket"""  # noqa: S608  rule 1


def _bucket(plan: Plan, args: Arguments) -> str:
    """Even edges are arithmetic; edges of a zone are looked up in the sorted list itself."""
    if not plan.edges:
        return "NULL::timestamptz"
    width = _even_width(plan)
    if width:
        args["width"], args["origin"] = width, plan.edges[0]
        return "date_bin(%(width)s::interval, bucket, %(origin)s::timestamptz)"
    args["edges"] = list(plan.edges)
    return "(%(edges)s::timestamptz[])[width_bucket(bucket, %(edges)s::timestamptz[])]"


def _even_width(plan: Plan) -> timedelta | None:
    """The one width of all buckets, when no moment of the range lies past the last of them."""
    widths = {later - earlier for earlier, later in pairwise(plan.edges)}
    if len(widths) != 1:
        return None
    width = widths.pop()
    return width if plan.query.end <= plan.edges[-1] + width else None


def _ranges(read: Read, args: Arguments) -> str:
    parts = []
    for at, span in enumerate(read.spans):
        start = _moment(f"{_SHORT[read.level]}{at}_from", span.start, args)
        end = _moment(f"{_SHORT[read.level]}{at}_to", span.end, args)
        parts.append(f"(bucket >= {start} AND bucket < {end})")
    return " OR ".join(parts)


_SHORT = {Level.DAY: "d", Level.HOUR: "h", Level.MINUTE: "m"}


def _moment(name: str, moment: datetime, args: Arguments) -> str:
    args[name] = moment
    return f"%({name})s::timestamptz"


def _chosen_series(plan: Plan, args: Arguments) -> str:
    if not plan.query.filters:
        return ""
    tests = [_SERIES_OF_TENANT]
    for at, chosen in enumerate(plan.query.filters):
        args[f"filter{at}_values"] = list(chosen.values)
        name = _dimension(chosen.dimension, f"filter{at}", args)
        tests.append(f"{name} = ANY(%(filter{at}_values)s::text[])")
    where = " AND ".join(tests)
    return f"series_id = ANY(ARRAY(SELECT series_id FROM hub_read.series WHERE {where}))"  # noqa: S608  rule 1


def _dimension(name: str, argument: str, args: Arguments) -> str:
    """A dimension of the series; missing is the empty string, for a tag and for a lost series as well."""
    if not name.startswith(TAG_PREFIX):
        return f"COALESCE({name}, '')"
    args[argument] = name.removeprefix(TAG_PREFIX)
    return f"COALESCE(tags ->> %({argument})s::text, '')"


def _sums_of_rows(plan: Plan) -> list[str]:
    """Sums over the rows of a level, where derived columns come to be."""
    sums = [f"{_sum_of_rows(column)} AS {column}" for column in plan.columns]
    return sums + _sketches(plan)


def _sum_of_rows(column: str) -> str:
    parts = DERIVED_COLUMNS.get(column, (column,))
    if column.endswith("_tokens"):
        # Added before they are summed, which is quicker: the tokens of one flush cannot pass an int8.
        return f"sum({' + '.join(parts)})"
    # Five lines of money can: summed first, because a sum of int8 is numeric.
    return " + ".join(f"sum({part})" for part in parts)


def _sums(plan: Plan) -> list[str]:
    """Sums over sums."""
    return [f"sum({column}) AS {column}" for column in plan.columns] + _sketches(plan)


def _sketches(plan: Plan) -> list[str]:
    return [f"string_agg({column}, ''::bytea) AS {column}" for column in plan.sketches]


def _ranking(order: Order) -> str:
    direction = "DESC" if order.descending else "ASC"
    return f"{_expression(METRICS[order.metric])} {direction} NULLS LAST"


def _expression(metric: Metric) -> str:
    value = " + ".join(f"sum({column})" for column in metric.add)
    value += "".join(f" - sum({column})" for column in metric.subtract)
    if not metric.per:
        return value
    return f"({value}) / NULLIF({' + '.join(f'sum({column})' for column in metric.per)}, 0)"


def _bytewise(names: list[str]) -> str:
    """Ties in the same order on every server, whatever its collation."""
    return ", ".join(f'{name} COLLATE "C"' for name in names)
