"""What the `hub backtest` commands share: where the data are, a bar, the table and the result file."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from analytics_hub.backtests.report import Figures, SuiteReport
from analytics_hub.backtests.report import Progress as Told
from analytics_hub.cli.console import ERR, note, print_json
from analytics_hub.cli.table import print_table
from analytics_hub.domain.clock import SystemClock
from analytics_hub.domain.errors import InvalidInput, NotFound
from analytics_hub.telemetry.machine import machine

_DATA: Final = Path("shared/data")
# Columns of the table; the result file has all.
_FIGURES_SHOWN: Final = 6


def data_folder(named: Path | None) -> Path:
    """The folder that was named, or `shared/data` in or beside this one, or beside the repository."""
    here, repository = Path.cwd(), Path(__file__).resolve().parents[2]
    usual = [base / _DATA for base in (here, here.parent, repository.parent)]
    for folder in [named] if named else usual:
        if folder.is_dir():
            return folder
    raise NotFound(
        "no_such_folder",
        f"{named or _DATA} is not there; --data FOLDER names the folder with the suites' data",
        field="--data",
    )


def run_suite(
    context: typer.Context, run: Callable[[Told], SuiteReport], results: Path, *, keep: bool, as_json: bool
) -> None:
    """A bar under the command's name while it runs, then the result file and the table."""
    with _progress_shown(context.info_name or "") as progress:
        report = run(progress)
    body = {
        **report.body(),
        "made": SystemClock().now().isoformat(timespec="seconds"),
        "command": " ".join(["hub", *sys.argv[1:]]),
        "machine": machine(),
    }
    path = results / f"{report.suite}.json"
    if not as_json:
        _show(report)  # first: a run of hours must not end in an error alone
    if keep and path.is_file():
        body = _joined(_read(path), body)
    _write(path, body)
    if as_json:
        print_json(body)
        return
    note(", ".join(f"{name} {value}" for name, value in report.protocol.items()) + f"; all figures in {path}")


@contextmanager
def _progress_shown(what: str) -> Iterator[Told]:
    """A bar on standard error; nothing where nobody looks."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=ERR, disable=not ERR.is_terminal, transient=True) as progress:
        task = progress.add_task(what)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
        _ = [found[name] for name in ("model", "models", "protocol", "data", "made", "command")]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput("not_a_result", "--keep", f"{path} is no result file: {error}") from None
    return found


def _joined(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The blocks of both. What is said of the run is said of the one that the suite's own model ran in; `other_runs`
    says by which command each of the other blocks was made, and when.
    """
    if any(old[name] != new[name] for name in ("protocol", "data")):
        raise InvalidInput(
            "another_protocol", "--keep", "what is there was made of other data, or by another protocol"
        )
    left = [name for name in old["models"] if name not in new["models"]]
    whole, part, others = (old, new, [*new["models"]]) if old["model"] in left else (new, old, left)
    before = old.get("other_runs", {})
    runs = {name: before[name] for name in left if name in before}
    runs |= {name: f"{part['command']}, {part['made']}" for name in others if name not in runs}
    models = {name: old["models"][name] for name in left} | new["models"]
    return {**whole, "figures": models[whole["model"]], "models": models, "other_runs": runs}


def _write(path: Path, body: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    except OSError as error:
        raise InvalidInput(
            "not_writable", "--results", f"{path} cannot be written: {error.strerror}"
        ) from None


def _show(report: SuiteReport) -> None:
    """A line a model, and beside the table why one failed."""
    whole = next(
        (name for name in (report.headline, *report.models) if _is_scored(report.models[name])), None
    )
    names = list(report.models[whole])[:_FIGURES_SHOWN] if whole else []
    rows = [_row(name, [figures.get(key) for key in names]) for name, figures in report.models.items()]
    print_table(("model", *names), rows, numbers=names)
    for model, reason in report.failures.items():
        note(f"{model} failed {report.models[model]['failed']:,.0f} times, first with {reason}")


def _is_scored(figures: Figures) -> bool:
    return bool(set(figures) - {"failed"})


def _row(model: str, figures: Sequence[float | None]) -> list[str]:
    return [model, *("-" if value is None or value != value else f"{value:,.3f}" for value in figures)]  # noqa: PLR0124
