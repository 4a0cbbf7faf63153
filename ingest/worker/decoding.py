"""The decode thread: batches of records become prepared batches, priced, rolled up and encoded, while the
lanes flush the ones before.

In: work from the board. Out: the same work with its batch, back to the board. The core runs without the
interpreter's lock.
"""

from typing import Final

from analytics_hub.domain.errors import HubError, TryLater
from analytics_hub.settings import WorkerSettings
from ingest.decode import Decoder
from ingest.failpoint import Failpoints
from ingest.partition import Work
from ingest.worker.board import Board
from ingest.worker.reading import Reader

_PAUSE_S: Final = 0.1  # doubles with every try


class DecodeThread:
    """Runs until the board says that it is over."""

    def __init__(
        self,
        board: Board,
        reader: Reader,
        decoder: Decoder,
        settings: WorkerSettings,
        failpoints: Failpoints,
    ) -> None:
        self._board = board
        self._reader = reader
        self._decoder = decoder
        self._settings = settings
        self._failpoints = failpoints

    def run(self) -> None:
        while (work := self._board.next_to_decode()) is not None:
            self._decode(work)

    def _decode(self, work: Work) -> None:
        pause_s = _PAUSE_S
        while True:
            try:
                reading = self._reader.read(work.partition.id, work.records)
                break
            except TryLater as error:
                if not self._board.postponed(work.partition, error, pause_s):
                    return
                pause_s = min(2 * pause_s, self._settings.retry_s_max)
        try:
            prepared = self._decoder.decode(reading.messages)
            prepared.traceparents = reading.traceparents
            prepared.encode()
            self._failpoints.hit("worker.after_decode")
        except HubError as error:
            self._board.halt(work.partition, error)
            return
        self._board.decoded(work, prepared, reading.unattributed)
