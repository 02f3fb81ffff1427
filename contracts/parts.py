"""Finds the class of each bank on one side: its connector, or its simulated bank.

The class of a bank of this tree stands in a module named after its slug. An installed package names its class in an
entry point under the slug. A class that does not load, or that several packages claim, is left out and stops no other
bank; no package can replace a bank of this tree.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import contracts
from contracts.packages import OWN, Quarantined, claims_of, file_of, owner_of

__all__ = ["Parts", "going_on"]


@contextmanager
def going_on(what: str) -> Iterator[None]:
    """Let code of an installed package end nothing but itself; Ctrl+C still ends the program.

    Args:
        what: it does.

    Raises:
        ImportError: it raises what is no `Exception`, as `sys.exit` does, which would end the program with any status.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ImportError(f"{what} ends the program: {error}") from error


class Parts:
    """The classes of one side, by slug.

    Args:
        package: the package with a module for each bank of this tree.
        base: the class that each of them is a subclass of.
        group: the entry point group in which installed packages name their classes.
        what: `connector` or `simulator`, for messages.
    """

    def __init__(self, package: str, base: type[Any], group: str, what: str) -> None:
        self._package = package
        self._base = base
        self._group = group
        self._what = what

    def is_own(self, slug: str) -> bool:
        """Whether this tree has both the contract and the module of a bank; other modules are not banks."""
        has_contract = slug in contracts.banks() and contracts.owner(slug) == OWN
        return has_contract and find_spec(f"{self._package}.{slug}") is not None

    def find(self, slug: str) -> type[Any]:
        """The class of a bank.

        Raises:
            LookupError: there is none, several packages claim it, or the entry point names something else.
            Exception: the import of an installed package raises it.
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

    def left_out(self, build: Callable[[type[Any], str], object]) -> list[Quarantined]:
        """The classes of installed packages that cannot be used, and the contracts without a class.

        Args:
            build: makes an object of a class for a slug; a class for which it raises is left out.
        """
        claims, sound = claims_of(self._group), contracts.banks()
        without_contract = {each.slug for each in contracts.quarantined()}.difference(sound)
        found: list[Quarantined] = []
        for slug in sorted({*claims, *sound} - without_contract):
            entries = claims.get(slug, [])
            if slug not in sound:
                found += [self._refused(entry, f"there is no contract of a bank {slug!r}") for entry in entries]
            elif len(owners := self._owners(slug, entries)) > 1:
                found += [self._refused(entry, self._several(slug, owners)) for entry in entries]
            elif not owners:
                file = str(contracts.folder(slug) / "bank.yaml")
                found.append(Quarantined(slug, contracts.owner(slug), file, self._none(slug)))
            elif entries:
                try:
                    loaded = self._loaded(entries[0])
                    with going_on(f"making a {self._what} of {slug}"):
                        build(loaded, slug)
                except Exception as error:  # noqa: BLE001 - whatever a foreign package does wrong stops no other
                    found.append(self._failed(entries[0], error))
        return found

    def failed(self, slug: str, error: Exception) -> Quarantined:
        """The class that an installed package names under a slug, left out because of what it raised."""
        return self._failed(claims_of(self._group)[slug][0], error)

    def _outside(self, slug: str) -> type[Any]:
        claims = claims_of(self._group).get(slug, [])
        if not claims:
            raise LookupError(self._none(slug))
        if len(claims) > 1:
            raise LookupError(self._several(slug, self._owners(slug, claims)))
        return self._loaded(claims[0])

    def _loaded(self, entry: EntryPoint) -> type[Any]:
        with going_on(f"importing {entry.value}"):
            loaded = entry.load()
        if not (isinstance(loaded, type) and issubclass(loaded, self._base)):
            # LookupError, because the entry point exists and there is no class of this kind behind it.
            raise LookupError(f"{entry.value} is no class of {self._what}")  # noqa: TRY004
        return loaded

    def _owners(self, slug: str, claims: list[EntryPoint]) -> list[str]:
        return sorted([*([OWN] if self.is_own(slug) else []), *map(owner_of, claims)])

    def _none(self, slug: str) -> str:
        return f"{slug} has a contract but no {self._what}"

    def _several(self, slug: str, owners: list[str]) -> str:
        return f"several packages have a {self._what} of {slug!r}: {', '.join(owners)}"

    def _refused(self, entry: EntryPoint, reason: str) -> Quarantined:
        return Quarantined(entry.name, owner_of(entry), file_of(entry.module), reason)

    def _failed(self, entry: EntryPoint, error: Exception) -> Quarantined:
        """Left out because of an error; the reason names the last line of the package in its traceback."""
        if isinstance(error, LookupError) and not isinstance(error, (KeyError, IndexError)):
            return self._refused(entry, str(error))
        folder = str(Path(file_of(entry.module.partition(".")[0])).parent)
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
        where = f" ({lines[-1].filename}, line {lines[-1].lineno})" if lines else ""
        return self._refused(entry, f"{type(error).__name__}: {error}{where}")
