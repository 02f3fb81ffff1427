"""Banks that installed packages bring: found by entry point, and put aside when something is wrong with them."""

from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

__all__ = ["GROUP", "Quarantined", "discover"]

GROUP = "extrato.contracts"


class Quarantined(Struct, frozen=True):
    """A bank of an installed package that is left out, so that all others go on."""

    slug: str
    package: str
    """Name of the distribution."""
    file: str
    """What is at fault: a file, or the name of the module where there is none."""
    reason: str


def discover(own: Mapping[str, Path]) -> tuple[dict[str, Path], list[Quarantined]]:
    """The folders of the packages' banks by slug, and what is put aside. Nothing of a package is run.

    Args:
        own: the banks that are here, which no package may replace.
    """
    claims: defaultdict[str, dict[tuple[str, str], EntryPoint]] = defaultdict(dict)
    for entry in entry_points(group=GROUP):
        claims[entry.name][_owner(entry), entry.value] = entry
    found: dict[str, Path] = {}
    aside: list[Quarantined] = []
    for slug, entries in claims.items():
        owners = [*(["extrato"] if slug in own else []), *(owner for owner, _ in entries)]
        for (owner, module), entry in entries.items():
            if len(owners) > 1:
                reason = f"several packages have a bank {slug!r}: {', '.join(sorted(owners))}"
                aside.append(Quarantined(slug, owner, module, reason))
                continue
            try:
                found[slug] = _folder(entry)
            except Exception as error:  # noqa: BLE001 - whatever a foreign package does wrong stops no other
                aside.append(Quarantined(slug, owner, module, f"{type(error).__name__}: {error}"))
    return found, aside


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "unknown"


def _folder(entry: EntryPoint) -> Path:
    """The folder of the package that an entry point names.

    Raises:
        ImportError: there is no such package, or it cannot be imported.
    """
    spec = find_spec(entry.value)
    if spec is None or spec.origin is None:
        raise ImportError(f"there is no package {entry.value}")
    return Path(spec.origin).parent
