"""Demands on the words beside an entry's amount and day: what the bank says of it in texts and ids is not dropped.

The texts of the rows are not known by name here. So each field with texts for people in it gets a word of its own that
nobody else uses: it must stand in an entry. Where it does not, another text in its place must make another entry, as it
does where the field tells the kind.
"""

import re
import string
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from contracts.schema import OperationKind
from gateway.errors import BankFailure
from gateway.model import Entry
from simulators.certify.bench import Bench
from simulators.certify.checks.capabilities import PERIOD, everything
from simulators.certify.demands import demand
from simulators.certify.harnesses.pure import PureHarness
from simulators.faults.rows import changed, fields, value_of

__all__ = ["keeps_words"]

SENTENCE = re.compile(r"[^\W\d_]{3,} [^\W\d_]")
"""What codes, days, numbers and ids do not have: a word, a blank and another word."""
END_TO_END_ID = re.compile(r"(?<![A-Za-z0-9])[ED]\d{20}[A-Za-z0-9]{11}(?![A-Za-z0-9])")
"""The id of a Pix, or of what it gave back: the participant, the minute, and eleven characters."""
WORD = re.compile(r"[^\W_]{2,}")
FILLING = " ".join(["com outras palavras que o seguem"] * 5)
"""Makes every text longer than one that is cut off: a Pix carries 140 characters of its payer."""
OTHER = "Zqxj"
"""A word that no bank uses."""
Change = Callable[[str, str], str]
"""From the name of a field and its text to another text."""


def keeps_words(bench: Bench) -> None:
    """What the bank says of an entry in texts and ids stands in it.

    Raises:
        Shortfall: it does not.
        BankFailure: there is no statement.
    """
    harness = bench.harness(source=everything(bench.bank.kinds))
    entries = list(harness.read(PERIOD).entries)
    _demand_end_to_end_ids(harness, entries)
    _demand_notes(harness, entries)
    marks = _Marks()
    try:
        marked = _read(bench, marks.appended)
    except BankFailure:
        return  # It refuses what it does not know, and loses nothing.
    unseen = [name for name, mark in marks.by_field.items() if not any(mark in repr(entry) for entry in marked)]
    for name in unseen:
        _demand_read(bench, name, entries)


class _Marks:
    """For each field with texts, a word that nobody else uses."""

    def __init__(self) -> None:
        self.by_field: dict[str, str] = {}

    def appended(self, name: str, text: str) -> str:
        number = len(self.by_field)
        tens, ones = divmod(number, len(string.ascii_lowercase))
        mark = self.by_field.setdefault(name, f"Zq{string.ascii_lowercase[tens]}x{string.ascii_lowercase[ones]}j")
        return f"{text} {FILLING} {mark}"


def _demand_read(bench: Bench, field: str, usual: list[Entry]) -> None:
    """Demand that another text in a field whose last word is lost is refused, or makes entries of other kinds."""
    try:
        entries = _read(bench, lambda name, text: f"{OTHER} {OTHER}" if name == field else text)
    except BankFailure:
        return
    where = f"the texts in the field {field} of the rows"
    cut = f"{where} are cut off: their last words stand in no entry"
    demand(not any(OTHER in repr(entry) for entry in entries), cut)
    lost = (
        f"{where} stand in no entry, and decide nothing of one: they belong into the description, the note or the "
        "counterparty"
    )
    demand(entries != usual, lost)


def _read(bench: Bench, change: Change) -> list[Entry]:
    """The entries of a ledger with everything in it, whose rows have changed texts."""
    harness = bench.harness(source=everything(bench.bank.kinds))
    answer = harness.bank.answer

    def changing(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        shows = bench.kind_of(request) is OperationKind.STATEMENT
        return changed(response, lambda value: _change(value, change)) if shows else response

    vars(harness.bank)["answer"] = changing
    return list(harness.read(PERIOD).entries)


def _change(value: Any, change: Change) -> None:
    for row, name in _texts(value):
        row[name] = change(name, row[name])


def _texts(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for row, name in fields(value):
        if isinstance(row[name], str) and SENTENCE.search(row[name]):
            yield row, name


def _demand_notes(harness: PureHarness, entries: list[Entry]) -> None:
    """Demand that the note of an entry, which its payer has written, is made of words that the bank has sent."""
    sent = {word for call in harness.calls if call.response is not None for word in _words(value_of(call.response))}
    for entry in entries:
        invented = [word for word in WORD.findall(entry.note or "") if word not in sent]
        what = f"an entry has the note {entry.note!r}, in which the bank has not sent {', '.join(invented)}"
        demand(not invented, what)


def _words(value: Any) -> Iterator[str]:
    """All words of the texts in a JSON value; those of another body, as one text."""
    if isinstance(value, str | bytes):
        yield from WORD.findall(value if isinstance(value, str) else value.decode("utf-8", "replace"))
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words(each)


def _demand_end_to_end_ids(harness: PureHarness, entries: list[Entry]) -> None:
    sent = "\n".join(call.response.text for call in harness.calls if call.response is not None)
    given = {entry.end_to_end_id for entry in entries} - {None}
    for lost in sorted(set(END_TO_END_ID.findall(sent)) - given):
        demand(holds=False, what=f"the bank sends the end-to-end id {lost}, and no entry has it as its `end_to_end_id`")
    for other in sorted(each for each in given if each is not None and each not in sent):
        demand(holds=False, what=f"an entry has the end-to-end id {other}, which the bank has not sent")
