"""The commands as a newcomer meets them: what they print, how they fail, what they exit with."""

import csv
import http.client
import io
import signal
import subprocess
from pathlib import Path

import orjson
import polars as pl
import pytest

from analytics_hub.cli.main import app
from analytics_hub.cli.tenant import app as tenant_app
from rust_core import reject_codes
from tests.support.command import COMMAND, Run, environment, hub, run_on
from tests.support.database import Database
from tests.support.ingest import event, events

THE_DAY = ("--from", "2026-11-05", "--to", "2026-11-06")


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    return run_on(db, monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join([*events(range(30)), b"{broken"]) + b"\n")
    return path


def test_a_new_tenant_gets_its_key_once(run: Run) -> None:
    body = orjson.loads(run.good("tenant", "create", "acme", "--json"))
    assert body["tenant"] == "acme"
    assert body["api_key"].startswith("hub_")
    listed = run.good("tenant", "list", "--json")
    assert body["api_key"] not in listed
    assert [one["tenant"] for one in orjson.loads(listed)] == ["acme"]


def test_a_slug_is_taken_once(run: Run) -> None:
    run.good("tenant", "create", "acme")
    assert "slug_taken" in run.bad("tenant", "create", "acme")


def test_loading_tells_received_stored_and_rejected(run: Run, file: Path) -> None:
    run.good("tenant", "create", "acme")
    text = run.good("load", str(file), "--tenant", "acme", "--history")
    for words in ("received   31", "stored     30", "rejected    1", "invalid_json × 1", "events.ndjson:31"):
        assert words in text


def test_loading_again_tells_duplicates_and_changes_nothing(run: Run, file: Path) -> None:
    run.good("tenant", "create", "acme")
    for stored, duplicate in ((30, 0), (0, 30)):
        body = orjson.loads(run.good("load", str(file), "--tenant", "acme", "--history", "--json"))
        assert (body["received"], body["stored"], body["duplicate"], body["rejected"]) == (
            31,
            stored,
            duplicate,
            1,
        )
        assert body["balanced"]
    assert _total(run, "events") == "30"


def _total(run: Run, metric: str) -> str:
    text = run.good(
        "query",
        "--tenant",
        "acme",
        "--from",
        "2026-11-01",
        "--to",
        "2026-12-01",
        "-m",
        metric,
        "--format",
        "csv",
    )
    return text.splitlines()[1]


def test_an_unknown_tenant_is_told_with_the_command_that_makes_one(run: Run, file: Path) -> None:
    text = run.bad("load", str(file), "--tenant", "nobody")
    assert "no_such_tenant" in text
    assert "hub tenant create" in text


def test_events_past_the_late_horizon_need_history(run: Run, tmp_path: Path) -> None:
    run.good("tenant", "create", "acme", "--late-days", "1")
    path = tmp_path / "old.ndjson"
    path.write_bytes(event(1, time="2020-01-01T00:00:00Z"))
    body = orjson.loads(run.good("load", str(path), "--tenant", "acme", "--json"))
    assert body["reject_codes"] == {"too_old": 1}
    body = orjson.loads(run.good("load", str(path), "--tenant", "acme", "--json", "--history"))
    assert body["stored"] == 1


def test_standard_input_is_loaded(db: Database, run: Run) -> None:
    run.good("tenant", "create", "acme")
    done = hub(db, "load", "-", "--tenant", "acme", "--history", "--json", stdin=b"\n".join(events(range(5))))
    assert orjson.loads(done.stdout)["stored"] == 5


def test_parquet_gives_the_totals_of_the_same_json(run: Run, tmp_path: Path) -> None:
    run.good("tenant", "create", "acme")
    path = tmp_path / "events.parquet"
    pl.read_ndjson(b"\n".join(events(range(30)))).write_parquet(path)
    run.good("load", str(path), "--tenant", "acme", "--history")
    again = tmp_path / "events.ndjson"
    again.write_bytes(b"\n".join(events(range(30))))
    body = orjson.loads(run.good("load", str(again), "--tenant", "acme", "--history", "--json"))
    assert (body["stored"], body["duplicate"]) == (0, 30)


