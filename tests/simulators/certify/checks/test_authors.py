"""Mistakes of adapters that show only at a list without an end, a refusal, or in a log.

Long because each mistake has its adapter beside its test.
"""

import logging
import re
import time
from datetime import date
from importlib import import_module
from typing import ClassVar

import httpx
import msgspec
import pytest

from gateway.connectors.inter import Inter, StatementPage
from gateway.connectors.santander import NO_BALANCES, Balance, Santander
from gateway.connectors.stone import Stone
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Balances, HeldAccount
from simulators.authoring.new import files_of_package, write
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import named_checks, run_check
from simulators.certify.harnesses import pure
from simulators.certify.harnesses.zone import in_zone
from tests.packages import forget, install_project
from tests.simulators.certify.planted import ChecksNothing


def found(bank, adapter, check):
    """What a check finds of an adapter of a bank."""
    (wanted,) = named_checks(check)
    return run_check(wanted, Bench(bank, adapter), 1, 20)


class AsksUntilEmpty(ChecksNothing):
    """Takes a page without rows for the end, and looks at no row."""

    stops_at_repeated = False

    def _window(self, account, window, **more):
        number, before = 0, None
        while True:
            query = {"dataInicio": window.first.isoformat(), "dataFim": window.last.isoformat()}
            query |= {"pagina": str(number), "tamanhoPagina": str(self.page_size)}
            page = yield from self.answer("statement", account, StatementPage, query=query)
            if not page.transacoes or (self.stops_at_repeated and page == before):
                return [(0, None, 0)]
            yield page
            number, before = number + 1, page


class StopsAtRepeated(AsksUntilEmpty):
    """Takes a page that comes again for the end."""

    stops_at_repeated = True


def test_a_list_that_never_ends_is_noticed(monkeypatch):
    """It is neither read for ever nor taken for whole where it begins to repeat itself."""
    monkeypatch.setattr(pure, "MOST_REQUESTS", 50)

    endless = found("inter", AsksUntilEmpty, "loops")
    stopped = found("inter", StopsAtRepeated, "loops")

    assert "where page 1 comes again and again" in endless.shortfall
    assert "no end after 50 requests" in endless.shortfall
    assert "`RowCount`" in endless.shortfall
    assert "test_authors.py:" in endless.explanation.place
    assert "where page 1 comes again and again" in stopped.shortfall
    assert found("inter", None, "loops").shortfall == ""


class CutsFourDecimals(Inter):
    """Refuses three decimals, and cuts what is behind the cents of four."""

    def normalise(self, page):
        cents = re.compile(rb"(\.\d\d)\d\d(?!\d)")
        rows = [
            msgspec.structs.replace(row, valor=msgspec.Raw(cents.sub(rb"\1", bytes(row.valor)))) for row in page.rows
        ]
        return super().normalise(msgspec.structs.replace(page, transacoes=rows))


def test_four_decimals_are_not_cut():
    """Three may be the last digits of a thousand, and are refused for that; four are decimals."""
    assert "with four decimals in the field valor" in found("inter", CutsFourDecimals, "decimals").shortfall


def misnaming(change):
    """An adapter whose failures are named otherwise where pages do not fit."""

    class Misnaming(Inter):
        def fetch(self, account, period, today):
            try:
                return (yield from super().fetch(account, period, today))
            except IncoherentPages as failure:
                raise change(failure) from None

    return Misnaming


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            lambda failure: IncoherentPages("itau", failure.detail),
            "the failure unexpected_bank_response has the bank 'itau', it should have 'inter'",
        ),
        (
            lambda failure: BankFailure("bank_confused", bank="inter", at="statement", detail=failure.detail),
            "a failure that nobody knows: the catalogue (contracts/failures.yaml) has no 'bank_confused'",
        ),
        (
            lambda failure: BankFailure(failure.code, bank="inter", at="page", detail=failure.detail),
            "the failure unexpected_bank_response is at 'page', it should be at one of token, statement, balance",
        ),
    ],
)
def test_a_failure_is_this_bank_s_and_of_the_catalogue(change, wanted):
    """Or an operator looks for it at another bank, and the gateway does not know what to say of it."""
    short = found("inter", misnaming(change), "paging")

    assert wanted in short.shortfall
    assert "test_authors.py:" in short.explanation.place


class NeedsPresentBalance(Santander):
    """Gives no statement where the present balance, which proves nothing, does not come."""

    def fetch(self, account, period, today):
        for window in period.windows(self.window_days):
            yield from self._window(account, window)
        key = f"{account.branch.zfill(4)}.{account.number.zfill(12)}"
        told = yield from self.answer("balance", account, Balance, bank_id="90400888000142", balance_id=key)
        return Balances(reason=NO_BALANCES, available=told.available)


