"""Statements of any size, in a bank's own form, made from a small one of the simulated bank.

Each row of the small one is followed by pairs of copies with opposite amounts and ids of their own. A pair moves no
balance, so that all balances of the bank stay true. A page is written from bytes that are prepared once: a bank that is
slower than who reads it would be what is measured. Where each row has a balance, the simulated bank writes the large
statement itself, once.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

import httpx
from msgspec import Struct

from gateway.model import Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA
from simulators.pki import Authority
from simulators.world import Parameters
from tests.benchmarks.large_forms import FORMS, rows_of
from tests.benchmarks.truth import Truth, truth_of

__all__ = ["LargeStatement"]

NOW = datetime(2026, 11, 27, 14, tzinfo=BRASILIA)
PERIOD = Period(NOW.date() - timedelta(days=30), NOW.date() - timedelta(days=1))
SMALL = 100
"""Entries of the small statement."""
BUSINESS_DAYS = 22
KEPT_BYTES = 128 * 1024 * 1024
"""Pages are kept until they take so much; the others are written anew each time."""


class Rows(Struct, frozen=True):
    """One list of a bank, whose pages are asked for one after the other."""

    page: dict
    """The page of the small statement, without rows."""
    rows: list[tuple[bytes, bytes, bytes]]
    """Of each row of the small statement: itself, a copy that brings money and one that takes it."""
    amounts: list[Decimal]
    """Of each row of the small statement."""


class LargeStatement:
    """An account whose statement of `PERIOD` is large.

    Args:
        slug: the bank.
        entries: about so many.
        authority: signs the certificates; a new one when None.
    """

    def __init__(self, slug: str, entries: int, authority: Authority | None = None) -> None:
        self.form = FORMS[slug]
        booked = SMALL if self.form.copy else entries
        parameters = Parameters(busy_day_entries=0, entries_per_day=booked / BUSINESS_DAYS, opened_days_ago=40)
        self.harness = PureHarness(slug, NOW, parameters=parameters, authority=authority)
        ledger = self.harness.simulated.ledger
        self._small = [
            (each.date.isoformat(), each.amount)
            for each in ledger.entries(PERIOD.first, PERIOD.last + timedelta(days=1), NOW)
            if each.date in PERIOD
        ]
        self._pairs = max(0, round((entries / len(self._small) - 1) / 2)) if self.form.copy else 0
        self._lists: dict[str, Rows] = {}
        self._kept: dict[str, httpx.Response] = {}
        self.kept_bytes = 0

    @property
    def truth(self) -> Truth:
        """What its statement holds."""
        return truth_of(self._entries())

    def listed(self, requests: Iterable[httpx.Request]) -> Truth:
        """What the lists hold that these statement requests have asked for; they may have days around the period."""
        if self.form.copy is None:
            pages = [json.loads(self.answer(each).content, parse_float=Decimal) for each in requests]
            return truth_of(("", self.form.plain(row)["amount"]) for page in pages for row in rows_of(self.form, page))
        lists = [found for key in {self._key(each) for each in requests} if (found := self._lists.get(key))]
        small = truth_of(("", amount) for found in lists for amount in found.amounts)
        copies = [("", Decimal(_centavos(pair)).scaleb(-2)) for pair in range(self._pairs) for _ in range(2)]
        moved = small.moved + small.entries * truth_of(copies).moved
        return Truth(small.entries * (1 + len(copies)), moved, 0)

    def of_whole_lists(self, requests: Sequence[httpx.Request]) -> list[httpx.Request]:
        """The statement requests without those for a list that was not read to its end, but in parts of its days."""
        asked = Counter(map(self._key, requests))
        return [each for each in requests if asked[self._key(each)] >= self._pages_of(each)]

    def _pages_of(self, request: httpx.Request) -> int:
        """How many pages the list of a statement request has, where its own size divides them; else one."""
        size, found = request.url.params.get(self.form.size or ""), self._lists.get(self._key(request))
        return 1 if size is None or found is None else -(-len(found.rows) * (1 + 2 * self._pairs) // int(size))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer; its content is whole."""
        address = str(request.url)
        if request.method != "GET":
            return self._asked(request)
        if (kept := self._kept.get(address)) is not None:
            return kept
        large = self.form.copy and self.form.operation in request.url.path
        response = self._page(request) if large else self._asked(request)
        if response.is_success and self.kept_bytes + len(response.content) < KEPT_BYTES:
            self._kept[address] = response
            self.kept_bytes += len(response.content)
        return response

    def _entries(self) -> Iterator[tuple[str, Decimal]]:
        for day, amount in self._small:
            yield day, amount
            for pair in range(self._pairs):
                copied = Decimal(_centavos(pair)).scaleb(-2)
                yield day, copied
                yield day, -copied

    def _asked(self, request: httpx.Request) -> httpx.Response:
        """The simulated bank's own answer."""
        if certificate := self.harness.connector.client_certificate(self.harness.account):
            request.extensions["client_certificate"] = certificate[0]
        response = self.harness.bank.answer(request)
        response.read()
        return response

    def _key(self, request: httpx.Request) -> str:
        """What the list of a request is known by."""
        others = sorted((name, value) for name, value in request.url.params.multi_items() if name != self.form.number)
        return f"{request.url.path} {others}"

    def _page(self, request: httpx.Request) -> httpx.Response:
        form, query = self.form, request.url.params
        number = int(query.get(form.number, form.first))
        key = self._key(request)
        if (found := self._lists.get(key)) is None:
            address = request.url.copy_set_param(form.number, form.first) if form.number else request.url
            small = self._asked(httpx.Request("GET", address, headers=request.headers))
            if not small.is_success:
                return small
            found = self._lists[key] = self._rows(small.content)
        total = len(found.rows) * (1 + 2 * self._pairs)
        size = int(query.get(form.size, total)) if form.size else total
        pages = -(-total // size) if size else 1
        start = (number - form.first) * size
        if start >= total and number > form.first:
            return self._asked(request)
        page = deepcopy(found.page)
        form.announce(page, total, number, pages)
        form.add(page, len(found.rows) * sum(map(_centavos, range(self._pairs))))
        head, tail = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode().split(b'"@ROWS@"')
        rows = b",".join(islice(self._written(found.rows, start), min(size, total - start)))
        return httpx.Response(200, headers={"content-type": "application/json"}, content=b"".join((head, rows, tail)))

    def _written(self, rows: list[tuple[bytes, bytes, bytes]], start: int) -> Iterator[bytes]:
        """The rows of a list from one of them on."""
        each = 1 + 2 * self._pairs
        for place in range(start // each, len(rows)):
            row, *copies = rows[place]
            for index in range(start % each if place == start // each else 0, each):
                if index == 0:
                    yield row
                    continue
                pair, second = divmod(index - 1, 2)
                amount = self.form.amount(-_centavos(pair) if second else _centavos(pair)).encode()
                yield copies[second].replace(b"@ID@", b"%08x" % index).replace(b'"@AMOUNT@"', amount)

    def _rows(self, content: bytes) -> Rows:
        page = json.loads(content)
        rows = []
        for row in rows_of(self.form, page):
            written = [row]
            for sign in (1, -1):
                written.append(deepcopy(row))
                self.form.copy(written[-1], sign)
            rows.append(tuple(json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() for each in written))
        exact = rows_of(self.form, json.loads(content, parse_float=Decimal))
        amounts = [self.form.plain(row)["amount"] for row in exact]
        rows_of(self.form, page)[:] = ["@ROWS@"]
        return Rows(page, rows, amounts)


def _centavos(pair: int) -> int:
    """The amount of a pair, which differs from that of its neighbours."""
    return 100 + pair * 7_919 % 99_900
