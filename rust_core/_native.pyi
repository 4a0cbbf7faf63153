"""The native module, typed by hand and checked against the build by a test. Import it through `rust_core` only.

Threading: every heavy call releases the GIL. Objects are not meant to be shared between threads while one mutates
them (`Batch.price`, `Batch.drop`, `SeriesCache.learn`); a second concurrent mutation raises RuntimeError.
"""

from collections.abc import Sequence
from typing import Literal, final

from typing_extensions import Buffer

Format = Literal["auto", "json", "ndjson"]
Dialect = Literal["canonical", "cloudevents"]

__version__: str
TOKEN_COLUMNS: tuple[str, ...]
COST_COLUMNS: tuple[str, ...]
SERIES_COLUMNS: tuple[str, ...]
EVENT_COLUMNS: tuple[str, ...]
DELTA_COLUMNS: tuple[str, ...]
STATUSES: tuple[str, ...]

class NativeError(Exception):
    """A panic or a broken argument inside the core; never caused by the content of an event."""

class SketchError(NativeError):
    """A sketch that cannot be read: unknown version, truncated pair, or a negative count after a full merge."""

class PriceBookError(NativeError):
    """A price book that cannot be compiled; the message names the provider and model."""

@final
class Bytes:
    """Bytes owned by the core, handed over through the buffer protocol without a copy (read only)."""

    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class TenantRules:
    """What the decoder must know of a tenant. `late_horizon_us=None` accepts any age."""

    def __new__(
        cls, tenant_id: int, slug: str, late_horizon_us: int | None = ..., declared_tags: Sequence[str] = ...
    ) -> TenantRules: ...
    @property
    def tenant_id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def late_horizon_us(self) -> int | None: ...
    @property
    def declared_tags(self) -> tuple[str, ...]: ...

@final
class Limits:
    """Bounds of decoding; the defaults are the documented ones."""

    def __new__(
        cls,
        *,
        event_bytes_max: int = 1_048_576,
        depth_max: int = 64,
        ahead_us_max: int = 600_000_000,
        payload_kept_bytes_max: int = 65_536,
        rejects_kept_max: int = 100_000,
    ) -> Limits: ...
    @property
    def event_bytes_max(self) -> int: ...
    @property
    def depth_max(self) -> int: ...
    @property
    def ahead_us_max(self) -> int: ...
    @property
    def payload_kept_bytes_max(self) -> int: ...
    @property
    def rejects_kept_max(self) -> int: ...

@final
class Message:
    """One body of events as it arrived. The payload's buffer is borrowed, not copied.

    `verdicts` is what the edge decided: `b"3:missing_id,17:too_old"` names the refused events by their ordinal, `b""`
    says that all were accepted. Decoding obeys: the named ones are rejects with that code, the others are not held
    against clock, horizon and tenant again. None: nobody has judged yet. Raises NativeError when it cannot be read.

    `refused` is for a message that nobody could open: it counts as one event, refused with this code and this sentence
    (empty: the table's), whatever its payload is.

    With `dialect="cloudevents"` each event stands in the `data` (or `data_base64`) of a CloudEvents 1.0 envelope, one
    alone, in an array or one a line; id, source and time are those of the envelope.
    """

    def __new__(
        cls,
        tenant: TenantRules,
        received_at_us: int,
        payload: Buffer,
        *,
        format: Format = "auto",
        events: int | None = None,
        origin: str = "",
        base_position: int = 0,
        dialect: Dialect = "canonical",
        verdicts: Buffer | None = None,
        refused: tuple[str, str] | None = None,
    ) -> Message: ...

@final
class Piece:
    """A part of a body that is a body of its own, to be decoded with its own format and verdicts."""

    @property
    def payload(self) -> Bytes:
        """Read only; not copied where it is a part of the message's own buffer, which it then keeps."""
    @property
    def format(self) -> Literal["json", "ndjson"]: ...
    @property
    def events(self) -> int:
        """Counted by the independent splitter."""
    @property
    def base_position(self) -> int: ...
    @property
    def verdicts(self) -> bytes:
        """What was decided of its events, for `Message(verdicts=…)`; ASCII."""

