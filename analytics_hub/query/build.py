"""The one place that assembles SQL: from a plan to (text, arguments). Pure, and tested by its exact text.

Rules
1. Only names from fixed vocabularies (levels, columns, dimensions) enter the text; every value of a caller
is bound. 2. Only the barrier views of `hub_read` are read, and each of them by tenant as well, in the text.
3. Ranges are bound as timestamptz, never as dates: only comparisons of equal types pass below the barrier.
4. Filters become `series_id = ANY(ARRAY(SELECT …))`, computed once per statement from the small series view; on a
facet they are a test of its value. The series of given groups are many and are joined by hash: an array is searched
from its beginning for every row, and costs less than a join when it is short.
5. Each level is summed by (bucket, series) or (bucket, value) on its own before the levels are united; series are
joined only when groups need their dimensions, and never to a facet.
6. What can have no second row of a bucket and group is not added up again: rows of a facet in buckets of its own
width, levels that share no bucket.
7. Groups are ranked inside the database, or given, or all told apart; those past the limit are folded into one row a
bucket, so that totals and coverage stay whole. Sketches are concatenated, which is how they merge; quantiles are read
in the core.

    level    one SELECT a level, UNION ALL                  bucket, [series_id], sums
    grouped  level LEFT JOIN series; facets as they are     bucket, g0 … gn, sums        (with group_by only)
    ranked   grouped by g0 … gn, or the groups given        g0 … gn, rank                (with group_by only)
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from analytics_hub.domain.distinct import DistinctPlan
from analytics_hub.domain.plan import Plan, Read
from analytics_hub.query.build_distinct import build_distinct
from analytics_hub.query.build_level import OF_TENANT, WITHOUT_SERIES, Arguments, dimension, level
from analytics_hub.query.build_sums import ranking, sums_of_sums

_Reads = tuple[Read, ...]


def build(plan: Plan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments."""
    if isinstance(plan, DistinctPlan):
        return build_distinct(plan)
    args: Arguments = {"tenant_id": int(plan.query.tenant)}
    if plan.query.group_by:
        return _grouped(plan, args), args
    united = f"WITH level AS (\n{_united(plan, plan.reads, args)}\n)"
    if are_apart(plan, [(read,) for read in plan.reads]):
        return f"{united}\nSELECT bucket, false AS other, {_columns(plan)} FROM level ORDER BY bucket", args
    sums = ", ".join(sums_of_sums(plan))
    return (
        f"{united}\nSELECT bucket, false AS other, {sums}\nFROM level GROUP BY bucket ORDER BY bucket",
        args,
    )


def are_apart(plan: Plan, parts: Sequence[_Reads]) -> bool:
    """Whether no output bucket has rows of two parts, so that nothing is left to be added up."""
    if len(parts) == 1 or not plan.edges:
        return len(parts) == 1
    touched = sorted(
        (bisect_right(plan.edges, span.start) - 1, bisect_left(plan.edges, span.end) - 1, at)
        for at, part in enumerate(parts)
        for read in part
        for span in read.spans
    )
    furthest, whose = touched[0][1:]
    for first, last, at in touched:
        if first <= furthest and at != whose:
            return False
        furthest, whose = max((furthest, whose), (last, at))
    return True


def _united(plan: Plan, reads: _Reads, args: Arguments) -> str:
    return "\n  UNION ALL\n".join(level(plan, read, args) for read in reads)


def _columns(plan: Plan) -> str:
    return ", ".join([*plan.columns, *plan.sketches])


def _grouped(plan: Plan, args: Arguments) -> str:
    """Groups of every level, ranked; those past the limit folded into `other`."""
    names = [f"g{at}" for at in range(len(plan.query.group_by))]
    keys = ", ".join(names)
    by_value = [(read,) for read in plan.reads if read.level in WITHOUT_SERIES]
    by_series = tuple(read for read in plan.reads if read.level not in WITHOUT_SERIES)
    parts = [_joined(plan, by_series, args)] if by_series else []
    parts += [_united(plan, part, args) for part in by_value]
    grouped = "\n  UNION ALL\n".join(parts)
    if plan.groups is None and not plan.others:
        return _of_every_group(plan, keys, grouped)
    if plan.groups is None:
        ranked = _ranked(plan, names, args)
        last = _folded(plan, names, "grouped JOIN ranked", "rank > %(groups_max)s::int8")
    else:
        ranked = _given(plan, keys, args)
        last = _folded(plan, names, "grouped LEFT JOIN ranked", "rank IS NULL")
        if not plan.others and are_apart(plan, [by_series, *by_value] if by_series else by_value):
            last = (
                f"SELECT bucket, false AS other, {keys}, {_columns(plan)}\n"
                f"FROM grouped JOIN ranked USING ({keys}) ORDER BY rank, bucket"
            )
    return f"""\
WITH grouped AS {"MATERIALIZED" if plan.groups is None else "NOT MATERIALIZED"} (
{grouped}
)
, ranked AS (
{ranked}
)
{last}"""


def _of_every_group(plan: Plan, keys: str, grouped: str) -> str:
    return f"""\
WITH grouped AS (
{grouped}
)
SELECT bucket, false AS other, {keys}, {", ".join(sums_of_sums(plan))}
FROM grouped GROUP BY bucket, {keys} ORDER BY {keys}, bucket"""  # noqa: S608  rule 1


def _folded(plan: Plan, names: list[str], joined: str, other: str) -> str:
    shown = ", ".join(f"CASE WHEN {other} THEN '' ELSE {name} END AS {name}" for name in names)
    return f"""\
SELECT bucket, {other} AS other, {shown}, {", ".join(sums_of_sums(plan))}
FROM {joined} USING ({", ".join(names)})
GROUP BY {", ".join(str(at) for at in range(1, len(names) + 3))}
ORDER BY other, min(rank), bucket"""  # noqa: S608  rule 1


def _joined(plan: Plan, reads: tuple[Read, ...], args: Arguments) -> str:
    """What is known by series, by the dimensions of the series."""
    sums = ", ".join(sums_of_sums(plan))
    dimensions = ", ".join(
        f"{dimension(name, f'group{at}', args)} AS g{at}" for at, name in enumerate(plan.query.group_by)
    )
    positions = ", ".join(str(at) for at in range(1, len(plan.query.group_by) + 2))
    return f"""\
  SELECT bucket, {dimensions}, {sums}
  FROM (
{_united(plan, reads, args)}
  ) AS level LEFT JOIN (SELECT * FROM hub_read.series WHERE {OF_TENANT}) AS series USING (series_id)
  GROUP BY {positions}"""  # noqa: S608  rule 1


def _ranked(plan: Plan, names: list[str], args: Arguments) -> str:
    args["groups_max"] = plan.query.groups_max
    keys = ", ".join(names)
    # Ties in the same order on every server, whatever its collation.
    bytewise = ", ".join(f'{name} COLLATE "C"' for name in names)
    return f"""\
  SELECT {keys}, row_number() OVER (ORDER BY {ranking(plan.query.ordering)}, {bytewise}) AS rank
  FROM grouped GROUP BY {keys}"""  # noqa: S608  rule 1


def _given(plan: Plan, keys: str, args: Arguments) -> str:
    arrays = []
    for at in range(len(plan.query.group_by)):
        args[f"groups{at}"] = [group[at] for group in plan.groups or ()]
        arrays.append(f"%(groups{at})s::text[]")
    return f"""\
  SELECT * FROM unnest({", ".join(arrays)}) WITH ORDINALITY AS given ({keys}, rank)"""  # noqa: S608  rule 1
