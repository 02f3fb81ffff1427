"""Adapters of Inter with one error each, as people make them."""

import contextlib
import socket
import sys
from datetime import date, timedelta
from decimal import Decimal
from time import sleep

import httpx
import structlog
from msgspec.structs import replace

from gateway.connectors.inter import Inter, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BalanceAt, Balances, Period

__all__ = ["PLANTED"]


class WrongSign(Inter):
    """Takes every amount as a credit."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, amount=abs(movement.amount))


class ChecksNothing(Inter):
    """Reads `pages_short` pages less than there are, and checks no count."""

    pages_short = 0

    def _window(self, account, window, **more):
        number = 0
        while True:
            query = {
                "dataInicio": window.first.isoformat(),
                "dataFim": window.last.isoformat(),
                "pagina": str(number),
                "tamanhoPagina": str(self.page_size),
            }
            response = yield from self.ask("statement", account, query=query)
            page = self.decode("statement", response, StatementPage)
            yield page
            number += 1
            if number >= (page.totalPaginas or 1) - self.pages_short:
                return [(0, None, Decimal(0))]


class LostLastPage(ChecksNothing):
    """Stops one page too early."""

    pages_short = 1


class MergedTwins(Inter):
    """Knows an entry by its content, so that two equal payments are one."""

    def normalise(self, page):
        seen = set()
        for movement in super().normalise(page):
            content = movement.date, movement.amount, movement.description
            if content not in seen:
                seen.add(content)
                yield movement


class DayOff(Inter):
    """Takes local times for UTC."""

    def normalise(self, page):
        for movement in super().normalise(page):
            moved = movement.booked_at - timedelta(hours=3)
            yield replace(movement, date=moved.date())


class FloatMoney(Inter):
    """Sends money through a float."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, amount=Decimal(float(movement.amount)))


class TokenPerRequest(Inter):
    """Asks for a token before each request."""

    def auth(self, account):
        auth = super().auth(account)
        obtain = auth.obtain

        def impatient(previous, now):
            token = yield from obtain(previous, now)
            return replace(token, renew_at=now)

        auth.obtain = impatient
        return auth


class Writes(Inter):
    """Sends a payment on the way."""

    def fetch(self, account, period, today):
        yield httpx.Request(
            "POST",
            f"https://{self.contract.host('api')}/banking/v2/pix",
            json={"valor": "0.01"},
            extensions={"operation": "statement"},
        )
        return (yield from super().fetch(account, period, today))


class IgnoresWindows(Inter):
    """Asks for any period at once."""

    def fetch(self, account, period, today):
        yield from self._window(account, Period(period.first, period.last), adds=False, last=period.last)
        return Balances()


class FloatText(Inter):
    """Sends money through a float and its shortest text."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, amount=Decimal(str(float(movement.amount))))


class IdsThrownAway(Inter):
    """Drops the bank's ids, though the contract says that there are some."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, bank_id=None)


class UnreadableDay(Inter):
    """Reads days in the American order."""

    def normalise(self, page):
        for movement in super().normalise(page):
            day, month, year = movement.date.strftime("%d/%m/%Y").split("/")
            yield replace(movement, date=date(int(year), int(day), int(month)))


class MovesIntoPeriod(ChecksNothing):
    """Takes whatever comes for an entry of the period, on its first or last day at the outside."""

    def fetch(self, account, period, today):
        self.asked = period
        return super().fetch(account, period, today)

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, date=min(max(movement.date, self.asked.first), self.asked.last))


class SkipsUnreadable(ChecksNothing):
    """Goes on without the rows that it cannot read."""

    def normalise(self, page):
        with contextlib.suppress(ValueError):
            yield from super().normalise(page)


class Endless(Inter):
    """Begins again with the first page."""

    def fetch(self, account, period, today):
        while True:
            yield from super().fetch(account, period, today)


class Silent(Inter):
    """Looks for something in an answer that is never there, and asks nothing more."""

    def normalise(self, page):
        while not getattr(page, "absent", False):
            pass
        yield from super().normalise(page)


class SecretInUrl(Inter):
    """Sends a secret where every proxy writes it down."""

    def ask(self, operation, account, *, query=None, **more):
        secret = account.credentials["client_secret"]
        return super().ask(operation, account, query={**(query or {}), "segredo": secret}, **more)


class SecretInText(Inter):
    """Says in its failures with what it tried."""

    def fetch(self, account, period, today):
        try:
            return (yield from super().fetch(account, period, today))
        except BankFailure as failure:
            detail = f"refused to {account.credentials['client_secret']}"
            raise BankFailure(failure.code, bank=failure.bank, at=failure.at, detail=detail) from None


