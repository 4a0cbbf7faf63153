"""Kafka's jars: fetched once through Maven into a cache folder, then taken from there.

In: the cache folder and a deadline. Out: a folder that holds every jar of the broker. The folder is named after the
versions below and appears complete or not at all: Maven copies into a folder beside it, which is renamed at the end.
Two processes do not fetch at the same time; the second one waits and finds the first one's work.
"""

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from analytics_hub.domain.errors import Broken, TryLater
from analytics_hub.storage.server_locks import exclusive
from ingest.broker.java import maven_program

# 4.4.0 cannot be resolved: its kafka-tools-api is not on Maven Central (November 2026).
KAFKA_VERSION = "4.3.1"
# The broker brings log4j-core 2.25.4 and slf4j 1.7, and nothing that joins the two: without it no log is written.
ARTIFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4"),
)
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_OUTPUT_TAIL_CHARS = 1500

_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>llm-analytics-hub</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>{}</dependencies>
</project>
"""


def pom() -> str:
    """What Maven is asked for."""
    return _POM.format("".join(_DEPENDENCY.format(*artifact) for artifact in ARTIFACTS))


def jars_folder(cache_dir: Path) -> Path:
    """Where these versions are kept; it exists only when it is complete."""
    return cache_dir / f"kafka-{KAFKA_VERSION}-{hashlib.sha256(pom().encode()).hexdigest()[:8]}"


def kafka_jars(cache_dir: Path, wait_s: float, say: Callable[[str], None]) -> Path:
    """The folder with the jars, fetched when it is not there. `say` is told before a fetch begins.

    Raises Broken `no_maven` or `kafka_not_fetched`, TryLater when the deadline passes."""
    folder = jars_folder(cache_dir)
    if folder.is_dir():
        return folder
    ends_s = time.monotonic() + wait_s
    cache_dir.mkdir(parents=True, exist_ok=True)
    with exclusive(cache_dir / "kafka-jars.lock", wait_s, doing="fetching Kafka's jars into"):
        if not folder.is_dir():
            maven = maven_program()
            say(f"fetching Kafka {KAFKA_VERSION} (45 MB) through Maven into {folder}")
            _fetch(maven, folder, max(1.0, ends_s - time.monotonic()))
    return folder


def _fetch(maven: str, folder: Path, wait_s: float) -> None:
    new = Path(tempfile.mkdtemp(prefix="kafka-new-", dir=folder.parent))
    try:
        (new / "pom.xml").write_text(pom(), encoding="utf-8")
        command = [maven, "-q", "-B", "--strict-checksums", "-f", str(new / "pom.xml"), _PLUGIN]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={new / 'jars'}"]
        _run_maven(command, wait_s)
        if not list((new / "jars").glob(f"kafka_2.13-{KAFKA_VERSION}.jar")):
            raise Broken("kafka_not_fetched", "Maven reports success and has not copied Kafka's jars")
        (new / "jars").rename(folder)
    finally:
        shutil.rmtree(new)


def _run_maven(command: list[str], wait_s: float) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=wait_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TryLater(
            "kafka_fetch_slow",
            f"Maven took over {wait_s:g} s for Kafka's jars; HUB_BROKER_FETCH_S is the bound",
        ) from error
    if done.returncode != 0:
        raise Broken(
            "kafka_not_fetched",
            f"Maven could not fetch Kafka {KAFKA_VERSION}: {done.stdout.strip()[:_OUTPUT_TAIL_CHARS]}",
        )
