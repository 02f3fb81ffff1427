"""The places in a bank's files at which an author has still to fill something in: lines with the words FILL IN."""

import inspect
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

import contracts
from simulators.banks import bank_class

__all__ = ["MARK", "OpenPlace", "files_of_class", "open_places", "places_in", "written_in"]

MARK = "FILL IN"
SUFFIXES = frozenset({".py", ".yaml", ".md"})


class OpenPlace(Struct, frozen=True):
    """One line that is still an example."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def places_in(files: Iterable[Path]) -> list[OpenPlace]:
    """The open places of these files, and of all files in these folders, in order."""
    found = []
    for each in files:
        for file in sorted(each.rglob("*")) if each.is_dir() else [each]:
            if file.suffix in SUFFIXES and file.is_file():
                lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
                found += [OpenPlace(file, number, text.strip()) for number, text in lines if MARK in text]
    return found


def open_places(slug: str, *classes: type[object]) -> list[OpenPlace]:
    """The open places of a bank: of its contract, its simulated bank, and the files of further classes.

    Raises:
        KeyError: there is no such bank.
        LookupError: it has no simulated bank.
    """
    folder = contracts.folder(slug)
    files = dict.fromkeys(file for each in (bank_class(slug), *classes) for file in written_in(each))
    return places_in([folder, *(file for file in files if not file.is_relative_to(folder))])


def written_in(kind: type[object]) -> list[Path]:
    """The files in which a class of a bank is written.

    A simulated bank may have two classes of the same name: one plays what goes beyond the contract.
    """
    own = (each for each in kind.__mro__ if each.__name__ == kind.__name__)
    return [file for each in own for file in files_of_class(each)]


def files_of_class(kind: type[object]) -> list[Path]:
    """The file of a class, and the module of its rows, if there is one: of the same name, in the folder `rows`."""
    file = inspect.getsourcefile(kind)
    if file is None:
        return []
    own = Path(file)
    return [each for each in (own, own.parent / "rows" / own.name) if each == own or each.is_file()]
