"""One broker process: format, start, stop, and the ways to die that tests need.

In: `BrokerSettings`. Out: `Broker`, started and answering.

    with open_broker(settings.broker) as broker:
        ensure_topics(broker.bootstrap_servers, ["llm-events"], 6, wait_s=30)

What is where: the jars come from `jars.py`, the files from `config.py`. A broker keeps its directory, its cluster id
and its port from start to start, so clients find it again. It dies with the thread that started it (`leash.py`).
"""

import base64
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics_hub.domain.errors import Broken, Conflict, TryLater
from analytics_hub.settings import BrokerSettings
from analytics_hub.storage.server_locks import FileLock
from ingest.broker import leash
from ingest.broker.config import HOST, BrokerFiles, broker_files, write_config
from ingest.broker.jars import kafka_jars
from ingest.broker.java import java_program
from ingest.broker.ports import free_port, port_or_free
from ingest.kafka.topics import admin_client, cluster_id

_POLL_S = 0.05
_KILL_S = 10  # the kernel takes a killed process away in milliseconds
_LOG_TAIL_CHARS = 2000


class Broker:
    """A broker in one directory on one port, running or not. Made by `open_broker`."""

    def __init__(
        self, settings: BrokerSettings, files: BrokerFiles, java: str, jars: Path, lock: FileLock
    ) -> None:
        self._settings = settings
        self._java = java
        self._jars = jars
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self.files = files
        self.port = port_or_free(settings.port)

    @property
    def bootstrap_servers(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id, None when it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Starts it, or starts it again with what it had, and waits until it answers.

        Raises Broken with the end of its log when it dies, TryLater when the deadline passes."""
        if self.pid is not None:
            raise Conflict("broker_runs", f"the broker in {self.files.directory} runs already")
        ends_s = time.monotonic() + self._settings.start_s
        write_config(self.files, port_or_free(self.port), free_port())
        if not self.files.formatted:
            self._format()
        on_leash = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid())]
        with self.files.console_log.open("wb") as console:
            self._process = subprocess.Popen(
                [
                    *on_leash,
                    *self._command("kafka.Kafka", self._settings.quick_start),
                    str(self.files.properties),
                ],
                cwd=self.files.directory,  # a JVM that crashes leaves its report where it stands
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                pass_fds=[self._lock.fileno()],  # held until the broker is gone too
                process_group=0,  # Ctrl-C is for us: we stop it in order
            )
        try:
            self._await_answer(ends_s)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """A clean stop; a kill when that takes too long. Nothing to do when it does not run."""
        if self._process is None:
            return
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(self._settings.stop_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As kill -9: nothing is tidied up."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(_KILL_S)

    def freeze(self) -> None:
        """It stands still and keeps its connections, as a machine that swaps or is paused."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and self._process is not None:
            self._process.send_signal(number)

    def _command(self, main_class: str, quick_start: bool) -> list[str]:
        # Serial: the quickest to start and the smallest of the collectors, for a heap of this size.
        heap = f"{self._settings.heap_mb}m"
        command = [self._java, f"-Xmx{heap}", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        # The second compiler earns its keep after minutes under load; most of a start is its work.
        command += ["-XX:TieredStopAtLevel=1"] if quick_start else []
        return [
            *command,
            f"-Dlog4j2.configurationFile={self.files.log4j}",
            "-cp",
            f"{self._jars}/*",
            main_class,
        ]

    def _format(self) -> None:
        done = self._run_tool("format", "--ignore-formatted", f"--cluster-id={new_cluster_id()}")
        if done.returncode != 0 or not self.files.formatted:
            said = (done.stdout + done.stderr).strip()[-_LOG_TAIL_CHARS:]
            raise Broken("broker_not_formatted", f"{self.files.log_dirs} could not be formatted: {said}")

    def _run_tool(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self._command("kafka.tools.StorageTool", quick_start=True), verb, *arguments]
        try:
            return subprocess.run(
                [*command, "-c", str(self.files.properties)],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=self._settings.start_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TryLater(
                "broker_slow", f"formatting {self.files.log_dirs} took over {self._settings.start_s:g} s"
            ) from error

    def _await_answer(self, ends_s: float) -> None:
        """Until it is our broker that answers on the port, not a stranger's."""
        admin = admin_client(self.bootstrap_servers)
        wanted = _cluster_id_of(self.files)
        while True:
            if self.pid is None:
                raise Broken(
                    "broker_died",
                    f"the broker in {self.files.directory} did not start: {_log_tail(self.files)}",
                )
            if cluster_id(admin, 1.0) == wanted:
                return
            if time.monotonic() >= ends_s:
                raise TryLater(
                    "broker_slow",
                    f"the broker in {self.files.directory} does not answer within "
                    f"{self._settings.start_s:g} s: {_log_tail(self.files)}",
                )
            time.sleep(_POLL_S)


@contextmanager
def open_broker(settings: BrokerSettings, say: Callable[[str], None] = lambda _: None) -> Iterator[Broker]:
    """A running broker, stopped at the end. `say` is told before something that takes long.

    Raises Conflict when another process has a broker in the directory or listens on the port."""
    java = java_program()
    jars = kafka_jars(settings.cache_path, settings.fetch_s, say)
    files = broker_files(settings.data_dir)
    lock = FileLock(files.lock)
    try:
        if not lock.try_exclusive():
            raise Conflict(
                "broker_in_use", f"process {lock.signed_by()} already runs a broker in {files.directory}"
            )
        lock.sign()
        broker = Broker(settings, files, java, jars, lock)
        try:
            broker.start()
            yield broker
        finally:
            broker.stop()
    finally:
        lock.close()


def new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _cluster_id_of(files: BrokerFiles) -> str:
    found = re.search(r"^cluster\.id=(\S+)$", (files.log_dirs / "meta.properties").read_text(), re.MULTILINE)
    if found is None:
        raise Broken("broker_not_formatted", f"{files.log_dirs}/meta.properties names no cluster")
    return found[1]


def _log_tail(files: BrokerFiles) -> str:
    """The end of what it said, for an error message."""
    texts = [
        path.read_text(errors="replace") for path in (files.server_log, files.console_log) if path.exists()
    ]
    return "\n".join(text[-_LOG_TAIL_CHARS:] for text in texts).strip() or "it has logged nothing"
