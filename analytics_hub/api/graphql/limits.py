"""How much a document asks, counted before it is validated and before anything is resolved.

In: a parsed document. Out: nothing, or a `TooMuch` with the bound that it passes. Fragments count as if they were
written out wherever they are spread, but each is weighed once, so that a thousand spreads of spreads cost no more than
they are long. Only a document that is known to be short is then written out, to find fields that are repeated in one
place: comparing those is what makes validation slow.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from analytics_hub.domain.errors import InvalidInput, TooMuch
from analytics_hub.settings.graphql import GraphqlSettings

ROOT_COST: Final = 50
"""A question is read from the database; any other field is picked out of its answer."""

SAYS: Final = {
    "definitions": "A document has at most {} operations and fragments.",
    "directives": "A document has at most {} directives.",
    "depth": "At most {} fields stand within each other.",
    "aliases": "At most {} aliases, those of fragments wherever they are spread.",
    "selections": "At most {} fields and spreads, those of fragments wherever they are spread.",
    "roots": "A request asks at most {} questions.",
    "complexity": f"A request has at most {{}} points: {ROOT_COST} for a question, 1 for any other field.",
    "repeats": "A field is written at most {} times in one place.",
}

_PLENTY: Final = 10**9  # more than any bound: sums of exponential spreads stop growing here

_Definition = OperationDefinitionNode | FragmentDefinitionNode


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a definition: every fragment written out."""

    depth: int
    selections: int
    fields: int
    roots: int
    """Fields of the outermost selection; `__typename` is none."""
    aliases: int

    @property
    def complexity(self) -> int:
        return self.fields + self.roots * (ROOT_COST - 1)


_NOTHING: Final = Weight(0, 0, 0, 0, 0)


@dataclass(slots=True)
class _Own:
    """What stands in a definition itself, and the fragments that it spreads: (name, how deep)."""

    depth: int = 0
    selections: int = 0
    fields: int = 0
    roots: int = 0
    aliases: int = 0
    directives: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)


def check_limits(document: DocumentNode, limits: GraphqlSettings) -> None:
    """Raises TooMuch for the first bound that is passed, InvalidInput for fragments that spread themselves."""
    _check("definitions", len(document.definitions), limits.definitions_max)
    definitions = [one for one in document.definitions if isinstance(one, _Definition)]
    own = [_own(one) for one in definitions]
    directives = sum(one.directives for one in own)
    _check("directives", directives, limits.directives_max)
    named = [
        (one.name.value, counted)
        for one, counted in zip(definitions, own, strict=True)
        if isinstance(one, FragmentDefinitionNode)
    ]
    weighed = _weigh_fragments(named)
    weights = [_weight(one, weighed) for one in own]
    for weight in weights:
        _check("depth", weight.depth, limits.depth_max)
        _check("aliases", weight.aliases, limits.aliases_max)
    _check("selections", sum(weight.selections for weight in weights), limits.selections_max)
    for definition, weight in zip(definitions, weights, strict=True):
        if isinstance(definition, OperationDefinitionNode):
            _check("roots", weight.roots, limits.roots_max)
            _check("complexity", weight.complexity, limits.complexity_max)
    for definition in definitions:
        _check("repeats", _repeats(definition, definitions), limits.repeats_max)


def selections(document: DocumentNode) -> int:
    """Of a document that is known to be within the bounds."""
    definitions = [one for one in document.definitions if isinstance(one, _Definition)]
    own = [(one.name.value if one.name else "", _own(one)) for one in definitions]
    named = [
        pair for pair, one in zip(own, definitions, strict=True) if isinstance(one, FragmentDefinitionNode)
    ]
    weighed = _weigh_fragments(named)
    return sum(_weight(counted, weighed).selections for _, counted in own)


def _check(what: str, amount: int, most: int) -> None:
    if amount > most:
        code = "too_deep" if what == "depth" else f"too_many_{what}"
        raise TooMuch(code, SAYS[what].format(most), field="query")


def _own(definition: _Definition) -> _Own:
    """Walked with a list, not by recursion: whoever writes the document decides how deep it is."""
    own = _Own(directives=_directives(definition))
    waiting = [(definition.selection_set, 0)]
    while waiting:
        selected, depth = waiting.pop()
        for selection in selected.selections:
            own.selections += 1
            own.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                _count_field(own, selection, depth)
                if selection.selection_set:
                    waiting.append((selection.selection_set, depth + 1))
            elif isinstance(selection, InlineFragmentNode):
                waiting.append((selection.selection_set, depth))
            elif isinstance(selection, FragmentSpreadNode):
                own.spreads.append((selection.name.value, depth))
    return own


def _count_field(own: _Own, selection: FieldNode, depth: int) -> None:
    own.fields += 1
    own.depth = max(own.depth, depth + 1)
    own.aliases += selection.alias is not None
    own.roots += depth == 0 and selection.name.value != "__typename"


def _directives(definition: DefinitionNode) -> int:
    variables = getattr(definition, "variable_definitions", None) or ()
    own = len(getattr(definition, "directives", None) or ())
    return own + sum(len(variable.directives or ()) for variable in variables)


def _weigh_fragments(named: list[tuple[str, _Own]]) -> dict[str, Weight]:
    """Each once, those first that others spread."""
    fragments = dict(named)
    if len(fragments) < len(named):
        raise InvalidInput("fragment_named_twice", "query", "Two fragments have one name.")
    weighed: dict[str, Weight] = {}
    spreads = {name: {spread for spread, _ in own.spreads} for name, own in named}
    try:
        for name in TopologicalSorter(spreads).static_order():
            # One that is not there weighs nothing: validation names it.
            weighed[name] = _weight(fragments.get(name, _Own()), weighed)
    except CycleError as error:
        raise InvalidInput("cyclic_fragments", "query", "A fragment spreads itself.") from error
    return weighed


def _weight(own: _Own, weighed: dict[str, Weight]) -> Weight:
    depth, selections, fields, roots, aliases = own.depth, own.selections, own.fields, own.roots, own.aliases
    for name, at in own.spreads:
        spread = weighed.get(name, _NOTHING)
        depth = max(depth, at + spread.depth)
        selections += spread.selections
        fields += spread.fields
        roots += spread.roots if at == 0 else 0
        aliases += spread.aliases
    return Weight(*(min(amount, _PLENTY) for amount in (depth, selections, fields, roots, aliases)))


def _repeats(definition: _Definition, definitions: list[_Definition]) -> int:
    """How often the most repeated field is written in one place, of a document that is known to be short."""
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    written: Counter[tuple[int, str]] = Counter()
    places: dict[tuple[int, str], int] = {}
    waiting = [(definition.selection_set, 0)]
    while waiting:
        selected, place = waiting.pop()
        for selection in _written_out(selected, fragments):
            key = (place, (selection.alias or selection.name).value)
            written[key] += 1
            if selection.selection_set:
                waiting.append((selection.selection_set, places.setdefault(key, len(places) + 1)))
    return max(written.values(), default=0)


def _written_out(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    waiting = [selected]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value in fragments:
                waiting.append(fragments[selection.name.value].selection_set)
