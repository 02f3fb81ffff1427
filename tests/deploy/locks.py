"""The locks of what an installation needs, made of the lock of everything.

`python -m tests.deploy.locks` writes them anew. `requirements.lock` also holds what only developers need. Each lock
here has the packages of some extras, with what they ask for, at the same versions and with the same hashes. Run it in
the environment that is installed from `requirements.lock`, because the packages themselves say what they ask for;
what we ask for stands in `pyproject.toml`.
"""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["LOCKS", "closure", "lock", "pinned"]

ROOT = Path(__file__).parent.parent.parent
OURS = "extrato"
LOCKS = {
    "build.lock": ("hatchling",),
    "runtime.lock": ("extrato[postgresql,otel,xlsx,zstd]",),
    "simulators.lock": ("extrato[postgresql,otel,xlsx,zstd,simulators]",),
}
"""Each lock, and that for which it is enough. That of the simulators is for the image with the simulated banks."""


def asked_by(name: str) -> list[Requirement]:
    """What a package asks for, its extras included."""
    if name != OURS:
        return [Requirement(each) for each in requires(name) or ()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].items()
    return [
        *map(Requirement, project["dependencies"]),
        *(Requirement(_of(extra, each)) for extra, those in extras for each in those),
    ]


def _of(extra: str, requirement: str) -> str:
    """A requirement that an extra asks for; it may have a marker already."""
    return f"{requirement} {'and' if ';' in requirement else ';'} extra == '{extra}'"


def pinned(text: str) -> dict[str, str]:
    """The parts of a lock: each package's name, and its lines with version and hashes."""
    parts = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    return {canonicalize_name(part.partition("==")[0]): part.strip() for part in parts}


def closure(*wanted: str) -> set[str]:
    """The names of all packages that these ask for, directly or not, on this machine; our own is left out."""
    names: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(each) for each in wanted]
    while waiting:
        one = waiting.pop()
        for extra in ("", *one.extras):
            if (one.name, extra) in seen:
                continue
            seen.add((one.name, extra))
            names.add(canonicalize_name(one.name))
            asked = asked_by(one.name)
            waiting += [each for each in asked if each.marker is None or each.marker.evaluate({"extra": extra})]
    return names - {OURS}


def lock(parts: dict[str, str], *wanted: str) -> str:
    """The lock of these.

    Args:
        parts: as `pinned` gives them.
        wanted: as one writes them for pip.

    Raises:
        KeyError: something that is asked for is not pinned.
    """
    return "\n".join(parts[name] for name in sorted(closure(*wanted))) + "\n"


if __name__ == "__main__":
    everything = pinned((ROOT / "requirements.lock").read_text())
    for name, wanted in LOCKS.items():
        (ROOT / "deploy" / name).write_text(lock(everything, *wanted))
