"""The words of a question as options give them: names by repetition or by commas, filters as dimension=value.

In: texts of the command line. Out: names and filters as they were written; what they mean is checked by the question
that takes them.
"""

from collections.abc import Sequence

from analytics_hub.domain.errors import InvalidInput


def names_given(given: Sequence[str] | None) -> list[str]:
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]


def filters_given(given: Sequence[str] | None) -> dict[str, list[str]]:
    """Values by name; a value may hold commas and equals signs, so several are given one by one."""
    chosen: dict[str, list[str]] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput("bad_filter", "--filter", f"{text!r} is not like model=gpt-4o")
        chosen.setdefault(name.strip(), []).append(value)
    return chosen
