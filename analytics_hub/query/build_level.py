"""One level of a plan as a SELECT: its sums by output bucket, and by series or facet value where groups need them.

In: a read. Out: text, with its values put into the arguments. The rules stand in `build.py`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from analytics_hub.domain.plan import Level, Plan, Read, Span
from analytics_hub.domain.series import TAG_PREFIX
from analytics_hub.query.build_sums import rows_as_they_are, sums_of_rows
from analytics_hub.query.levels import DAY, EPOCH, HOUR

Arguments = dict[str, object]

OF_TENANT: Final = "tenant_id = %(tenant_id)s::int4"
FACETS: Final = (Level.FACET_DAY, Level.FACET_HOUR)
WITHOUT_SERIES: Final = (*FACETS, Level.TOTAL_MINUTE)
_MINUTE = timedelta(minutes=1)
_WIDTHS = {
    Level.FACET_DAY: DAY,
    Level.DAY: DAY,
    Level.FACET_HOUR: HOUR,
    Level.HOUR: HOUR,
    Level.TOTAL_MINUTE: _MINUTE,
    Level.MINUTE: _MINUTE,
}
_SHORT = {
    Level.FACET_DAY: "fd",
    Level.DAY: "d",
    Level.FACET_HOUR: "fh",
    Level.HOUR: "h",
    Level.TOTAL_MINUTE: "tm",
    Level.MINUTE: "m",
}


def level(plan: Plan, read: Read, args: Arguments) -> str:
    """Sums of one level; by series or value only when groups will need them. What has one row of each already, a facet
    in buckets of its own width, is not added up again.
    """
    bucket = _bucket(plan, read.level, args)
    keys = [f"{bucket} AS bucket"]
    if plan.query.group_by:
        keys.append("value AS g0" if read.level in FACETS else "series_id")
    is_summed = (
        bucket == "bucket" and read.level in WITHOUT_SERIES and (plan.query.group_by or not plan.facet)
    )
    # Positions, because the output name `bucket` is also the name of an input column. A constant is no key.
    positions = [str(at) for at, key in enumerate(keys, 1) if not key.startswith("NULL") and not is_summed]
    lines = [
        f"  SELECT {', '.join([*keys, *(rows_as_they_are(plan) if is_summed else sums_of_rows(plan))])}",
        f"  FROM hub_read.{read.level.value}",
        f"  WHERE {OF_TENANT}",
        *(f"    AND {test}" for test in [*_spans(read, args), *_chosen(plan, read.level, args)]),
    ]
    if positions:
        lines.append(f"  GROUP BY {', '.join(positions)}")
    return "\n".join(lines)


def dimension(name: str, argument: str, args: Arguments) -> str:
    """A dimension of the series; missing is the empty string, for a tag and for a lost series as well."""
    if not name.startswith(TAG_PREFIX):
        return f"COALESCE({name}, '')"
    args[argument] = name.removeprefix(TAG_PREFIX)
    return f"COALESCE(tags ->> %({argument})s::text, '')"


def _bucket(plan: Plan, level: Level, args: Arguments) -> str:
    """Even edges are arithmetic, or nothing at all where the level has the same; edges of a zone are looked up in the
    sorted list itself."""
    if not plan.edges:
        return "NULL::timestamptz"
    width = _even_width(plan)
    if width and width == _WIDTHS[level] and not (plan.edges[0] - EPOCH) % width:
        return "bucket"
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


def _spans(read: Read, args: Arguments) -> Iterable[str]:
    """The spans, and around several of them their hull: partitions are chosen by what is joined with AND."""
    name = _SHORT[read.level]
    spans = [_within(span, f"{name}{at}", args) for at, span in enumerate(read.spans)]
    if len(spans) == 1:
        return spans
    hull = Span(read.spans[0].start, read.spans[-1].end)
    return [_within(hull, name, args), "(" + " OR ".join(f"({span})" for span in spans) + ")"]


def _within(span: Span, name: str, args: Arguments) -> str:
    start, end = _moment(f"{name}_from", span.start, args), _moment(f"{name}_to", span.end, args)
    return f"bucket >= {start} AND bucket < {end}"


def _moment(name: str, moment: datetime, args: Arguments) -> str:
    args[name] = moment
    return f"%({name})s::timestamptz"


def _chosen(plan: Plan, level: Level, args: Arguments) -> Iterable[str]:
    """Which facet, and which of its values or of the series."""
    if level is Level.TOTAL_MINUTE:
        return
    if level in FACETS:
        args["facet"] = plan.facet
        yield "dimension = %(facet)s::text"
        yield from (f"value = ANY(%({name})s::text[])" for _, name in _wanted(plan, args))
        return
    tests = [f"{expression} = ANY(%({name})s::text[])" for expression, name in _wanted(plan, args)]
    if tests:
        where = " AND ".join([OF_TENANT, *tests])
        of = f"SELECT series_id FROM hub_read.series WHERE {where}"  # noqa: S608  rule 4
        yield f"series_id = ANY(ARRAY({of}))" if plan.query.filters else f"series_id IN ({of})"


def _wanted(plan: Plan, args: Arguments) -> Iterable[tuple[str, str]]:
    """Dimensions and the arguments that hold their values: of filters, and of groups when nothing else is asked."""
    for at, chosen in enumerate(plan.query.filters):
        args[f"filter{at}_values"] = list(chosen.values)
        yield dimension(chosen.dimension, f"filter{at}", args), f"filter{at}_values"
    if plan.groups is not None and not plan.others:
        for at, name in enumerate(plan.query.group_by):
            args[f"groups{at}"] = [group[at] for group in plan.groups]
            yield dimension(name, f"group{at}", args), f"groups{at}"
