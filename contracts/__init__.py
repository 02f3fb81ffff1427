"""What the banks promise: facts with evidence, exchanges, and the failure catalogue.

This package imports neither the gateway nor the simulators, and its only I/O is reading contract files. Both sides are
checked against it, so that a mistake which one of them makes is not confirmed by the other.

A bank is a folder `banks/<slug>/` here, or a package of the same form that an installed distribution names in the
entry point group `extrato.contracts`.
"""

from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec

from contracts.advice import Help, faults_of
from contracts.catalogue import Catalogue
from contracts.consistency import contradictions_of
from contracts.exchange import Exchange
from contracts.locating import located, place_of, where_wrong
from contracts.packages import OWN, Quarantined, discover
from contracts.schema import Contract, ContractError

__all__ = [
    "Catalogue",
    "Contract",
    "ContractError",
    "Exchange",
    "Help",
    "Quarantined",
    "banks",
    "exchanges",
    "failures",
    "folder",
    "help_texts",
    "load",
    "owner",
    "quarantined",
]

T = TypeVar("T")

HERE = Path(__file__).parent

ONE_AT_A_TIME = Lock()
"""Held while a file is decoded: msgspec describes a type to itself at its first use, and two threads that begin with
one type at the same moment end the process."""


@cache
def _found() -> tuple[dict[str, tuple[Path, str]], tuple[Quarantined, ...]]:
    """By slug the folder of each bank's contract and the package that owns it; and the contracts that are left out."""
    own = {path.parent.name: path.parent for path in (HERE / "banks").glob("*/bank.yaml")}
    outside, left_out = discover(own)
    found = {slug: (place, OWN) for slug, place in own.items()}
    for slug, (place, owner) in outside.items():
        file = place / "bank.yaml"
        try:
            if wrong := contradictions_of(_contract(slug, file), failures()):
                raise ContractError("; ".join(located(file, each) for each in wrong))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a foreign package stops no other
            reason = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
            left_out.append(Quarantined(slug, owner, str(file), reason))
        else:
            found[slug] = place, owner
    return dict(sorted(found.items())), tuple(left_out)


def quarantined() -> tuple[Quarantined, ...]:
    """The contracts of installed packages that are left out because something is wrong with them."""
    return _found()[1]


def banks() -> tuple[str, ...]:
    """The slugs of all banks that have a contract, in alphabetical order."""
    return tuple(_found()[0])


def folder(slug: str) -> Path:
    """The folder of a bank's contract.

    Raises:
        KeyError: there is no such bank.
    """
    return _found()[0][slug][0]


def owner(slug: str) -> str:
    """The name of the distribution that owns a bank's contract; `packages.OWN` for a bank of this tree.

    Raises:
        KeyError: there is no such bank.
    """
    return _found()[0][slug][1]


@cache
def load(slug: str) -> Contract:
    """The contract of a bank.

    Raises:
        KeyError: there is no such bank.
        ContractError: its bank.yaml does not satisfy the schema, or contradicts itself.
    """
    return _contract(slug, folder(slug) / "bank.yaml")


def _contract(slug: str, file: Path) -> Contract:
    contract = read(file, Contract)
    if contract.slug != slug:
        raise ContractError(f"{place_of(file, 'slug')}: slug is {contract.slug!r}, the folder is {slug!r}")
    required = {field.name for field in contract.enrolment.fields if field.required}
    if missing := [name for name in contract.authentication.client_fields if name not in required]:
        place = place_of(file, "authentication.client_fields")
        why = "which the form does not ask of everybody: among enrolment.fields there is no such field that is required"
        raise ContractError(f"{place}: client_fields names {missing[0]}, {why}")
    return contract


@cache
def exchanges(slug: str) -> dict[str, Exchange]:
    """The exchanges of a bank, by file name without suffix.

    Raises:
        KeyError: there is no such bank.
        ContractError: an exchange does not satisfy the schema.
    """
    return {path.stem: read(path, Exchange) for path in sorted((folder(slug) / "exchanges").glob("*.yaml"))}


@cache
def failures() -> Catalogue:
    """The failure catalogue.

    Raises:
        ContractError: failures.yaml does not satisfy the schema.
    """
    return read(HERE / "failures.yaml", Catalogue)


@cache
def help_texts() -> Help:
    """What help pages say of each code beyond the facts.

    Raises:
        ContractError: help.yaml does not satisfy the schema, or does not fit the catalogue.
    """
    file = HERE / "help.yaml"
    texts = read(file, Help)
    if wrong := faults_of(texts, failures()):
        raise ContractError(f"{file}: {'; '.join(wrong)}")
    return texts


def read(path: Path, kind: type[T]) -> T:
    """One contract file as its struct.

    Raises:
        ContractError: the file does not satisfy the schema; the text names the file, the line and the key.
    """
    try:
        with ONE_AT_A_TIME:
            return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ContractError(f"{place_of(path, where_wrong(str(error)))}: {error}") from error