class SecretInLog(Inter):
    """Logs what it sends."""

    def fetch(self, account, period, today):
        structlog.get_logger("adapter").info("reading", secret=account.credentials["client_secret"])
        return super().fetch(account, period, today)


def dropping(field, empty=None):
    """Reads all but one field of a row."""

    class Dropping(Inter):
        def normalise(self, page):
            for movement in super().normalise(page):
                yield replace(movement, **{field: empty})

    return Dropping


class HalfTheInstants(Inter):
    """Reads the instant of credits alone."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield movement if movement.amount > 0 else replace(movement, booked_at=None)


class NoBalances(Inter):
    """Asks for no balance."""

    def fetch(self, account, period, today):
        yield from super().fetch(account, period, today)
        return Balances(reason="never asked for")


class WrongField(Inter):
    """Asks by a name that the bank does not know, as a simulator of the same author might accept."""

    def ask(self, operation, account, *, query=None, **more):
        renamed = {{"dataInicio": "dataInicial"}.get(name, name): value for name, value in (query or {}).items()}
        return super().ask(operation, account, query=renamed, **more)


class OpensInside(Inter):
    """Gives the opening balance for a day of the period."""

    def fetch(self, account, period, today):
        balances = yield from super().fetch(account, period, today)
        return replace(balances, opening=BalanceAt(period.first, balances.opening.amount))


class Prints(Inter):
    """Prints what it sends."""

    def fetch(self, account, period, today):
        print("reading", account.credentials["client_secret"])  # noqa: T201
        return super().fetch(account, period, today)


class Remembers(Inter):
    """Takes the first account that it has seen for every one."""

    first = None

    def auth(self, account):
        type(self).first = self.first or account
        return super().auth(self.first)


class Sleeps(Inter):
    """Waits between requests."""

    def ask(self, *arguments, **more):
        sleep(0.001)
        return super().ask(*arguments, **more)


class Connects(Inter):
    """Asks somebody else on the way, and goes on when nobody is there."""

    def fetch(self, account, period, today):
        with contextlib.suppress(Exception), socket.socket() as connection:
            connection.connect(("127.0.0.1", 9))
        return super().fetch(account, period, today)


class AsksForTomorrow(Inter):
    """Takes the end of the period for exclusive."""

    def ask(self, operation, account, *, query=None, **more):
        query = dict(query or {})
        if "dataFim" in query:
            query["dataFim"] = (date.fromisoformat(query["dataFim"]) + timedelta(days=1)).isoformat()
        return super().ask(operation, account, query=query, **more)


class TriesAgain(Inter):
    """Repeats what was refused."""

    def ask(self, *arguments, **more):
        try:
            return (yield from super().ask(*arguments, **more))
        except BankFailure:
            return (yield from super().ask(*arguments, **more))


class TakesNotFoundForEmpty(Inter):
    """Finds nothing where the bank says that there is nothing of the kind."""

    def fetch(self, account, period, today):
        try:
            return (yield from super().fetch(account, period, today))
        except BankFailure as failure:
            if failure.bank_error is not None and failure.bank_error.status == httpx.codes.NOT_FOUND:
                return Balances()
            raise


class Stops(Inter):
    """Ends the program."""

    def normalise(self, page):
        sys.exit(0)


class ProvesWithWrongSign(WrongSign):
    """Finds by its own sums that something is wrong, and cannot know what."""

    def fetch(self, account, period, today):
        yield from super().fetch(account, period, today)
        raise IncoherentPages("inter", "the entries do not lead to the balance")


class EndlessMovements(Inter):
    """Hands over the same movements for ever."""

    def normalise(self, page):
        while page.transacoes:
            yield from super().normalise(page)


class EndlessPages(Inter):
    """Hands over the same page for ever."""

    def fetch(self, account, period, today):
        yield from super().fetch(account, period, today)
        while True:
            yield StatementPage(transacoes=[])


class TakesUnauthorizedForEmpty(Inter):
    """Finds nothing where the bank refuses the token for good."""

    def fetch(self, account, period, today):
        try:
            return (yield from super().fetch(account, period, today))
        except BankFailure as failure:
            if failure.bank_error is not None and failure.bank_error.status == httpx.codes.UNAUTHORIZED:
                return Balances()
            raise


class TakesNothingForEmpty(Inter):
    """Finds no rows in an answer that has nothing in it."""

    def decode(self, operation, response, kind):
        if response.content == b"{}":
            return StatementPage(transacoes=[], totalElementos=0, totalPaginas=1)
        return super().decode(operation, response, kind)

    def fetch(self, account, period, today):
        balances = yield from super().fetch(account, period, today)
        return replace(balances, opening=None, closing=None, contradictions=(), reason="none is known")


class TakesToday(ChecksNothing):
    """Dates a row whose day it cannot read today, where that is asked for."""

    def fetch(self, account, period, today):
        self.today = today.isoformat() if today in period else None
        return super().fetch(account, period, today)

    def normalise(self, page):
        for row in page.rows:
            try:
                yield from super().normalise(replace(page, transacoes=[row]))
            except ValueError:
                if self.today is None:
                    raise
                dated = replace(row, dataTransacao=self.today, dataInclusao=None, dataEntrada=None)
                yield from super().normalise(replace(page, transacoes=[dated]))


class NoPartyBank(Inter):
    """Leaves out at which institution the other party is."""

    def normalise(self, page):
        for movement in super().normalise(page):
            party = movement.counterparty
            known = party and replace(party, bank=None, ispb=None, bank_name=None)
            yield replace(movement, counterparty=known)


class AsksPagesTwice(Inter):
    """Asks for each page after the first a second time."""

    def ask(self, operation, account, *, query=None, **more):
        if query and query.get("pagina", "0") != "0":
            yield from super().ask(operation, account, query=query, **more)
        return (yield from super().ask(operation, account, query=query, **more))


class CutsTexts(Inter):
    """Has room for so many characters."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, description=movement.description[:22])


