"""`hub demo` from the outside: one JSON object, exact totals, a fresh tenant each run, an API that
answers.
"""

import http.client
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil
import pytest

from tests.support.command import COMMAND, environment, hub
from tests.support.database import Database

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "azure-llm-2023"
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
ROWS = [f"2023-11-16 18:{minute:02}:00.0000000,{100 + minute},{minute}" for minute in range(10, 40)]
EXACT = {
    "events": len(ROWS),
    "input_tokens": 30 * 100 + sum(range(10, 40)),
    "output_tokens": sum(range(10, 40)),
}
MEMORY_BYTES_MAX = 500_000_000


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text("\n".join([HEADER, *ROWS]) + "\n")
    return path


def _body(done: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    body = orjson.loads(done.stdout)
    assert isinstance(body, dict)
    return body


def _checked(body: "dict[str, object]", expected: dict[str, int]) -> None:
    totals, ledger, coverage = body["totals"], body["ledger"], body["coverage"]
    assert isinstance(totals, dict)
    assert isinstance(ledger, dict)
    assert isinstance(coverage, dict)
    assert {name: totals[name] for name in expected} == expected
    assert ledger == {
        "received": expected["events"],
        "stored": expected["events"],
        "duplicate": 0,
        "rejected": 0,
        "balanced": True,
    }
    assert coverage["events"] == expected["events"]
    assert coverage["event_share"] == 1
    assert re.fullmatch(r"\d+\.\d{2,12}", str(totals["cost_usd"]))


def test_a_named_trace_gives_its_exact_totals(db: Database, trace: Path) -> None:
    _checked(_body(hub(db, "demo", "--once", "--json", "--trace", str(trace))), EXACT)


def test_a_second_run_has_a_tenant_of_its_own(db: Database, trace: Path) -> None:
    bodies = [_body(hub(db, "demo", "--once", "--json", "--trace", str(trace))) for _ in range(2)]
    assert bodies[0]["tenant"] != bodies[1]["tenant"]
    for body in bodies:
        _checked(body, EXACT)


def test_a_trace_can_keep_its_own_year(db: Database, trace: Path) -> None:
    body = _body(hub(db, "demo", "--once", "--json", "--keep-time", "--trace", str(trace)))
    assert str(body["from"]).startswith("2023-11-16T18:10:00")
    totals = body["totals"]
    assert isinstance(totals, dict)
    assert totals["events"] == EXACT["events"]


def test_people_see_cost_coverage_and_ledger(db: Database, trace: Path) -> None:
    done = hub(db, "demo", "--once", "--trace", str(trace))
    assert done.returncode == 0, done.stderr
    for words in ("Cost by model", "gpt-4o", "not recorded", "100.0% of 30", "received 30 = stored 30"):
        assert words in done.stdout


def test_json_without_once_is_refused(db: Database) -> None:
    done = hub(db, "demo", "--json")
    assert done.returncode == 1
    assert "--once" in done.stderr


def test_a_trace_that_is_not_there_is_one_line(db: Database) -> None:
    done = hub(db, "demo", "--once", "--trace", "nowhere.csv")
    assert done.returncode == 1
    assert done.stderr.strip() == "error nowhere.csv does not exist (no_such_file)"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the Azure traces are not on this machine")
def test_both_azure_traces_are_played_from_a_folder(db: Database) -> None:
    expected = {"events": 28_185, "input_tokens": 40_421_844, "output_tokens": 4_334_561}
    _checked(_body(hub(db, "demo", "--once", "--json", "--trace-dir", str(FOLDER))), expected)


class _Demo:
    """A running demo, stopped as Ctrl-C does."""

    def __init__(self, data_dir: Path, trace: Path) -> None:
        self._data_dir = data_dir
        self._process = subprocess.Popen(
            [*COMMAND, "demo", "--trace", str(trace)],
            env=environment(None, HUB_DATA_DIR=str(data_dir), HUB_API_PORT="0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.text = ""

    def until(self, words: str) -> str:
        """Read until the words have come."""
        assert self._process.stdout is not None
        while words not in self.text:
            line = self._process.stdout.readline()
            assert line, self._process.communicate()[1]
            self.text += line
        return self.text

    def memory_bytes(self) -> int:
        """Of the process and its server; memory shared between them is counted once."""
        main = psutil.Process(self._process.pid)
        # By its own folder: servers of other tests, or of another session of tests, are not its memory.
        rest = [one for one in psutil.process_iter() if str(self._data_dir) in " ".join(_command_line(one))]
        assert rest, "the server was not found"
        family = {
            process.pid: process for one in (main, *rest) for process in (one, *one.children(recursive=True))
        }
        return sum(process.memory_full_info().pss for process in family.values())

    def stop(self) -> tuple[int, str]:
        self._process.send_signal(signal.SIGINT)
        _, errors = self._process.communicate(timeout=30)
        return self._process.returncode, errors

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture
def running(data_dir: Path, trace: Path) -> Iterator[_Demo]:
    demo = _Demo(data_dir, trace)
    yield demo
    demo.kill()


def test_the_api_answers_the_printed_question_until_it_is_stopped(running: _Demo) -> None:
    text = running.until("cost_usd'")
    key = re.search(r"Bearer (\S+)'", text)
    url = re.search(r"'(http://[^']+/v1/usage[^']+)'", text)
    assert key is not None
    assert url is not None
    parts = urlsplit(url[1])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Authorization": f"Bearer {key[1]}"})
    answer = connection.getresponse()
    body = orjson.loads(answer.read())
    connection.close()
    assert answer.status == 200
    assert body["total"]["events"] == EXACT["events"]
    assert running.memory_bytes() < MEMORY_BYTES_MAX
    status, errors = running.stop()
    assert status == 0
    assert "Traceback" not in errors


def test_a_made_up_hour_takes_the_place_of_a_trace(db: Database) -> None:
    body = _body(hub(db, "demo", "--once", "--json", "--synthetic"))
    totals = body["totals"]
    assert isinstance(totals, dict)
    assert totals["events"] == 28_185
    assert totals["unpriced_events"] == 0
