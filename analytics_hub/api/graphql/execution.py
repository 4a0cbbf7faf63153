"""Executes a document in two steps: all of its questions are asked in the event loop, then the answer is written out in
a thread.

In: a validated document. Out: the content of the answer, as bytes. Executing is work in Python for every single value
of an answer, tens of thousands of them: in the event loop nobody else would be served meanwhile. So the root fields are
asked first, a few at a time, each with its right; then the same document is executed over what they found, where
nothing waits for anything.
"""

import asyncio
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    execute_sync,
    get_argument_values,
    get_operation_ast,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.pyutils import Path

from analytics_hub.api.graphql.asking import RIGHT, Asking, Found
from analytics_hub.api.graphql.document import Refused
from analytics_hub.api.graphql.errors import entry
from analytics_hub.api.graphql.request import GraphqlBody
from analytics_hub.api.graphql.schema import SCHEMA
from analytics_hub.api.rest.formats_text import check_length
from analytics_hub.domain.errors import TooMuch, TryLater
from analytics_hub.settings.graphql import GraphqlSettings

Answers = Mapping[str, Found | Exception]
"""By the name that a root field has in the answer."""

_LOOK_EVERY: Final = 1024  # values between two looks at whether anybody still waits


async def execute(
    document: DocumentNode,
    body: GraphqlBody,
    asking: Asking,
    limits: GraphqlSettings,
    *,
    bytes_max: int,
    request_id: str,
) -> bytes:
    """Raises TooMuch for an answer that is too long, TryLater past the deadline, `Refused` for bad variables."""
    stop = Event()
    try:
        async with asyncio.timeout(limits.wait_s):
            answers = await ask_roots(document, body, asking, limits)
            return await asyncio.to_thread(
                write_out,
                document,
                body,
                answers,
                limits,
                bytes_max=bytes_max,
                request_id=request_id,
                stop=stop,
            )
    except TimeoutError as error:
        raise TryLater("too_slow", f"There was no answer within {limits.wait_s:g} s.") from error
    finally:
        stop.set()  # a thread cannot be cancelled


async def ask_roots(
    document: DocumentNode, body: GraphqlBody, asking: Asking, limits: GraphqlSettings
) -> Answers:
    built = Executor.build(
        SCHEMA,
        document,
        context_value=asking,
        raw_variable_values=body.variables,
        operation_name=body.operation_name,
        hide_suggestions=not limits.introspection,
    )
    if isinstance(built, list):
        found = get_operation_ast(document, body.operation_name)
        raise Refused("bad_variables" if found else "no_such_operation", built)
    root = SCHEMA.get_root_type(built.operation.operation)
    assert isinstance(root, GraphQLObjectType)
    fields = collect_fields(
        SCHEMA, built.fragments, built.variable_values, root, built.operation, built.hide_suggestions
    ).grouped_field_set
    asked = {key: found for key, found in fields.items() if not found[0].node.name.value.startswith("__")}
    # What changes something goes in the order of the document; whoever waits is served in turn.
    in_turn = built.operation.operation is OperationType.MUTATION
    at_a_time = asyncio.Semaphore(1 if in_turn else limits.parallel_max)
    async with asyncio.TaskGroup() as group:
        tasks = {
            key: group.create_task(_answer(built, root, key, found, at_a_time))
            for key, found in asked.items()
        }
    return {key: task.result() for key, task in tasks.items()}


async def _answer(
    built: Executor[Any],
    root: GraphQLObjectType,
    key: str,
    found: list[FieldDetails],
    at_a_time: asyncio.Semaphore,
) -> Found | Exception:
    """What one root field finds, or what it raises: that makes this field null, and no other."""
    node = found[0].node
    definition = root.fields[node.name.value]
    info = built.build_resolve_info(definition, [one.node for one in found], root, Path(None, key, root.name))
    try:
        built.context_value.caller.require(definition.extensions["strawberry-definition"].metadata[RIGHT])
        arguments = get_argument_values(definition, node, built.variable_values)
        assert definition.resolve is not None
        async with at_a_time:
            made: Found = await definition.resolve(None, info, **arguments)
            return made
    except Exception as error:  # noqa: BLE001  every one of them is told, or logged, by `errors.py`
        return error


def write_out(
    document: DocumentNode,
    body: GraphqlBody,
    answers: Answers,
    limits: GraphqlSettings,
    *,
    bytes_max: int,
    request_id: str,
    stop: Event | None = None,
) -> bytes:
    """Work for a thread, unless the answer is known to be short. `stop`: nobody waits for it any more."""
    result = _executed(document, body, answers, _Counting(limits.values_max, stop or Event()))
    answered: dict[str, Any] = {"data": result.data}
    if result.errors:
        answered["errors"] = [entry(error, request_id) for error in result.errors]
    content = orjson.dumps(answered)
    check_length(len(content), bytes_max)
    return content


def _executed(
    document: DocumentNode, body: GraphqlBody, answers: Answers, counting: "_Counting"
) -> ExecutionResult:
    def resolve(
        following: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
    ) -> Any:
        counting.count()
        if info.path.prev is not None or info.path.key not in answers:
            return following(source, info, **arguments)
        answer = answers[str(info.path.key)]
        if isinstance(answer, Exception):
            raise answer
        assert callable(answer)
        return answer()

    try:
        return execute_sync(
            SCHEMA,
            document,
            variable_values=body.variables,
            operation_name=body.operation_name,
            middleware=[resolve],
        )
    except _Enough as enough:
        raise TooMuch(
            "answer_too_long", f"The answer has more than {counting.most} values: ask for less."
        ) from enough


class _Enough(BaseException):
    """Ends an execution; an exception would only make one value null."""


class _Counting:
    """Counts the values of one answer."""

    def __init__(self, most: int, stop: Event) -> None:
        self.most = most
        self._stop = stop
        self._values = 0

    def count(self) -> None:
        self._values += 1
        if self._values > self.most or (self._values % _LOOK_EVERY == 0 and self._stop.is_set()):
            raise _Enough
