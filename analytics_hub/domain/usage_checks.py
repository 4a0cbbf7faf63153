"""What the names, values and moments of a question must look like, whichever question it is.

In: the argument's name and what was given for it. Out: nothing, or an `InvalidInput` that names the argument.
"""

from datetime import UTC, datetime
from typing import Final

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.series import DIMENSIONS, TAG_PREFIX
from analytics_hub.domain.tenant import TAG_KEY_BYTES_MAX

FIRST_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST_MOMENT: Final = datetime(2101, 1, 1, tzinfo=UTC)
FILTER_VALUE_BYTES_MAX: Final = 256  # no dimension is longer
_NO_DIMENSION: Final = {
    "user": "End-users are no dimension: GET /v1/users tells them apart, the metric distinct_users counts them."
}
"""What people look for among the dimensions, and where it is."""


def check_moment(where: str, moment: datetime) -> None:
    if moment.tzinfo is None:
        raise InvalidInput("no_offset", where, "A moment needs its UTC offset, like 2026-11-05T00:00Z.")
    if moment.second or moment.microsecond:
        raise InvalidInput("not_on_minute", where, "The edges of a range are whole minutes.")
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:
        raise InvalidInput("out_of_range", where, "Moments lie in the years 2000 to 2100.")


def check_values(where: str, values: tuple[str, ...], count_max: int) -> None:
    if not 1 <= len(values) <= count_max:
        raise InvalidInput("filter_values", where, f"A filter has 1 to {count_max} values.")
    for value in values:
        if "\0" in value or len(_utf8(value, where)) > FILTER_VALUE_BYTES_MAX:
            raise InvalidInput(
                "filter_value", where, f"A value has at most {FILTER_VALUE_BYTES_MAX} bytes and no NUL."
            )


def _utf8(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("not_text", where, "The value is not valid Unicode.") from error


def check_names(where: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            code = "unknown_metric"
            raise InvalidInput(code, where, f"There is no metric {name!r}; there are {', '.join(known)}.")
    if len(set(names)) != len(names):
        raise InvalidInput("named_twice", where, "A name is given twice.")


def check_dimensions(where: str, names: tuple[str, ...]) -> None:
    for name in names:
        if name in DIMENSIONS:
            continue
        key = name.removeprefix(TAG_PREFIX)
        if key == name or not key or "\0" in key or len(_utf8(key, where)) > TAG_KEY_BYTES_MAX:
            known = ", ".join((*DIMENSIONS, "tag.<key>"))
            message = _NO_DIMENSION.get(name, f"There is no {name!r}; there are {known}.")
            raise InvalidInput("unknown_dimension", where, message)
    if len(set(names)) != len(names):
        raise InvalidInput("named_twice", where, "A dimension is named twice.")