@final
class Examined:
    """What the edge found out about a body."""

    @property
    def received(self) -> int:
        """Counted by the independent splitter; equal to accepted + rejected unless one of the two is wrong."""
    @property
    def accepted(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def rejects(self) -> list[Reject]:
        """At most `rejects_kept_max`, in order, without their payload (that is in the pieces)."""
    @property
    def pieces(self) -> list[Piece]:
        """The body, in order; empty when it holds no event."""

@final
class Reject:
    """One refused event (a row of the code table plus where it stood)."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def message(self) -> int: ...
    @property
    def ordinal(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def at_byte(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def payload_truncated(self) -> bool: ...

@final
class Tally:
    """The account of one tenant and receipt hour of a batch: received = stored + duplicate + rejected."""

    @property
    def tenant_id(self) -> int: ...
    @property
    def hour_us(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def stored(self) -> int: ...
    @property
    def duplicate(self) -> int: ...
    @property
    def rejected(self) -> int: ...

@final
class Outcome:
    """The account of one message of a batch: received = stored + duplicate + rejected."""

    @property
    def received(self) -> int: ...
    @property
    def stored(self) -> int: ...
    @property
    def duplicate(self) -> int:
        """Resends, in the batch or in the database; of equal events the first to arrive stays."""
    @property
    def rejected(self) -> int: ...

@final
class PriceBook:
    """Unit prices compiled for look-up by provider, model and moment. Thread-safe."""

    @staticmethod
    def compile(source_json: bytes) -> PriceBook: ...
    @property
    def version(self) -> str: ...
    def __len__(self) -> int: ...
    def find(self, provider: str, model: str, service_tier: str, ts_us: int) -> tuple[str, str, int] | None:
        """(provider id, model id, price id) of the card in force, or None."""
    def cards(self) -> list[tuple[int, str, str, int | None, str]]:
        """Every card by id: (price id, provider id, model id, first day since 1970-01-01, prices by key as JSON)."""

@final
class SeriesCache:
    """Series that this writer knows to be in the database; learns only after a commit. Bounded."""

    def __new__(cls, series_max: int = 1_000_000) -> SeriesCache: ...
    def __len__(self) -> int: ...
    def missing(self, batch: Batch) -> SeriesRows: ...
    def learn(self, rows: SeriesRows) -> None: ...

@final
class SeriesRows:
    """Series to insert, sorted by (tenant_id, series_id)."""

    def __len__(self) -> int: ...
    def copy(self) -> Bytes: ...
    def keys(self) -> list[tuple[int, int]]: ...

@final
class Batch:
    """Decoded events: columns, rejects and accounts."""

    def __len__(self) -> int: ...
    @property
    def rejects(self) -> list[Reject]: ...
    @property
    def rejects_total(self) -> int: ...
    @property
    def tallies(self) -> list[Tally]: ...
    def outcomes(self) -> list[Outcome]:
        """By message, in the order of the decode call; follows `drop` and `poison`. A slice received nothing."""
    @property
    def warnings(self) -> dict[str, int]:
        """Counts of `total_mismatch`, `unknown_field` and `verdict_overruled`.

        The last: events that the edge accepted and that cannot be read here, or refused and that are not there.
        """
    def days(self) -> list[int]:
        """Distinct UTC days of the rows, as days since 1970-01-01, ascending."""
    def price(self, book: PriceBook) -> None:
        """Fill cost, cost status and price id. Rows whose cost exceeds the bound become rejects."""
    def rollup(self) -> Deltas: ...
    def drop(self, rows: Sequence[int]) -> None:
        """Remove rows by index and count them as duplicates (what the database said it had already)."""
    def poison(self, rows: Sequence[int], code: str, text: str) -> None:
        """Turn rows by index into rejects (what the database refused for its data).

        Their payload is the row in canonical form; position and origin are those of the event as it arrived.
        """
    def slice(self, start: int, stop: int) -> Batch:
        """Rows [start, stop) alone, without tallies or rejects: for bisecting."""
    def fold_series(self, keys: Sequence[tuple[int, int]]) -> int:
        """Fold the named series (tenant_id, series_id) one step; returns how many rows moved.

        First provider_account, environment, project and the values of declared tags become `other`; named again, so do
        provider, model, operation and service_tier, and one series a status is left.
        """
    def copy_events(self, *, with_row: bool = False) -> Bytes:
        """PostgreSQL binary COPY of EVENT_COLUMNS; `with_row` puts an int4 row index first."""
    def copy_keys(self) -> Bytes:
        """PostgreSQL binary COPY of (row index as int4, tenant_id, ts, event_key)."""
    def copy_marks(self, flush_id: int) -> Bytes: ...
    def copy_ledger(self, flush_id: int) -> Bytes: ...
    def copy_dead_letters(self, flush_id: int) -> Bytes: ...
    def totals(self) -> dict[str, int]:
        """Exact sums of the rows: `events`, `errors`, each token column, each cost column, `unpriced_events`."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Deltas:
    """Signed partial sums per tenant, series and minute, sorted by (tenant_id, bucket, series_id)."""

    def __len__(self) -> int: ...
    def merge(self, other: Deltas) -> Deltas: ...
    def negate(self) -> Deltas: ...
    def copy(self, *, kind: int = 0) -> Bytes: ...
    def __eq__(self, other: object, /) -> bool: ...
    def totals(self) -> dict[str, int]: ...

def decode(messages: Sequence[Message], limits: Limits, dialect: Dialect = "canonical") -> Batch:
    """Decode messages into one batch; content never fails the call. `dialect="cloudevents"` holds for every message."""

def examine(
    message: Message, limits: Limits, *, piece_bytes_max: int = 900_000, verdict_bytes_max: int = 60_000
) -> Examined:
    """Judge every event of a body, keep none, and cut the body between events.

    Decoding the pieces with their verdicts gives what decoding the body gives: the same rows, the same rejects, the
    same sum of events. A piece exceeds `piece_bytes_max` only with one event alone, of at most `event_bytes_max`; an
    event above both travels as the bytes that its reject will keep. Verdicts that the message carries are not read.
    """

def count_events(payload: Buffer, format: Format = "auto") -> int: ...
def reject_codes() -> list[tuple[str, str]]:
    """Every (code, message) that the core can give, sorted by code."""

def event_key(source: str, event_id: str) -> bytes:
    """The 16 bytes that identify an event (the uuid in `usage_events.event_key`)."""

def sketch_encode(values_us: Sequence[int]) -> bytes: ...
def sketch_merge(blobs: Sequence[bytes]) -> bytes: ...
def sketch_count(blob: bytes) -> int: ...
def sketch_quantiles(blob: bytes, quantiles: Sequence[float]) -> list[float | None]:
    """Values in microseconds at nearest rank, within 2 %; None for an empty sketch. Raises SketchError."""

def compact_copy(rows: Sequence[Buffer], sketch_columns: Sequence[int]) -> Bytes:
    """PostgreSQL binary COPY chunks in, one COPY stream out, with the named bytea columns brought to canonical form."""

def _panic_for_test() -> None: ...
