"""Tables of jobs for people: what is scheduled and how it went, and single runs.

In: schedules, summaries, runs. Out: tables for the terminal.
"""

from collections.abc import Mapping, Sequence

from rich.table import Table

from analytics_hub.domain.job import JobName, JobRun, JobState, JobSummary

_COLOURS = {JobState.DONE: "green", JobState.FAILED: "red", JobState.LOST: "red", JobState.RUNNING: "yellow"}
_ERROR_CHARS = 80


def summary_table(schedules: Mapping[JobName, str], known: Mapping[str, JobSummary]) -> Table:
    """A line a job, of all tenants together; a job that never ran has its line too."""
    table = Table(box=None, header_style="dim", title_justify="left")
    for name in (
        "job",
        "scheduled (UTC)",
        "last run",
        "running",
        "done",
        "failed",
        "median",
        "longest",
        "last error",
    ):
        table.add_column(
            name, justify="right" if name in ("running", "done", "failed", "median", "longest") else "left"
        )
    for job, cron in schedules.items():
        one = known.get(job.value)
        if one is None:
            table.add_row(job.value, cron, "never", *[""] * 6)
            continue
        failed = one.failed + one.lost
        table.add_row(
            job.value,
            cron,
            f"{one.last_began_at:%Y-%m-%d %H:%M:%S}",
            f"{one.running:,}",
            f"{one.done:,}",
            f"[red]{failed:,}[/red]" if failed else "0",
            _seconds(one.median_s),
            _seconds(one.longest_s),
            one.last_error[:_ERROR_CHARS],
        )
    return table


def runs_table(runs: Sequence[JobRun]) -> Table:
    table = Table(box=None, header_style="dim")
    for name in ("tenant", "job", "began (UTC)", "state", "took", "steps", "rows", "error"):
        table.add_column(name, justify="right" if name in ("took", "rows") else "left")
    for run in runs:
        colour = _COLOURS[run.state]
        table.add_row(
            run.tenant,
            run.job,
            f"{run.began_at:%Y-%m-%d %H:%M:%S}",
            f"[{colour}]{run.state.value}[/{colour}]",
            _seconds(run.lasted_s),
            f"{run.done_steps}/{run.all_steps}",
            f"{run.rows_written:,}",
            run.error[:_ERROR_CHARS],
        )
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
