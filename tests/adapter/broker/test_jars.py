"""Getting Kafka's jars: fetched once, complete or not there, and a plain word about what is missing."""

import os
import stat
import threading
from pathlib import Path

import pytest

from analytics_hub.domain.errors import Broken, TryLater
from ingest.broker.jars import KAFKA_VERSION, jars_folder, kafka_jars
from ingest.broker.java import java_program
from ingest.broker.process import open_broker
from tests.support.broker import broker_settings

WAIT_S = 180

# Stands in for Maven: notes that it was called, and copies one file as the plugin would.
COPIES = f"""#!/bin/sh
echo called >> "$(dirname "$0")/calls"
for argument in "$@"; do case $argument in -DoutputDirectory=*) into=${{argument#*=}} ;; esac; done
mkdir -p "$into"
: > "$into/kafka_2.13-{KAFKA_VERSION}.jar"
"""
FAILS = """#!/bin/sh
echo '[ERROR] central is unreachable'
exit 1
"""
HANGS = """#!/bin/sh
exec sleep 600
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(script)
    (folder / name).chmod(stat.S_IRWXU)


def calls(programs: Path) -> int:
    return len((programs / "calls").read_text().splitlines())


def test_the_jars_are_fetched_once(programs: Path, tmp_path: Path) -> None:
    put(programs, "mvn", COPIES)
    said: list[str] = []
    folders = [kafka_jars(tmp_path / "cache", WAIT_S, said.append) for _ in range(2)]
    assert folders == [jars_folder(tmp_path / "cache")] * 2
    assert (calls(programs), len(said)) == (1, 1)


def test_two_who_come_together_fetch_once(programs: Path, tmp_path: Path) -> None:
    put(programs, "mvn", COPIES)
    found: list[Path] = []
    both = [
        threading.Thread(target=lambda: found.append(kafka_jars(tmp_path / "cache", WAIT_S, lambda _: None)))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join(WAIT_S)
    assert found == [jars_folder(tmp_path / "cache")] * 2
    assert calls(programs) == 1


def test_a_failed_fetch_leaves_nothing_and_says_what_maven_said(programs: Path, tmp_path: Path) -> None:
    put(programs, "mvn", FAILS)
    with pytest.raises(Broken, match=r"kafka_not_fetched.*central is unreachable"):
        kafka_jars(tmp_path / "cache", WAIT_S, lambda _: None)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["kafka-jars.lock"]


def test_a_maven_that_hangs_is_given_up(programs: Path, tmp_path: Path) -> None:
    put(programs, "mvn", HANGS)
    with pytest.raises(TryLater, match="kafka_fetch_slow"):
        kafka_jars(tmp_path / "cache", 1.0, lambda _: None)


def test_a_maven_that_copies_nothing_is_no_success(programs: Path, tmp_path: Path) -> None:
    put(programs, "mvn", "#!/bin/sh\n")
    with pytest.raises(Broken, match="kafka_not_fetched"):
        kafka_jars(tmp_path / "cache", WAIT_S, lambda _: None)


def test_a_missing_maven_is_told_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Broken, match=r"no_maven.*apt install maven"):
        kafka_jars(tmp_path / "cache", WAIT_S, lambda _: None)


def test_a_missing_java_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(Broken, match=r"no_java.*apt install openjdk-17"),
        open_broker(broker_settings(tmp_path)),
    ):
        pass


def test_an_old_java_is_told(programs: Path) -> None:
    put(programs, "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    with pytest.raises(Broken, match=r"old_java.*is Java 11"):
        java_program()


def test_a_java_that_does_not_run_is_told(programs: Path) -> None:
    put(programs, "java", "#!/bin/sh\necho 'no runtime present' >&2\nexit 1\n")
    with pytest.raises(Broken, match=r"no_java.*no runtime present"):
        java_program()
