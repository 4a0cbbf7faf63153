"""Threads that work in a row: queues that give up when any of them fails, and one error for the caller.

In: functions to run, queues between them. Out: `put` and `get` that never outlive the run; the first error of
any stage, raised in the caller's thread. What the stages do is in `pipeline.py`.
"""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

_Item = TypeVar("_Item")
_POLL_S = 0.1  # how soon a stage notices that the others have stopped


class Stopped(Exception):  # noqa: N818  a turn between threads, never seen outside
    """Another stage has failed or finished early."""


class Stages:
    """The threads of one run: queues that end when any stage fails, and the first error."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._abort = threading.Event()
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    @property
    def asked_to_stop(self) -> bool:
        return self._stop.is_set()

    def start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._guarded, args=[work], name=f"hub-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def put(self, into: "queue.Queue[_Item]", item: _Item) -> None:
        while not self._abort.is_set():
            try:
                return into.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
        raise Stopped

    def get(self, source: "queue.Queue[_Item]", wait_s: float | None = None) -> _Item:
        """The next item. Raises queue.Empty when `wait_s` pass without one."""
        left = wait_s
        while not self._abort.is_set():
            step = _POLL_S if left is None else min(_POLL_S, left)
            try:
                return source.get(timeout=max(step, 0.0001))
            except queue.Empty:
                if left is not None:
                    left -= step
                    if left <= 0:
                        raise
        self.raise_error()
        raise Stopped

    def finish(self) -> None:
        """No stage outlives the run, but for a reader that hangs in a silent pipe."""
        self._abort.set()
        for thread in self._threads:
            thread.join(timeout=5 if thread.name != "hub-read" else 0.5)

    def raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001  it travels to the caller's thread and is raised there
            self._error = self._error or error
            self._abort.set()
