"""The statement that counts end-users, assembled: from a plan of user days and raw events to (text, arguments). Pure.

The rules are those of `build.py`. Duplicates go by hash before anything is counted: DISTINCT within an aggregate would
sort them. Groups have ranks from 1 on; 0 is all others.

    place    series and the rank of its group                 series_id, rank       (with group_by only)
    part     one SELECT a span, UNION ALL                     at, rank, g0
    by_at    who was seen in which bucket and group, once     at, rank, g0          (with an interval only)
    by_rank  who was seen in which group, of by_at            rank, g0              (with group_by only)
    by_none  who was seen, of by_rank or by_at                g0
    counts   of each of these                                 bucket, rank, users   NULL for all of them
"""

from collections.abc import Iterator

from analytics_hub.domain.distinct import DistinctPlan
from analytics_hub.domain.plan import Level, Span
from analytics_hub.query.buckets import bucket_spans
from analytics_hub.query.build_level import OF_TENANT, Arguments, dimension
from analytics_hub.query.build_users import bucket_of, pieces_of, rows_of
from analytics_hub.query.levels import DAY


def build_distinct(plan: DistinctPlan) -> tuple[str, Arguments]:
    """The statement that answers a plan, and its arguments. Its columns: bucket, rank, users."""
    args: Arguments = {"tenant_id": int(plan.query.tenant)}
    tables = [*_places(plan, args), *_sets(plan, args)]
    return "WITH " + "\n, ".join(tables) + "\n" + "\nUNION ALL\n".join(_counts(plan)), args


def _keys(plan: DistinctPlan) -> list[str]:
    """What users are told apart by, the finest first."""
    return ["at"] * bool(plan.edges) + ["rank"] * bool(plan.query.group_by)


def _sets(plan: DistinctPlan, args: Arguments) -> Iterator[str]:
    """Each set of users is made of the one before."""
    parts = "\n  UNION ALL\n".join(_parts(plan, args))
    before, keys = f"(\n{parts}\n  ) AS part WHERE g0 <> ''", _keys(plan)
    for at, key in enumerate([*keys, "none"]):
        name, columns = f"by_{key}", ", ".join([*keys[at:], "g0"])
        if key == "at" and _is_one_day_each(plan):
            # Nobody is there twice. Read again it is quicker than kept.
            yield f"{name} AS NOT MATERIALIZED (\n  SELECT {columns} FROM {before}\n)"  # noqa: S608
        else:
            yield f"{name} AS MATERIALIZED (\n  SELECT DISTINCT {columns} FROM {before}\n)"  # noqa: S608
        before = name


def _counts(plan: DistinctPlan) -> Iterator[str]:
    keys = _keys(plan)
    yield "SELECT NULL::timestamptz AS bucket, NULL::int8 AS rank, count(*) AS users FROM by_none"
    if "rank" in keys:
        yield "SELECT NULL, rank, count(*) FROM by_rank GROUP BY rank"
    else:
        yield "SELECT NULL, 1, count(*) FROM by_none HAVING count(*) > 0"
    if keys == ["at", "rank"]:
        yield "SELECT at, rank, count(*) FROM by_at GROUP BY at, rank"
    elif keys == ["at"]:
        yield "SELECT at, 1, count(*) FROM by_at GROUP BY at"


def _is_one_day_each(plan: DistinctPlan) -> bool:
    """Whether each bucket is one day of users, which has every user once."""
    pieces = bucket_spans(plan.edges, Span(plan.query.start, plan.query.end))
    return {read.level for read in plan.reads} == {Level.USER_DAY} and all(
        piece.length == DAY for piece in pieces
    )


def _parts(plan: DistinctPlan, args: Arguments) -> Iterator[str]:
    """A SELECT for each span: partitions are chosen by what is joined with AND."""
    reads = plan.reads
    if not _keys(plan):
        yield from _who(plan, args)
        reads = tuple(read for read in reads if read.level is Level.EVENT)
    rank, joined = "", ""
    if plan.query.group_by:
        # A lost series has no dimensions.
        rank, joined = "COALESCE(rank, %(lost)s::int8) AS rank, ", " LEFT JOIN place USING (series_id)"
        nothing = ("",) * len(plan.query.group_by)
        args["lost"] = 1 + plan.groups.index(nothing) if plan.groups and nothing in plan.groups else 0
    for read in reads:
        bucket = f"{bucket_of(plan, read, args)} AS at, " if plan.edges else ""
        for at, span in enumerate(read.spans):
            yield f"  SELECT {bucket}{rank}g0 FROM {rows_of(plan, read, span, at, args)}{joined}"  # noqa: S608


def _who(plan: DistinctPlan, args: Arguments) -> Iterator[str]:
    """The users of days and hours, in the pieces with the fewest rows."""
    pieces = list(pieces_of(plan, args))
    if any(piece.sign < 0 for piece in plan.pieces):
        # Who did nothing between two runs is in both, with the same events.
        united = "\n  UNION ALL\n".join(pieces)
        yield f"  SELECT g0 FROM (\n{united}\n  ) AS piece GROUP BY g0 HAVING sum(events) > 0"  # noqa: S608
    else:
        yield from (f"  SELECT g0 FROM (\n{piece}\n  ) AS piece" for piece in pieces)  # noqa: S608


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
  SELECT series_id, COALESCE(rank, 0) AS rank
  FROM (SELECT series_id, {dimensions} FROM hub_read.series WHERE {OF_TENANT}) AS series
  LEFT JOIN unnest({given}) WITH ORDINALITY AS given ({keys}, rank) USING ({keys})
)"""  # noqa: S608  names are of fixed vocabularies, values are bound
