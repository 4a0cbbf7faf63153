"""Tables of jobs: a line for each, whatever happened, and words for when."""

from datetime import UTC, datetime

import pytest
from rich.console import Console

from analytics_hub.cli.job_table import in_words, last_errors, runs_table, summary_table
from analytics_hub.domain.job import JobName, JobRun, JobState, JobSummary
from analytics_hub.jobs.catalog import BODIES, schedules
from analytics_hub.settings import JobSettings

AT = datetime(2026, 11, 22, 1, 7, 3, tzinfo=UTC)
FAILED = JobSummary("score", AT, 1, 1_234, 2, 1, 0.034, "ZeroDivisionError: [red]why")


@pytest.mark.parametrize(
    ("cron", "words"),
    [("7 * * * *", "hourly, at :07"), ("17 2 * * *", "daily, at 02:17"), ("5 0 * * 1", "Mondays, at 00:05")],
)
def test_a_schedule_is_told_in_words(cron: str, words: str) -> None:
    assert in_words(cron) == words


def test_every_job_is_scheduled_and_done_by_somebody() -> None:
    assert set(schedules(JobSettings())) == set(BODIES) == set(JobName)


def test_the_summary_has_a_line_for_each_job_within_eighty_columns() -> None:
    console = Console(width=80)
    with console.capture() as told:
        console.print(summary_table(schedules(JobSettings()), {"score": FAILED}))
    lines = told.get().splitlines()
    assert len(lines) == 1 + len(JobName)
    assert lines[1].split()[-5:] == ["1", "1,234", "3", "0.03", "s"]
    assert lines[2].split()[-1] == "never"


def test_an_error_is_shown_as_it_is() -> None:
    assert last_errors({"score": FAILED}) == ["score: ZeroDivisionError: \\[red]why"]
    run = JobRun("acme", "score", JobState.FAILED, AT, None, 1, 3, 0, "[red]why")
    console = Console(width=120)
    with console.capture() as told:
        console.print(runs_table([run]))
    assert "[red]why" in told.get()
