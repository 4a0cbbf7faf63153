"""Only declared tags tell series apart; a question for any other would silently find nothing."""

from collections.abc import Iterable

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.series import TAG_PREFIX


def check_declared(where: str, names: Iterable[str], declared: frozenset[str]) -> None:
    """Raises InvalidInput for a `tag.<key>` among the names that the tenant has not declared."""
    for name in names:
        key = name.removeprefix(TAG_PREFIX)
        if key != name and key not in declared:
            known = ", ".join(sorted(declared)) or "none"
            raise InvalidInput("undeclared_tag", where, f"{key!r} is no declared tag; declared are: {known}.")
