"""From the text of a document to one that may be executed: parsed, weighed, validated.

In: the text. Out: the document, or an error. Every step has a bound and stands before the ones that cost more: bytes,
then tokens and the length of each, then what `limits.py` counts, then the rules of GraphQL, which stop at a few faults.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)
from graphql.language import Lexer, Source, TokenKind

from analytics_hub.api.graphql.limits import SAYS, check_limits
from analytics_hub.domain.errors import TooLarge, TooMuch
from analytics_hub.settings.graphql import GraphqlSettings

_FAULTS_MAX: Final = 5  # enough to mend a document; each costs a walk through the schema
_COMMENTS_MAX: Final = 500
_KEPT_MAX: Final = 64
_KEPT_CHARS_MAX: Final = 2_048  # parsed, a document takes some 500 times as much: 64 MB for all
_OPENING: Final = {TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L}
_CLOSING: Final = {TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R}
_ARGUMENT_BRACKETS: Final = (
    8  # arguments open a few of their own, inline fragments one for each field at most
)


class Refused(Exception):  # noqa: N818  read as a sentence
    """Faults that the standard wants in `errors`: the document itself is wrong, or its variables."""

    def __init__(self, code: str, errors: Sequence[GraphQLError]) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors


def read_document(text: str, schema: GraphQLSchema, limits: GraphqlSettings) -> DocumentNode:
    """As `check_document`; a short one that was read lately is not read again. Clients send few documents, again and
    again, and tell by variables what they want: nobody's data is in what is kept.
    """
    if len(text) > _KEPT_CHARS_MAX:
        return check_document(text, schema, limits)
    return _kept(text, schema, limits)


@lru_cache(maxsize=_KEPT_MAX)
def _kept(text: str, schema: GraphQLSchema, limits: GraphqlSettings) -> DocumentNode:
    """What is refused is not kept."""
    return check_document(text, schema, limits)


def check_document(text: str, schema: GraphQLSchema, limits: GraphqlSettings) -> DocumentNode:
    """Raises TooMuch or InvalidInput for what is refused whole, `Refused` for what GraphQL itself forbids."""
    if len(text.encode(errors="surrogatepass")) > limits.document_bytes_max:
        most = limits.document_bytes_max
        raise TooLarge("document_too_large", f"A document has at most {most} bytes.", field="query")
    try:
        _check_tokens(text, limits)
        document = parse(
            text,
            max_lexical_tokens=limits.tokens_max,
            max_comments=_COMMENTS_MAX,
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as fault:
        raise Refused("bad_document", (fault,)) from fault
    check_limits(document, limits)
    rules = specified_rules if limits.introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
    faults = validate(
        schema,
        document,
        rules,
        max_errors=_FAULTS_MAX,
        hide_suggestions=not limits.introspection,
        allow_empty_selection_sets=False,
    )
    if faults:
        raise Refused("invalid_document", faults)
    return document


def _check_tokens(text: str, limits: GraphqlSettings) -> None:
    """Before anything is made of them: the parser recurses with every bracket."""
    lexer, count, open_brackets = Lexer(Source(text)), 0, 0
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        count += 1
        if count > limits.tokens_max:
            raise TooMuch(
                "too_many_tokens", f"A document has at most {limits.tokens_max} tokens.", field="query"
            )
        if token.end - token.start > limits.literal_chars_max:
            most = limits.literal_chars_max
            raise TooMuch(
                "literal_too_long", f"A name or value has at most {most} characters.", field="query"
            )
        open_brackets += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if open_brackets > limits.depth_max * 2 + _ARGUMENT_BRACKETS:
            raise TooMuch("too_deep", SAYS["depth"].format(limits.depth_max), field="query")
