"""Exchanges made of recorded traffic: observed, and without a trace of whose account it was."""

from collections.abc import Collection, Iterator
from datetime import date
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from contracts.schema import Contract, OperationKind
from simulators.authoring.har import Recorded
from simulators.authoring.masking import Masker, Unmaskable, amount_fields
from simulators.authoring.writer import HARMLESS, ExchangeWriter, Listed, Traffic, body_of
from simulators.certify.demands import Shortfall

__all__ = ["Recording", "exchanges_of"]

ATTEMPTS = 10
"""What stands in the result by chance does not stand there again with other invented values."""


class Recording(Struct, frozen=True):
    """What was made of recorded traffic."""

    exchanges: dict[str, str]
    """By the name of its file, the text of each exchange."""
    replaced: dict[tuple[str, str], str]
    """By field and former value, what stands in its place."""
    secrets: Collection[str]
    """Former values that are never shown."""
    left_out: int
    """Calls that no operation of the contract is."""


def exchanges_of(
    contract: Contract,
    traffic: Traffic,
    chance: Random,
    today: date,
    keep: Collection[str] = (),
    cents: Collection[str] = (),
    generated: Collection[str] = (),
) -> Recording:
    """The exchanges of recorded traffic: one for each token request, one for each reading between them.

    Args:
        contract: says which calls are operations; what else was recorded is left out.
        traffic: what was recorded.
        chance: chooses the invented values; another one each time, so that nobody can undo them.
        today: stands in `source`.
        keep: names of fields whose values are harmless.
        cents: names of fields whose whole numbers are centavos.
        generated: fields that the bank makes anew each time, by name or by the end of their path (`owner.id`).

    Raises:
        Unmaskable: what was replaced stands somewhere else too, in a field that is kept.
        LookupError: the bank has no adapter.
        ValueError: none of the calls is an operation of the contract, or the adapter asks otherwise of the invented
            answers than it asked of the real ones.
    """
    listed = [(name, call) for call in traffic.calls if (name := _operation(contract, call)) is not None]
    if not listed:
        raise ValueError(f"none of {len(traffic.calls)} calls is an operation of {contract.slug}")
    amounts = set(cents).union(*(amount_fields(body_of(call)) for _, call in listed))
    for attempt in range(ATTEMPTS):
        masker = Masker(chance, HARMLESS | {*keep}, amounts)
        masker.secrets.update(traffic.people)
        writer = ExchangeWriter(contract, traffic, masker, today, generated)
        try:
            written = {
                f"recorded_{number:02}_{group[0][0]}.yaml": writer.exchange(group)
                for number, group in enumerate(_groups(contract, listed, whole=traffic.origin is not None), 1)
            }
            masker.check("\n".join(leaf for each in written.values() for leaf in _leaves(each)))
        except (Unmaskable, Shortfall) as error:
            # Other values may be found nowhere else, and other days begin another month.
            if attempt == ATTEMPTS - 1:
                raise error if isinstance(error, Unmaskable) else ValueError(str(error)) from error
            continue
        texts = {name: msgspec.yaml.encode(each).decode() for name, each in written.items()}
        return Recording(texts, masker.replaced, masker.secrets, len(traffic.calls) - len(listed))
    raise AssertionError("the last attempt returns or raises")


def _operation(contract: Contract, call: Recorded) -> str | None:
    return contract.operation_for(call.method, call.url.host, call.url.path)


def _groups(contract: Contract, listed: Listed, *, whole: bool) -> list[list[tuple[str, Recorded]]]:
    """Each token request alone, and each run of reads between two of them.

    Args:
        contract: says what asks for a token.
        listed: the calls.
        whole: whether all of them are one reading, which a token request in its middle does not end.
    """
    groups: list[list[tuple[str, Recorded]]] = []
    for name, call in listed:
        alone = contract.operations[name].kind is OperationKind.TOKEN and not (whole and len(groups) > 1)
        if not groups or alone or contract.operations[groups[-1][0][0]].kind is OperationKind.TOKEN:
            groups.append([])
        groups[-1].append((name, call))
    return groups


def _leaves(value: Any) -> Iterator[str]:
    """All texts and numbers of an exchange, and the names that are no fields of the API's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if any(character.isdecimal() for character in name):
                yield name
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)
