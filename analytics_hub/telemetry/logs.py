"""Logs of every process: one shape for our own lines and everybody else's. Facts go in as key=value.

In: `LogSettings`, once, from whoever starts a process. Out: lines on stderr with the bound facts of the
moment: `request_id` and `tenant` where an edge or a worker has bound them (`structlog.contextvars`).
"""

import logging
import sys

import structlog

from analytics_hub.settings import LogSettings


def configure_logging(settings: LogSettings) -> None:
    """Send structlog and the standard library's logging to stderr, in one shape."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.level.upper()]
        ),
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                render,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    # Its every step of every migration, at a first start, in front of the one line that says ready.
    logging.getLogger("yoyo").setLevel(logging.WARNING)


class _StandardError(logging.Handler):
    """Writes to what stderr is at the moment of the line: whoever runs a command in-process may swap it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001  a log line must never end the work it tells of; logging reports it
            self.handleError(record)