def test_a_trace_needs_to_be_told_what_it_is(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n")
    run.good("tenant", "create", "acme")
    assert "--provider" in run.bad("load", str(path), "--tenant", "acme")
    mapping = ("--provider", "openai", "--model", "gpt-4o", "--project", "chat")
    assert "stored     1" in run.good("load", str(path), "--tenant", "acme", "--history", *mapping)


def test_several_files_are_loaded_and_one_that_is_missing_stops_all(
    run: Run, file: Path, tmp_path: Path
) -> None:
    run.good("tenant", "create", "acme")
    assert "no_such_file" in run.bad(
        "load", str(file), str(tmp_path / "nothing"), "--tenant", "acme", "--history"
    )
    assert _total(run, "events") == "0"


def test_a_question_is_answered_as_table_csv_and_json(run: Run, file: Path) -> None:
    run.good("tenant", "create", "acme")
    run.good("load", str(file), "--tenant", "acme", "--history")
    question = (
        "query",
        "--tenant",
        "acme",
        "--from",
        "2026-11-05",
        "--to",
        "2026-11-06",
        "-g",
        "project",
        "-m",
        "events",
    )
    assert "project-1" in run.good(*question)
    rows = list(csv.reader(io.StringIO(run.good(*question, "--format", "csv"))))
    assert rows[0] == ["project", "events"]
    assert sorted(rows[1:]) == [["project-0", "10"], ["project-1", "10"], ["project-2", "10"]]
    body = orjson.loads(run.good(*question, "--format", "json"))
    assert body["total"]["events"] == 30


def test_a_filter_narrows_the_question(run: Run, file: Path) -> None:
    run.good("tenant", "create", "acme")
    run.good("load", str(file), "--tenant", "acme", "--history")
    text = run.good(
        "query", "--tenant", "acme", *THE_DAY,
        "-m", "events", "-f", "project=project-1", "--format", "csv",
    )  # fmt: skip
    assert text.splitlines()[1] == "10"


def test_what_has_no_price_is_never_shown_as_nothing(run: Run, tmp_path: Path) -> None:
    run.good("tenant", "create", "acme")
    path = tmp_path / "events.ndjson"
    path.write_bytes(event(1, provider="nobody", model="house-model"))
    run.good("load", str(path), "--tenant", "acme", "--history")
    text = run.good(
        "query",
        "--tenant",
        "acme",
        "--from",
        "2026-11-05",
        "--to",
        "2026-11-06",
        "-m",
        "cost_usd",
        "-g",
        "model",
    )
    assert "unpriced" in text
    assert "$0" not in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-m", "bogus"], "unknown_metric"),
        (["-g", "bogus"], "unknown_dimension"),
        (["--from", "yesterday"], "bad_moment"),
        (["--tz", "Mars/Olympus"], "unknown_zone"),
        (["--interval", "3h"], "unknown_interval"),
        (["-f", "model"], "bad_filter"),
        (["--format", "xml"], "unknown_format"),
    ],
)
def test_a_wrong_question_is_one_line_with_its_code(run: Run, arguments: list[str], code: str) -> None:
    run.good("tenant", "create", "acme")
    assert f"({code})" in run.bad("query", "--tenant", "acme", *arguments)


def test_a_sound_installation_passes_the_check(run: Run) -> None:
    text = run.good("check")
    assert "all is well" in text
    assert "PostgreSQL" in text


def test_the_check_finds_a_planted_hole(run: Run, db: Database) -> None:
    with db.connect("hub_owner") as conn:
        conn.execute("GRANT SELECT ON hub.usage_events TO hub_reader")
    done = run("check")
    assert done.exit_code == 1
    assert "leaked_right" in done.output


def test_the_check_finds_a_misspelt_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_API_PROT", "80")
    done = run("check")
    assert done.exit_code == 1
    assert "HUB_API_PROT" in done.output


def test_a_bad_setting_is_told_before_anything_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_API_PORT", "many")
    assert "HUB_API_PORT" in run.bad("rejects")


def test_migrating_twice_changes_nothing(run: Run) -> None:
    assert "as it was" in run.good("migrate")


def test_an_edited_migration_is_told(run: Run, db: Database) -> None:
    with db.connect("hub_owner") as conn:
        conn.execute("UPDATE hub_migrations.applied_text SET sha256 = '' WHERE migration_id ~ '^0003'")
    assert "migration_changed" in run("check").output
    assert "(migration_changed)" in run.bad("migrate")


def test_every_reject_code_is_listed(run: Run) -> None:
    assert orjson.loads(run.good("rejects", "--json")) == dict(reject_codes())


def test_closing_tells_what_it_closed(run: Run, file: Path) -> None:
    run.good("tenant", "create", "acme")
    run.good("load", str(file), "--tenant", "acme", "--history")
    assert "closed 0 hours" in run.good("close", "--tenant", "acme")


def test_every_command_has_a_help_page(run: Run) -> None:
    names = [command.callback.__name__ for command in app.registered_commands if command.callback is not None]
    for name in names:
        assert "Usage" in run.good(name, "--help")
    assert tenant_app.registered_commands


def test_the_hub_serves_until_it_is_asked_to_stop(data_dir: Path) -> None:
    variables = environment(None, HUB_DATA_DIR=str(data_dir), HUB_API_PORT="0")
    process = subprocess.Popen(
        [*COMMAND, "up"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.split("http://")[1].split()[0]
        connection = http.client.HTTPConnection(address, timeout=10)
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 200
        connection.close()
        # Others attach to the same database meanwhile; a second one that serves is refused.
        assert hub(None, "tenant", "create", "acme", HUB_DATA_DIR=str(data_dir)).returncode == 0
        second = hub(None, "up", HUB_DATA_DIR=str(data_dir), HUB_API_PORT="0")
        assert (second.returncode, "server_in_use" in second.stderr) == (1, True)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors
