"""Tables of jobs for people: what is scheduled and how it went, and single runs.

In: schedules, summaries, runs. Out: tables for the terminal.
"""

from collections.abc import Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from analytics_hub.domain.job import JobName, JobRun, JobState, JobSummary

_COLOURS = {JobState.DONE: "green", JobState.FAILED: "red", JobState.LOST: "red", JobState.RUNNING: "yellow"}
_ERROR_CHARS = 200


def summary_table(schedules: Mapping[JobName, str], known: Mapping[str, JobSummary]) -> Table:
    """A line a job, of all tenants together; a job that never ran has its line too."""
    table = _table()
    for name in ("job", "when (UTC)", "last run"):
        table.add_column(name, no_wrap=True)
    for name in ("running", "done", "failed", "median"):
        table.add_column(name, justify="right", no_wrap=True)
    for job, cron in schedules.items():
        one = known.get(job.value)
        if one is None:
            table.add_row(job.value, in_words(cron), "never")
            continue
        failed = one.failed + one.lost
        table.add_row(
            job.value,
            in_words(cron),
            f"{one.last_began_at:%m-%d %H:%M}",
            f"{one.running:,}",
            f"{one.done:,}",
            f"[red]{failed:,}[/red]" if failed else "0",
            _seconds(one.median_s),
        )
    return table


def last_errors(known: Mapping[str, JobSummary]) -> list[str]:
    """A line for each job that has failed."""
    return [f"{one.job}: {escape(one.last_error[:_ERROR_CHARS])}" for one in known.values() if one.last_error]


def in_words(cron: str) -> str:
    """Of those that `catalog.schedules` makes."""
    minute, hour, _, _, weekday = cron.split()
    if hour == "*":
        return f"hourly, at :{int(minute):02}"
    return f"{'Mondays' if weekday == '1' else 'daily'}, at {int(hour):02}:{int(minute):02}"


def runs_table(runs: Sequence[JobRun]) -> Table:
    table = _table()
    for name in ("tenant", "job", "began (UTC)", "state", "took", "steps", "rows", "error"):
        table.add_column(
            name, justify="right" if name in ("took", "rows") else "left", no_wrap=name != "error"
        )
    for run in runs:
        colour = _COLOURS[run.state]
        table.add_row(
            run.tenant,
            run.job,
            f"{run.began_at:%m-%d %H:%M:%S}",
            f"[{colour}]{run.state.value}[/{colour}]",
            _seconds(run.lasted_s),
            f"{run.done_steps}/{run.all_steps}",
            f"{run.rows_written:,}",
            escape(run.error[:_ERROR_CHARS]),
        )
    return table


def _table() -> Table:
    return Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