def test_a_present_balance_is_not_required():
    """Where nothing rests on it; the message says what to call instead."""
    short = found("santander", NeedsPresentBalance, "breaks").shortfall

    assert "from the balance call 1 on, there is no statement" in short
    assert "with `optional`" in short


def test_an_operation_that_the_contract_does_not_list_is_named():
    """And what a place of its path lacks."""

    class AsksForMore(Inter):
        def fetch(self, account, period, today):
            yield from super().fetch(account, period, today)
            yield from self.ask("present_balance", account)

    class LeavesOut(Stone):
        def identify(self, account):
            yield from self.ask("account", account)

    more = found("inter", AsksForMore, "month").shortfall
    assert "the contract of inter lists no operation 'present_balance', but token, " in more
    assert "account is asked without account_id" in found("stone", LeavesOut, "breaks").shortfall


class IdentifiesNothing(Stone):
    """Forgets to give what it has read."""

    def identify(self, account):
        yield from super().identify(account)


class RepeatsWhatWasTyped(Stone):
    """Says what was typed where the bank says nothing."""

    def identify(self, account):
        try:
            return (yield from super().identify(account))
        except BankFailure:
            return HeldAccount(number=account.number)


class HidesThatNothingCame(Stone):
    """Takes every failure for an account that is not told."""

    def identify(self, account):
        try:
            return (yield from super().identify(account))
        except BankFailure:
            return HeldAccount()


def test_an_identity_is_the_bank_s_or_a_failure():
    """What is not told is neither None nor what was typed."""
    assert (
        "`identify` gives None, it should give a `HeldAccount`" in found("stone", IdentifiesNothing, "breaks").shortfall
    )
    assert "gives the number that was typed" in found("stone", RepeatsWhatWasTyped, "breaks").shortfall
    assert "did not answer is a failure" in found("stone", HidesThatNothingCame, "breaks").shortfall
    assert found("stone", None, "breaks").shortfall == ""


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Begins a bank of a package, and gives its connector class."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def begin(slug, change=lambda text: text, **chosen):
        choices = {"auth": "api-key", "mtls": "none", "paging": "offset", "proof": "none", **chosen}
        files = files_of_package(slug, choices, date(2026, 1, 1))
        write(tmp_path, {name: change(text) if name.name == "simulator.py" else text for name, text in files.items()})
        install_project(tmp_path)
        forget()
        return getattr(import_module(f"extrato_{slug}.connector"), slug.capitalize())

    yield begin
    forget()


def opaque(text):
    """A simulated bank whose cursor has the account's number in it."""
    read = 'int(call.query.get("cursor", "-0").rpartition("-")[2])'
    told = text.replace("str(start + size) if", 'f"conta-{account.number}-{start + size}" if')
    return told.replace('self.read_number(call, "cursor", 0)', read)


def test_a_cursor_is_neither_logged_nor_told(begun):
    """It may name the account, or let others read it."""
    cursor_bank = begun("cursada", opaque, paging="cursor")

    class Logs(cursor_bank):
        def ask(self, operation, account, *, query=None, **more):
            logging.getLogger("adapter").info("page %s", (query or {}).get("cursor"))
            return super().ask(operation, account, query=query, **more)

    class Tells(cursor_bank):
        def ask(self, operation, account, *, query=None, **more):
            try:
                return (yield from super().ask(operation, account, query=query, **more))
            except BankFailure as failure:
                failure.detail += f" at {(query or {}).get('cursor')}"
                raise

    class TellsTheNext(cursor_bank):
        def decode(self, operation, response, kind):
            page = super().decode(operation, response, kind)
            if page.items and page.items[0].id in self.__dict__.setdefault("seen", set()):
                raise self.incoherent(f"the page before {page.next} came twice")
            self.seen.update(row.id for row in page.items)
            return page

    assert "of a page stands in the text of a failure" in found("cursada", TellsTheNext, "secrets").shortfall
    assert "the cursor or address of a page stands in the log" in found("cursada", Logs, "secrets").shortfall
    assert "of a page stands in the text of a failure" in found("cursada", Tells, "secrets").shortfall
    assert found("cursada", None, "secrets").shortfall == ""


def test_a_balance_is_not_required_where_rows_have_their_own(begun):
    """An adapter may ask for it where a period has no rows, and needs it nowhere else."""
    bank = begun("saldada", proof="running-balance")

    class AsksBesides(bank):
        def fetch(self, account, period, today):
            found = yield from super().fetch(account, period, today)
            yield from self.ask("balance", account)
            return found

    assert found("saldada", None, "breaks").shortfall == ""
    assert "nothing rests on the present one" in found("saldada", AsksBesides, "breaks").shortfall


