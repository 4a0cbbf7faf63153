"""Every error that the product raises on purpose, one kind for each thing that a caller can do about it.

    HubError                   code, message, field
    ├── InvalidInput           fix the input: `field` names what is wrong
    │   ├── Unsupported        nothing here reads that content type or encoding
    │   └── NotAcceptable      nothing here writes a format that the caller takes
    ├── NotAuthenticated       say who you are: no key, or a key that does not hold
    ├── NotAllowed             ask for permission: the key holds but lacks the scope
    ├── NotFound               the named thing does not exist for this caller
    ├── Conflict               the thing exists already, or somebody else holds it
    ├── TooMuch                a named bound was passed: ask for less
    │   ├── TooLarge           the body is longer than allowed: send it in parts
    │   └── TooSlow            the body did not arrive in time
    ├── TryLater               nothing is wrong with the request: `retry_after_s`
    │   └── RateLimited        the caller's own quota is used up
    └── Broken                 our fault or the operator's: the caller gives up

`code` is stable, snake_case and meant for programs; `message` is one plain sentence for people. HTTP
statuses live in `analytics_hub/api/errors.py`, the reject codes of single events in
`rust_core/core/src/reject.rs`.
"""


class HubError(Exception):
    """The root: never raised itself."""

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        return f"{self.code}{where}: {self.message}"


class InvalidInput(HubError):  # noqa: N818  the kinds read as sentences: "raise InvalidInput"
    """The caller's input breaks a rule; it will break it again until it is changed."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(code, message, field=field)


class Unsupported(InvalidInput):
    """A content type or encoding that nothing here reads."""


class NotAcceptable(InvalidInput):
    """A caller who takes no format that is offered."""


class NotAuthenticated(HubError):  # noqa: N818
    """Nobody, or nobody we know."""


class NotAllowed(HubError):  # noqa: N818
    """Somebody we know who may not do this."""


class NotFound(HubError):  # noqa: N818
    """Absent, or another tenant's: the two are not told apart."""


class Conflict(HubError):  # noqa: N818
    """The state of the world refuses: a slug that is taken, a directory that another server holds."""


class TooMuch(HubError):  # noqa: N818
    """A named bound of `analytics_hub/settings` was passed."""


class TooLarge(TooMuch):
    """A body longer than a bound of `analytics_hub/settings`, as sent or decompressed."""


class TooSlow(TooMuch):
    """A body that did not arrive within its deadline."""


class TryLater(HubError):  # noqa: N818
    """A passing condition: busy, starting, timed out."""

    def __init__(self, code: str, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class RateLimited(TryLater):
    """The caller's own quota is used up; nobody else is affected."""


class Broken(HubError):  # noqa: N818
    """A fault of the product or of its installation; the cause is chained."""
