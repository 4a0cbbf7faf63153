"""The statement that counts end-users, assembled: from a plan of user days and raw events to (text, arguments). Pure.

The rules are those of `build.py`. Duplicates go by hash before anything is counted: DISTINCT within an aggregate would
sort them. Groups have ranks from 1 on; 0 is all others.

    place   series and the rank of its group                     series_id, rank           (with group_by only)
    part    one SELECT a span, UNION ALL                         at, rank, g0
    seen    who was seen when, among the parts, once             at, rank, g0
    counts  of each bucket and rank, of each rank, of everybody  bucket, rank, users; NULL for all of them
"""

from collections.abc import Iterator

from analytics_hub.domain.distinct import DistinctPlan
from analytics_hub.query.build_level import OF_TENANT, Arguments, dimension
from analytics_hub.query.build_users import bucket_of, rows_of

_PLACES = "SELECT series_id, COALESCE(rank, 0) AS rank"


def build_distinct(plan: DistinctPlan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments. Its columns: bucket, rank, users."""
    args: Arguments = {"tenant_id": int(plan.query.tenant)}
    parts = "\n  UNION ALL\n".join(_parts(plan, args))
    tables = [
        *_places(plan, args),
        f"seen AS MATERIALIZED (\n  SELECT DISTINCT at, rank, g0\n  FROM (\n{parts}\n  ) AS part WHERE g0 <> ''\n)",  # noqa: S608
    ]
    return f"WITH {', '.join(tables)}\n" + "\nUNION ALL\n".join(_counts(plan)), args


def _counts(plan: DistinctPlan) -> Iterator[str]:
    yield (
        "SELECT NULL::timestamptz AS bucket, NULL::int8 AS rank, count(*) AS users\n"
        "FROM (SELECT DISTINCT g0 FROM seen) AS everybody"
    )
    yield ("SELECT NULL, rank, count(*)\nFROM (SELECT DISTINCT rank, g0 FROM seen) AS of_group GROUP BY rank")
    if plan.edges:
        yield "SELECT at, rank, count(*) FROM seen GROUP BY at, rank"


def _parts(plan: DistinctPlan, args: Arguments) -> Iterator[str]:
    """A SELECT for each span: partitions are chosen by what is joined with AND."""
    rank, joined = "1::int8", ""
    if plan.query.group_by:
        # A lost series has no dimensions.
        rank, joined = "COALESCE(rank, %(lost)s::int8)", " LEFT JOIN place USING (series_id)"
        nothing = ("",) * len(plan.query.group_by)
        args["lost"] = 1 + plan.groups.index(nothing) if plan.groups and nothing in plan.groups else 0
    for read in plan.reads:
        bucket = bucket_of(plan, read, args) if plan.edges else "NULL::timestamptz"
        for at, span in enumerate(read.spans):
            rows = rows_of(plan, read, span, at, args)
            yield f"  SELECT {bucket} AS at, {rank} AS rank, g0\n  FROM {rows}{joined}"  # noqa: S608


def _places(plan: DistinctPlan, args: Arguments) -> Iterator[str]:
    if not plan.query.group_by:
        return
    names = [f"g{at}" for at in range(1, 1 + len(plan.query.group_by))]
    dimensions = ", ".join(
        f"{dimension(group, f'group{at}', args)} AS {name}"
        for at, (group, name) in enumerate(zip(plan.query.group_by, names, strict=True))
    )
    for at in range(len(names)):
        args[f"groups{at}"] = [group[at] for group in plan.groups or ()]
    given = ", ".join(f"%(groups{at})s::text[]" for at in range(len(names)))
    keys = ", ".join(names)
    yield f"""\
place AS MATERIALIZED (
  {_PLACES}
  FROM (SELECT series_id, {dimensions} FROM hub_read.series WHERE {OF_TENANT}) AS series
  LEFT JOIN unnest({given}) WITH ORDINALITY AS given ({keys}, rank) USING ({keys})
)"""  # noqa: S608  names are of fixed vocabularies, values are bound
