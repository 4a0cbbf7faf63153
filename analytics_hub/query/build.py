"""The one place that assembles SQL: from a plan to (text, arguments). Pure, and tested by its exact text.

Rules
1. Only names from fixed vocabularies (levels, columns, dimensions) enter the text; every value of a caller
is bound. 2. Only the barrier views of `hub_read` are read, and each of them by tenant as well, in the text.
3. Ranges are bound as timestamptz, never as dates: only comparisons of equal types pass below the barrier.
4. Filters become `series_id = ANY(ARRAY(SELECT …))`, computed once per statement from the small series view;
on a facet they are a test of its value.
5. Each level is summed by (bucket, series) or (bucket, value) on its own before the levels are united; series are
joined only when groups need their dimensions, and never to a facet.
6. Groups are ranked inside the database, or given; those past the limit are folded into one row a bucket, so that
totals and coverage stay whole. Sketches are concatenated, which is how they merge; quantiles are read in the
core.

    level    one SELECT a level, UNION ALL                  bucket, [series_id], sums
    grouped  level LEFT JOIN series; facets as they are     bucket, g0 … gn, sums        (with group_by only)
    ranked   grouped by g0 … gn, or the groups given        g0 … gn, rank                (with group_by only)
"""

from analytics_hub.domain.plan import Plan, Read
from analytics_hub.query.build_level import OF_TENANT, WITHOUT_SERIES, Arguments, dimension, level
from analytics_hub.query.build_sums import ranking, sums_of_sums, sums_to_answer


def build(plan: Plan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments."""
    args: Arguments = {"tenant_id": int(plan.query.tenant)}
    if plan.query.group_by:
        return _grouped(plan, args), args
    sums = ", ".join(sums_to_answer(plan))
    return (
        f"WITH level AS (\n{_united(plan, plan.reads, args)}\n)\n"
        f"SELECT bucket, false AS other, {sums}\n"
        "FROM level GROUP BY bucket ORDER BY bucket"
    ), args


def _united(plan: Plan, reads: tuple[Read, ...], args: Arguments) -> str:
    return "\n  UNION ALL\n".join(level(plan, read, args) for read in reads)


def _grouped(plan: Plan, args: Arguments) -> str:
    """Groups of every level, ranked; those past the limit folded into `other`."""
    names = [f"g{at}" for at in range(len(plan.query.group_by))]
    keys = ", ".join(names)
    sums = ", ".join(sums_to_answer(plan))
    by_value = tuple(read for read in plan.reads if read.level in WITHOUT_SERIES)
    by_series = tuple(read for read in plan.reads if read.level not in WITHOUT_SERIES)
    parts = [_joined(plan, by_series, args)] if by_series else []
    parts += [_united(plan, by_value, args)] if by_value else []
    united = "\n  UNION ALL\n".join(parts)
    other = "rank IS NULL" if plan.groups is not None else "rank > %(groups_max)s::int8"
    shown = ", ".join(f"CASE WHEN {other} THEN '' ELSE {name} END AS {name}" for name in names)
    join = "grouped LEFT JOIN ranked" if plan.groups is not None and plan.others else "grouped JOIN ranked"
    return f"""\
WITH grouped AS MATERIALIZED (
{united}
)
, ranked AS (
{_given(plan, keys, args) if plan.groups is not None else _ranked(plan, names, args)}
)
SELECT bucket, {other} AS other, {shown}, {sums}
FROM {join} USING ({keys})
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