class OtherEndToEndId(Inter):
    """Writes ids in capitals, as they are not."""

    def normalise(self, page):
        for movement in super().normalise(page):
            written = movement.end_to_end_id
            yield replace(movement, end_to_end_id=written and written[:-1] + "Z")


PLANTED = {
    "later pages asked for twice": (AsksPagesTwice, "no_repetition"),
    "401 taken for empty": (TakesUnauthorizedForEmpty, "statuses"),
    "an empty object taken for empty": (TakesNothingForEmpty, "rubbish"),
    "unreadable day taken for today": (TakesToday, "rows"),
    "no bank of the party": (NoPartyBank, "words"),
    "texts cut off": (CutsTexts, "words"),
    "no end-to-end ids": (dropping("end_to_end_id"), "words"),
    "another end-to-end id": (OtherEndToEndId, "words"),
    "a balance of another day": (OpensInside, "month"),
    "secret printed": (Prints, "secrets"),
    "accounts mixed up": (Remembers, "accounts"),
    "sleep": (Sleeps, "month"),
    "a connection of its own": (Connects, "month"),
    "a day to come": (AsksForTomorrow, "future"),
    "retry of its own": (TriesAgain, "refusals"),
    "refusal taken for empty": (TakesNotFoundForEmpty, "statuses"),
    "end of the program": (Stops, "month"),
    "wrong sign, proved": (ProvesWithWrongSign, "month"),
    "endless movements": (EndlessMovements, "month"),
    "endless pages": (EndlessPages, "exchanges"),
    "no ids": (IdsThrownAway, "capabilities"),
    "no instants": (dropping("booked_at"), "capabilities"),
    "instants of some": (HalfTheInstants, "capabilities"),
    "no party": (dropping("counterparty"), "capabilities"),
    "no text": (dropping("description", ""), "capabilities"),
    "no document": (dropping("document"), "capabilities"),
    "no balances": (NoBalances, "capabilities"),
    "wrong sign": (WrongSign, "exact"),
    "lost last page": (LostLastPage, "exact"),
    "merged twins": (MergedTwins, "exact"),
    "day off by one": (DayOff, "exact"),
    "float money": (FloatMoney, "exact"),
    "money through the text of a float": (FloatText, "exact"),
    "ids thrown away": (IdsThrownAway, "month"),
    "unreadable day": (UnreadableDay, "month"),
    "rows of other days": (MovesIntoPeriod, "rows"),
    "unreadable rows left out": (SkipsUnreadable, "rows"),
    "endless loop": (Endless, "month"),
    "secret in a URL": (SecretInUrl, "secrets"),
    "secret in a text": (SecretInText, "secrets"),
    "secret in the log": (SecretInLog, "secrets"),
    "wrong field": (WrongField, "exchanges"),
    "token per request": (TokenPerRequest, "token_reuse"),
    "a write call": (Writes, "read_only"),
    "ignored windows": (IgnoresWindows, "windows"),
}
"""By its name: the adapter, and the check that must notice."""
