"""`hub worker`: from Kafka into the database, exactly once, until somebody asks it to stop."""

import signal
import threading
from types import FrameType

import structlog
import typer

from analytics_hub.cli.opened import opened
from analytics_hub.cli.probes import probes
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.working import open_worker
from analytics_hub.telemetry.exporting import traced

_LOG = structlog.get_logger(__name__)


@guarded
def worker(context: typer.Context) -> None:
    """Take events from Kafka into the database. Several of them share the work.

    SIGTERM and Ctrl-C store what is buffered, leave the group and stop, within HUB_WORKER_GRACE_S.
    """
    settings = settings_of(context)
    stop = threading.Event()
    _stop_on_signal(stop)
    with traced(settings.trace, "hub-worker"), opened(settings) as hub, open_worker(hub) as made:

        def ready() -> list[str]:
            if stop.is_set():
                return ["stopping"]
            troubles = [f"{place}: {trouble}" for place, trouble in made.board.troubles().items()]
            return troubles if made.board.joined else ["not yet a member of the group", *troubles]

        host, port = settings.worker.host, settings.worker.port
        with probes(host, port, healthy=made.worker.complaints, ready=ready) as taken:
            _LOG.info("worker started", topic=settings.kafka.topic, probes=f"http://{host}:{taken}")
            made.worker.run(stop)
    _LOG.info("worker stopped")


def _stop_on_signal(stop: threading.Event) -> None:
    """The first signal asks for a clean stop; the handlers before come back, so the second one kills."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, ask)
