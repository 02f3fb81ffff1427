"""`python -m extrato_testing.leashed LOCK MODULE ARGUMENTS…` runs a server for as long as others hold the lock.

Each process that uses the server holds a shared lock on the file `LOCK`. The system gives it up when a process ends,
however it ends; then this process gets the lock, and ends as SIGTERM ends it. No user needs to know the others.
"""

import fcntl
import os
import runpy
import signal
import sys
import threading

__all__: list[str] = []


def _end_without_users(lock: str) -> None:
    with open(lock, "rb") as file:  # noqa: PTH123 - each import costs every server some milliseconds
        fcntl.flock(file, fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait()  # the lock stays taken until the process has ended


if __name__ == "__main__":
    threading.Thread(target=_end_without_users, args=(sys.argv[1],), daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
