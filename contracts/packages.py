"""Finds the contracts of installed packages by entry point, and leaves out those that cannot be used."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

__all__ = ["GROUP", "OWN", "Quarantined", "claims_of", "discover", "file_of", "owner_of"]

GROUP = "extrato.contracts"
OWN = "extrato"
"""The distribution that owns the banks of this tree."""


class Quarantined(Struct, frozen=True):
    """A part of a bank (contract, connector or simulated bank) that cannot be used and is left out; others go on."""

    slug: str
    package: str
    """Name of the distribution; empty where none is installed."""
    file: str
    """The file that cannot be used, or the name of the module where there is none."""
    reason: str


def discover(own: Mapping[str, Path]) -> tuple[dict[str, tuple[Path, str]], list[Quarantined]]:
    """The contracts of installed packages, without running code of theirs.

    Args:
        own: the banks of this tree, which no package may replace.

    Returns:
        By slug, the folder of the contract and the distribution that owns it; and those that are left out.
    """
    found: dict[str, tuple[Path, str]] = {}
    left_out: list[Quarantined] = []
    for slug, entries in claims_of(GROUP).items():
        owners = [*([OWN] if slug in own else []), *map(owner_of, entries)]
        for entry in entries:
            owner, module = owner_of(entry), entry.value
            if len(owners) > 1:
                reason = f"several packages have a bank {slug!r}: {', '.join(sorted(owners))}"
                left_out.append(Quarantined(slug, owner, file_of(module), reason))
                continue
            try:
                found[slug] = _folder(entry), owner
            except Exception as error:  # noqa: BLE001 - whatever a foreign package does wrong stops no other
                left_out.append(Quarantined(slug, owner, module, f"{type(error).__name__}: {error}"))
    return found, left_out


def claims_of(group: str) -> dict[str, list[EntryPoint]]:
    """By slug, the entry points of a group in installed packages; one that is found twice counts once."""
    found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
    for entry in entry_points(group=group):
        found.setdefault(entry.name, {})[owner_of(entry), entry.value] = entry
    return {slug: [claims[key] for key in sorted(claims)] for slug, claims in found.items()}


def owner_of(entry: EntryPoint) -> str:
    """The name of the distribution that declares an entry point; `unknown` where it has none."""
    return entry.dist.name if entry.dist is not None else "unknown"


def file_of(module: str) -> str:
    """The file of a module, found without running it; the module's name where there is no file."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return module
    if not rest:
        return spec.origin
    place = Path(spec.origin).parent.joinpath(*rest)
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((str(file) for file in files if file.is_file()), module)


def _folder(entry: EntryPoint) -> Path:
    """The folder of the package that an entry point names.

    Raises:
        ImportError: there is no such package, or it cannot be imported.
    """
    spec = find_spec(entry.value)
    if spec is None or spec.origin is None:
        raise ImportError(f"there is no package {entry.value}")
    return Path(spec.origin).parent