def logging_of(part):
    """An adapter that logs a part of what only the bank may see."""

    class Logging(Inter):
        def auth(self, account):
            logging.getLogger("adapter").info("with %s", part(account.credentials))
            return super().auth(account)

    return Logging


@pytest.mark.parametrize(
    ("part", "secret"),
    [
        (lambda form: form["client_secret"][-20:], "client_secret"),
        (lambda form: form["client_secret"][:24], "client_secret"),
        (lambda form: form["private_key"].splitlines()[1], "private_key"),
        (lambda form: form["private_key"].splitlines()[-2], "private_key"),
    ],
    ids=["the end of a secret", "the begin of a secret", "the first line of a key", "the last line of a key"],
)
def test_a_part_of_a_secret_gives_it_away(part, secret):
    """Some characters may be shown to tell one from another, and no more."""
    assert f"{secret} stands in the log" in found("inter", logging_of(part), "secrets").shortfall
    assert found("inter", logging_of(lambda form: form["client_secret"][-4:]), "secrets").shortfall == ""


class ReadsOnePage(ChecksNothing):
    """Asks for the first page alone."""

    def _window(self, account, window, **more):
        query = {"dataInicio": window.first.isoformat(), "dataFim": window.last.isoformat()}
        query |= {"pagina": "0", "tamanhoPagina": str(self.page_size)}
        yield (yield from self.answer("statement", account, StatementPage, query=query))
        return [(0, None, 0)]


class KeepsPages(ChecksNothing):
    """Reads an account once, and gives the same pages from then on."""

    def _window(self, account, window, **more):
        pages = KEPT.setdefault((account.id, window), [])
        if pages:
            yield from pages
            return [(0, None, 0)]
        flow, reply = super()._window(account, window, **more), None
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as stop:
                return stop.value
            pages += [event] if isinstance(event, StatementPage) else []
            reply = yield event


KEPT: dict[object, list[StatementPage]] = {}


def test_pages_that_were_not_asked_for_are_the_adapter_s(monkeypatch):
    """The simulated bank is not blamed where a fault of its pages found nothing to act on."""
    monkeypatch.setattr("tests.simulators.certify.checks.test_authors.KEPT", {})

    assert "the adapter has asked for one page alone" in found("inter", ReadsOnePage, "faults").shortfall
    assert "the adapter has asked for no statement at all" in found("inter", KeepsPages, "faults").shortfall


class TakesTheMachinesZone(Inter):
    """Has been tried in Brasília alone."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield msgspec.structs.replace(movement, date=movement.booked_at.astimezone().date())


def test_the_machine_s_time_zone_is_no_fact_of_a_bank():
    """What is right on an author's machine is wrong on a server in UTC."""
    with in_zone("America/Sao_Paulo"):
        assert found("inter", TakesTheMachinesZone, "month").shortfall == ""
        assert "own time zone is Asia/Tokyo" in found("inter", TakesTheMachinesZone, "day_ends").shortfall
        zone = time.localtime().tm_zone
        assert found("inter", None, "day_ends").shortfall == ""
        assert time.localtime().tm_zone == zone


def identifying(before=lambda account: None):
    """An adapter that does something before it identifies an account."""

    class Identifying(Stone):
        def identify(self, account):
            before(account)
            return (yield from super().identify(account))

    return Identifying


class IdentifiesElsewhere(Stone):
    """Asks what the contract does not list, besides what it does."""

    def identify(self, account):
        held = yield from super().identify(account)
        yield httpx.Request("GET", "https://openbank.stone.com.br/api/v1/users", extensions={"operation": "account"})
        return held


def test_what_is_identified_is_looked_at_too():
    """It is asked with the same secrets, and under the same contract."""
    logs = identifying(lambda account: logging.getLogger("a").info("%s", account.credentials["private_key"]))

    assert "private_key stands in the log" in found("stone", logs, "secrets").shortfall
    assert (
        "the adapter asks what the contract does not list" in found("stone", IdentifiesElsewhere, "read_only").shortfall
    )


HELD: dict[str, object] = {}


class IdentifiesOnce(Stone):
    """Takes the first account that was told for every one."""

    def identify(self, account):
        if "held" not in HELD:
            HELD["held"] = yield from super().identify(account)
        return HELD["held"]


class KeepsAuth(Inter):
    """Keeps how an account proves itself, whatever it is given later."""

    def auth(self, account):
        return HELD.setdefault(account.id, super().auth(account))


