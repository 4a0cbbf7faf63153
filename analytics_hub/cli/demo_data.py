"""What `hub demo` plays: the published Azure traces where they lie on this machine, else a made-up hour
like them.

In: the command's options. Out: sources of one tenant, the span of time that they fill, and a sentence about
them. A trace does not say which models answered its requests: `MAPPINGS` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from analytics_hub.domain.errors import NotFound
from analytics_hub.settings import IngestSettings
from ingest.csv_trace import CsvTraceSource, TraceMapping, trace_span
from ingest.ports import EventSource
from ingest.synthetic_trace import CODE, CONVERSATION, SyntheticTrace

CHAT_MAPPING: Final = TraceMapping("openai", "gpt-4o", "chat")
CODE_MAPPING: Final = TraceMapping("anthropic", "claude-sonnet-4-5", "code")

TRACE_FILES: Final = {
    "AzureLLMInferenceTrace_conv.csv": CHAT_MAPPING,
    "AzureLLMInferenceTrace_code.csv": CODE_MAPPING,
}
_TRACE_FOLDER: Final = Path("shared/data/azure-llm-2023")
_SEED: Final = 20231116
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DemoData:
    """Sources and the whole minutes that hold all of their events."""

    sources: Sequence[EventSource]
    start: datetime
    end: datetime
    what: str


def trace_data(
    files: Sequence[tuple[Path, TraceMapping]], ingest: IngestSettings, now: datetime, *, keep_time: bool
) -> DemoData:
    """The traces, moved so that the last request is `now`, unless they keep their own time."""
    spans = [trace_span(str(path)) for path, _ in files]
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    shift = timedelta() if keep_time else now - last
    sources = [CsvTraceSource(str(path), replace(mapping, shift=shift), ingest) for path, mapping in files]
    names = " and ".join(path.name for path, _ in files)
    when = f"in its own time, {first:%Y-%m-%d}" if keep_time else "moved in time so that it ends now"
    return DemoData(sources, *_minutes(first + shift, last + shift), f"{names}, {when}")


def synthetic_data(now: datetime) -> DemoData:
    """The made-up hour that ends now."""
    sources = [
        SyntheticTrace(CONVERSATION, CHAT_MAPPING, now, seed=_SEED),
        SyntheticTrace(CODE, CODE_MAPPING, now, seed=_SEED + 1),
    ]
    return DemoData(
        sources,
        *_minutes(now - timedelta(hours=1), now),
        "a made-up hour with the token counts of the Azure traces",
    )


def trace_files(trace: str, trace_dir: str) -> list[tuple[Path, TraceMapping]]:
    """The trace that was named, those of the folder that was named, or those of the usual folders; maybe
    none.
    """
    if trace:
        path = Path(trace)
        if not path.is_file():
            raise NotFound("no_such_file", f"{trace} does not exist", field="--trace")
        return [(path, CODE_MAPPING if "code" in path.name.lower() else CHAT_MAPPING)]
    if trace_dir:
        found = _files_in(Path(trace_dir))
        if not found:
            raise NotFound(
                "no_such_trace", f"{trace_dir} has none of {', '.join(TRACE_FILES)}", field="--trace-dir"
            )
        return found
    return next(filter(None, map(_files_in, _usual_folders())), [])


def _usual_folders() -> list[Path]:
    """Beside the working directory, in it, and beside the repository."""
    here, repository = Path.cwd(), Path(__file__).resolve().parents[2]
    return [base / _TRACE_FOLDER for base in (here.parent, here, repository.parent)]


def _files_in(folder: Path) -> list[tuple[Path, TraceMapping]]:
    return [(folder / name, mapping) for name, mapping in TRACE_FILES.items() if (folder / name).is_file()]


def _minutes(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    start = first.astimezone(UTC).replace(second=0, microsecond=0)
    return start, last.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
