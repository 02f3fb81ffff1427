"""What a process uses: processor time and memory; and what the numbers were measured with."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["machine", "memory_peak", "processor_seconds", "resident", "restart_memory_peak"]

MEASURED_WITH = ("litestar", "msgspec", "httpx", "uvicorn", "uvloop", "sqlalchemy", "cryptography")
KIBIBYTES = 1024


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used, in all its threads, to the microsecond."""
    # The clock that `clock_getcpuclockid(3)` gives for a process; /proc counts in hundredths of a second.
    return time.clock_gettime(~pid << 3 | 2)


def resident(pid: int) -> float:
    """Memory that a process has now, in MiB."""
    return _status(pid, "VmRSS")


def memory_peak(pid: int) -> float:
    """The most memory that a process has had, in MiB, since its start or since `restart_memory_peak`."""
    return _status(pid, "VmHWM")


def restart_memory_peak(pid: int) -> None:
    """Forget how much memory a process has had before."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def machine() -> dict[str, Any]:
    """The machine, the versions and the instant."""
    model = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "processor": model[0] if model else platform.machine(),
            "cores": os.cpu_count(),
            "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
            "load": os.getloadavg()[0],
            "system": platform.platform(),
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in MEASURED_WITH},
    }


def _status(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / KIBIBYTES