def test_nothing_is_kept_of_an_account(monkeypatch):
    """Neither who it is nor the credentials that it has had."""
    monkeypatch.setitem(globals(), "HELD", {})

    assert (
        "after another account was asked for, `identify` tells that one"
        in found("stone", IdentifiesOnce, "accounts").shortfall
    )
    assert "with new credentials the account is not read" in found("inter", KeepsAuth, "accounts").shortfall


def linked(text):
    """A simulated bank that tells the whole address of the next page."""
    address = "str(call.request.url.copy_set_param('cursor', start + size)) if"
    return text.replace("str(start + size) if", address)


def test_an_address_that_the_bank_tells_leads_to_no_other_host(begun):
    """The token would go along; its parameters may be taken."""
    bank = begun("ligada", linked, paging="cursor")

    class TakesParameters(bank):
        def decode(self, operation, response, kind):
            page = super().decode(operation, response, kind)
            following = page.next and httpx.URL(page.next).params["cursor"]
            return msgspec.structs.replace(page, next=following)

    class Follows(bank):
        def _request(self, operation, account, query, headers, segments):
            request = super()._request(operation, account, query, headers, segments)
            address = (query or {}).get("cursor")
            return (
                httpx.Request("GET", address, headers=request.headers, extensions=request.extensions)
                if address
                else request
            )

    told = found("ligada", Follows, "read_only")
    assert (
        "where the bank tells an address at another host (elsewhere.example), the adapter asks there" in told.shortfall
    )
    assert found("ligada", TakesParameters, "read_only").shortfall == ""
    assert found("ligada", TakesParameters, "month").shortfall == ""


class LogsTaxIds(Inter):
    """Says for whom it reads."""

    def fetch(self, account, period, today):
        logging.getLogger("adapter").info("for %s", account.holder_tax_id)
        return super().fetch(account, period, today)


class LogsParties(Inter):
    """Says what it has read."""

    def normalise(self, page):
        for movement in super().normalise(page):
            logging.getLogger("adapter").info("row of %s", movement.counterparty and movement.counterparty.tax_id)
            yield movement


@pytest.mark.parametrize(("adapter", "whose"), [(LogsTaxIds, "the holder"), (LogsParties, "another party")])
def test_a_tax_id_is_in_no_log(adapter, whose):
    """It is personal data, and nobody looks for it there."""
    assert f"the tax id of {whose} stands in the log" in found("inter", adapter, "secrets").shortfall


class KeepsPagesInAList(Inter):
    """Has all pages that it has ever read."""

    pages: ClassVar[list[object]] = []

    def normalise(self, page):
        self.pages.append(page)
        return super().normalise(page)


def test_what_grows_with_each_reading_is_named():
    """Though no statement is another one for it."""
    told = found("inter", KeepsPagesInAList, "computing").shortfall

    assert told.startswith("the adapter keeps more in KeepsPagesInAList.pages with each reading")


class InventsNotes(Inter):
    """Writes into the note what nobody has said."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield msgspec.structs.replace(movement, note="Zxpago")


class SecretInNotes(Inter):
    """Writes into the note with what it was read."""

    def fetch(self, account, period, today):
        self.secret = account.credentials["client_secret"]
        return super().fetch(account, period, today)

    def normalise(self, page):
        for movement in super().normalise(page):
            yield msgspec.structs.replace(movement, note=self.secret)


def test_a_note_is_what_a_payer_has_written():
    """Neither a word of the adapter's own, nor a secret."""
    assert "in which the bank has not sent Zxpago" in found("inter", InventsNotes, "words").shortfall
    assert "client_secret stands in an entry" in found("inter", SecretInNotes, "secrets").shortfall


class AsksBalanceAmid(Santander):
    """Asks for the present balance before all windows are read."""

    def fetch(self, account, period, today):
        first, *others = period.windows(self.window_days)
        yield from self._window(account, first)
        key = f"{account.branch.zfill(4)}.{account.number.zfill(12)}"
        yield from self.optional(
            "balance", account, Balance, lambda told: told.available, bank_id="90400888000142", balance_id=key
        )
        for window in others:
            yield from self._window(account, window)
        return Balances(reason=NO_BALANCES)


def test_what_is_optional_is_asked_last():
    """It gets no new token, and must not take the time of what is needed."""
    assert "is asked with `optional`, and another request" in found("santander", AsksBalanceAmid, "ahead").shortfall
    assert found("santander", None, "ahead").shortfall == ""


def test_a_default_of_an_argument_outlives_a_reading_too():
    """A list there is one for all calls."""

    class Collects(Inter):
        def normalise(self, page, seen=[]):  # noqa: B006 - the mistake that is tried
            seen.append(page)
            return super().normalise(page)

    assert "Collects.normalise with each reading" in found("inter", Collects, "computing").shortfall
