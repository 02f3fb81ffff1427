"""The classes that play one side of the banks: a module of a package here for each, or one that a package names.

An installed package names its class in an entry point group, under the bank's slug. A class that does not load, or has
several owners, is put aside and stops no other; a bank that is here is nobody else's.
"""

import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import contracts
from contracts.packages import OWN, Quarantined, file_of, owner_of

__all__ = ["Parts"]


class Parts:
    """One side of the banks.

    Args:
        package: name of the package that has a module for each bank that is here.
        base: what the class of a bank is a subclass of.
        group: the entry point group in which other packages name their classes.
        what: `connector`, `simulator`; for messages.
    """

    def __init__(self, package: str, base: type[Any], group: str, what: str) -> None:
        self._package = package
        self._base = base
        self._group = group
        self._what = what

    def is_own(self, slug: str) -> bool:
        """Whether contract and module of a bank are here; a module of another meaning is no bank's."""
        known = slug in contracts.banks() and contracts.owner(slug) == OWN
        return known and find_spec(f"{self._package}.{slug}") is not None

    def find(self, slug: str) -> type[Any]:
        """The class of a bank.

        Raises:
            LookupError: there is none, several packages have one, or what is named is something else.
            Exception: whatever importing another package raises.
        """
        if not self.is_own(slug):
            return self._outside(slug)
        module = import_module(f"{self._package}.{slug}")
        classes = [
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, self._base) and value.__module__ == module.__name__
        ]
        if len(classes) != 1:
            place = f"{self._package.replace('.', '/')}/{slug}.py"
            raise LookupError(f"{place} must define exactly one {self._what}, it defines {len(classes)}")
        return classes[0]

    def aside(self, attempt: Callable[[type[Any], str], object]) -> list[Quarantined]:
        """The classes that other packages name and nobody can use, and the contracts without one.

        Args:
            attempt: makes something of a class and a slug, so that one which cannot be made is noticed.
        """
        claims, sound = self._claims(), contracts.banks()
        spoilt = {each.slug for each in contracts.quarantined()}.difference(sound)
        found: list[Quarantined] = []
        for slug in sorted({*claims, *sound} - spoilt):
            mine = claims.get(slug, [])
            if slug not in sound:
                found += [self._refused(entry, f"there is no contract of a bank {slug!r}") for entry in mine]
            elif len(owners := self._owners(slug, mine)) > 1:
                found += [self._refused(entry, self._several(slug, owners)) for entry in mine]
            elif not owners:
                file = str(contracts.folder(slug) / "bank.yaml")
                found.append(Quarantined(slug, contracts.owner(slug), file, self._none(slug)))
            elif mine:
                try:
                    attempt(self._loaded(mine[0]), slug)
                except Exception as error:  # noqa: BLE001 - whatever a foreign package does wrong stops no other
                    found.append(self._blamed(mine[0], error))
        return found

    def blamed(self, slug: str, error: Exception) -> Quarantined:
        """The class that the one package names under a slug, put aside for what it raised: with its file."""
        return self._blamed(self._claims()[slug][0], error)

    def _outside(self, slug: str) -> type[Any]:
        claims = self._claims().get(slug, [])
        if not claims:
            raise LookupError(self._none(slug))
        if len(claims) > 1:
            raise LookupError(self._several(slug, self._owners(slug, claims)))
        return self._loaded(claims[0])

    def _loaded(self, entry: EntryPoint) -> type[Any]:
        try:
            loaded = entry.load()
        except SystemExit as error:
            raise ImportError(f"importing {entry.value} ends the program: {error}") from error
        if not (isinstance(loaded, type) and issubclass(loaded, self._base)):
            # Something was found, and it is not what was looked for.
            raise LookupError(f"{entry.value} is no class of {self._what}")  # noqa: TRY004
        return loaded

    def _claims(self) -> dict[str, list[EntryPoint]]:
        """What packages name, by slug; a package that is found twice claims once."""
        found: dict[str, dict[tuple[str, str], EntryPoint]] = {}
        for entry in entry_points(group=self._group):
            found.setdefault(entry.name, {})[owner_of(entry), entry.value] = entry
        return {slug: [claims[key] for key in sorted(claims)] for slug, claims in found.items()}

    def _owners(self, slug: str, claims: list[EntryPoint]) -> list[str]:
        return sorted([*([OWN] if self.is_own(slug) else []), *map(owner_of, claims)])

    def _none(self, slug: str) -> str:
        return f"{slug} has a contract but no {self._what}"

    def _several(self, slug: str, owners: list[str]) -> str:
        return f"several packages have a {self._what} of {slug!r}: {', '.join(owners)}"

    def _refused(self, entry: EntryPoint, reason: str) -> Quarantined:
        return Quarantined(entry.name, owner_of(entry), file_of(entry.module), reason)

    def _blamed(self, entry: EntryPoint, error: Exception) -> Quarantined:
        """Put aside for what was raised; the text has the line of the package where it was, if there is one."""
        if isinstance(error, LookupError) and not isinstance(error, (KeyError, IndexError)):
            return self._refused(entry, str(error))
        folder = str(Path(file_of(entry.module.partition(".")[0])).parent)
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
        where = f" ({lines[-1].filename}, line {lines[-1].lineno})" if lines else ""
        return self._refused(entry, f"{type(error).__name__}: {error}{where}")
