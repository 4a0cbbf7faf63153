"""Becomes another program that dies with its parent: `python leash.py PARENT_PID PROGRAM ARGUMENT…`.

In: the parent's process id and a command line. Out: that program, under the same process id. `process.py` starts Java
through it: a test run that is killed must not leave a broker behind. On Linux the kernel sends SIGKILL when the thread
that started us ends; elsewhere nothing does, and a broker may outlive a killed parent.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _main(parent_pid: int, command: list[str]) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent_pid:
            sys.exit(1)  # it died before the kernel knew
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
