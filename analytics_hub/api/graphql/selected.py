"""Which metrics a question asks: those that are selected, in the order of the document.

In: the selection of a root field. Out: names of metrics. Fragments are followed wherever they are spread, which
`limits.py` has bounded; what `@skip` and `@include` leave out is not asked.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from strawberry.types.nodes import SelectedField, Selection
from strawberry.utils.str_converters import to_camel_case

from analytics_hub.api.graphql.asking import Info
from analytics_hub.domain.metrics import METRICS

_OF_METRICS: Final = {"total", "values"}
"""The fields that have metrics below them."""
_METRICS: Final = {to_camel_case(name): name for name in METRICS}


def metrics_selected(info: Info) -> list[str]:
    """None at all where only groups, or what is true of the whole answer, are selected."""
    return list(dict.fromkeys(_metrics(info.selected_fields, within="")))


def _metrics(selections: Iterable[Selection], within: str) -> Iterator[str]:
    for one in selections:
        if not _included(one):
            continue
        if not isinstance(one, SelectedField):
            yield from _metrics(one.selections, within)
        elif within in _OF_METRICS and one.name in _METRICS:
            yield _METRICS[one.name]
        else:
            yield from _metrics(one.selections, one.name)


def _included(selection: Selection) -> bool:
    given = selection.directives
    skipped, included = given.get("skip", {}), given.get("include", {})
    return not skipped.get("if", False) and bool(included.get("if", True))
