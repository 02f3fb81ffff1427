"""Adapters of Inter that compute right on a good day, and are wrong in how they behave or when something is new."""

import atexit
import base64
import contextlib
import decimal
import logging
import os
import re
import select
import signal
import sys
import tempfile
import threading
import uuid
import warnings
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec.structs import replace

from gateway.connectors.inter import Inter, StatementPage
from gateway.errors import BankFailure
from gateway.model import BalanceAt, Period, TransactionType
from tests.simulators.certify.planted import ChecksNothing

__all__ = ["MISBEHAVED", "InCircle", "Obeyed"]


class StartsThread(Inter):
    """Leaves work to a thread."""

    def ask(self, *arguments, **more):
        threading.Thread(target=int).start()
        return super().ask(*arguments, **more)


class WaitsForEvent(Inter):
    """Waits in another way than by sleeping."""

    def ask(self, *arguments, **more):
        threading.Event().wait(0.001)
        return super().ask(*arguments, **more)


class ReadsEnvironment(Inter):
    """Asks the machine on which it runs."""

    def fetch(self, account, period, today):
        os.environ.get("BANK_PAGE_SIZE")
        return super().fetch(account, period, today)


class ReadsFile(Inter):
    """Has settings of its own."""

    def fetch(self, account, period, today):
        with contextlib.suppress(Exception), open("/etc/hostname", encoding="utf-8") as file:  # noqa: PTH123
            file.read()
        return super().fetch(account, period, today)


class WritesFile(Inter):
    """Keeps what it has read."""

    def normalise(self, page):
        with contextlib.suppress(Exception):
            Path(tempfile.gettempdir(), "kept").write_text("rows")
        return super().normalise(page)


class ReadsClock(Inter):
    """Takes the machine's day for the bank's."""

    def fetch(self, account, period, today):
        return super().fetch(account, period, min(today, date.today()))  # noqa: DTZ011


class DrawsNumber(Inter):
    """Makes an id for each request."""

    def ask(self, operation, account, *, headers=None, **more):
        return super().ask(operation, account, headers={**(headers or {}), "X-Id": str(uuid.uuid4())}, **more)


class Rounds(Inter):
    """Changes how all others compute."""

    def normalise(self, page):
        decimal.getcontext().prec = 12
        return super().normalise(page)


class Naive(Inter):
    """Leaves the offset out."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, booked_at=movement.booked_at.replace(tzinfo=None))


def with_header(name, made):
    """Sends something more in a header."""

    class Sending(Inter):
        def ask(self, operation, account, *, headers=None, **more):
            extra = {name: made(account.credentials["client_secret"])}
            return super().ask(operation, account, headers={**(headers or {}), **extra}, **more)

    return Sending


class SecretInTokenHeader(Inter):
    """Tells the bank once more who it is."""

    def auth(self, account):
        auth = super().auth(account)
        obtain = auth.obtain

        def telling(previous, now):
            flow, reply = obtain(previous, now), None
            while True:
                try:
                    asked = flow.send(reply)
                except StopIteration as stop:
                    return stop.value
                asked.headers["X-Client"] = account.credentials["client_secret"]
                reply = yield asked

        auth.obtain = telling
        return auth


def failing(change):
    """Says more in its failures than it should."""

    class Failing(Inter):
        def fetch(self, account, period, today):
            try:
                return (yield from super().fetch(account, period, today))
            except BankFailure as failure:
                change(failure, account.credentials["client_secret"])
                raise

    return Failing


class SecretInReason(Inter):
    """Says in the statement with what it was read."""

    def fetch(self, account, period, today):
        balances = yield from super().fetch(account, period, today)
        return replace(balances, reason=f"read with {account.credentials['client_secret']}")


class Warns(Inter):
    """Warns of what it has, each time from the same line."""

    def fetch(self, account, period, today):
        warnings.warn(f"reading with {account.credentials['client_secret']}", stacklevel=1)
        return super().fetch(account, period, today)


class LogsExtra(Inter):
    """Gives a log record what its line does not show."""

    def fetch(self, account, period, today):
        logging.getLogger(__name__).debug("reading", extra={"form": [account.credentials["client_secret"]]})
        return super().fetch(account, period, today)


def changing(change):
    """An adapter whose movements are changed."""

    class Changing(Inter):
        def normalise(self, page):
            yield from map(change, super().normalise(page))

    return Changing


def without_cpf(movement):
    """A movement that names companies alone."""
    party = movement.counterparty
    if party is None or party.tax_id is None or len(party.tax_id) != 11:
        return movement
    return replace(movement, counterparty=replace(party, tax_id=None))


class CutsDecimals(Inter):
    """Reads two decimals of an amount, however many there are."""

    def normalise(self, page):
        cents = re.compile(rb"(\.\d\d)\d+")
        rows = [replace(row, valor=msgspec.Raw(cents.sub(rb"\1", bytes(row.valor)))) for row in page.rows]
        return super().normalise(replace(page, transacoes=rows))


class TakesUnknownForPix(Inter):
    """Takes kinds that it does not know for the most frequent one."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, type=TransactionType.PIX) if movement.type == "OUTROS" else movement


class GivesUp(ChecksNothing):
    """Takes what has come by then for all that there is."""

    def _window(self, account, window, **more):
        flow, reply, pages = super()._window(account, window, **more), None, 0
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as stop:
                return stop.value
            except BankFailure:
                if pages:
                    return [(0, None, Decimal(0))]
                raise
            pages += isinstance(event, StatementPage)
            reply = yield event


class ForgetsToWait(Inter):
    """Makes a failure of its own of the bank's."""

    def fetch(self, account, period, today):
        try:
            return (yield from super().fetch(account, period, today))
        except BankFailure as failure:
            raise BankFailure(failure.code, bank=failure.bank, at=failure.at, detail=failure.detail) from None


class OneAccountAtOnce(Inter):
    """Keeps the period of the last reading for all readings."""

    period = None

    def fetch(self, account, period, today):
        type(self).period = period
        return super().fetch(account, period, today)

    def normalise(self, page):
        for movement in super().normalise(page):
            if movement.date >= self.period.first:
                yield movement


class OneHost(Inter):
    """Asks the production API for all."""

    def ask(self, operation, account, **more):
        return super().ask(operation, replace(account, environment="production"), **more)


class KeepsTokens(Inter):
    """Never asks how long a token lives."""

    def auth(self, account):
        auth = super().auth(account)
        obtain = auth.obtain

        def patient(previous, now):
            token = yield from obtain(previous, now)
            return replace(token, renew_at=token.expires_at + timedelta(minutes=1))

        auth.obtain = patient
        return auth


class TriesTokenAgain(Inter):
    """Asks for a token again when it is refused."""

    def auth(self, account):
        auth = super().auth(account)
        obtain = auth.obtain

        def stubborn(previous, now):
            try:
                return (yield from obtain(previous, now))
            except BankFailure:
                return (yield from obtain(previous, now))

        auth.obtain = stubborn
        return auth


class RenewsForAll(Inter):
    """Takes every refusal for one of the token."""

    def auth(self, account):
        auth = super().auth(account)
        auth.refused = lambda response: response.is_error
        return auth


class AsksUntilToday(ChecksNothing):
    """Reads all that there is since the first day."""

    def fetch(self, account, period, today):
        return (yield from super().fetch(account, Period(period.first, today), today))


class NeverFinal(Inter):
    """Calls every entry one that only blocks money."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, blocked=True)


class DropsUnknown(ChecksNothing):
    """Leaves out rows of kinds that it does not know."""

    def normalise(self, page):
        for row, movement in zip(page.rows, super().normalise(page), strict=True):
            if b"DESCONHECIDO" not in msgspec.json.encode(row):
                yield movement


class RefusesUnknown(DropsUnknown):
    """Refuses rows of kinds that it does not know, and does not say which."""

    def normalise(self, page):
        if b"DESCONHECIDO" in msgspec.json.encode(page.rows):
            raise KeyError("kind")
        return Inter.normalise(self, page)


class LeavesOpenUntold(Inter):
    """Gives rows of kinds that it does not know as provisional, and calls their days complete."""

    def normalise(self, page):
        unknown = b"DESCONHECIDO" in msgspec.json.encode(page.rows)
        for movement in super().normalise(page):
            yield replace(movement, provisional=unknown)


class NegativeBalances(Inter):
    """Reads balances without their sign."""

    def fetch(self, account, period, today):
        balances = yield from super().fetch(account, period, today)
        opening, closing = (BalanceAt(each.day, abs(each.amount)) for each in (balances.opening, balances.closing))
        return replace(balances, opening=opening, closing=closing)


def calling(function):
    """An adapter that calls a function while it reads."""

    class Calls(Inter):
        """Does more than computing."""

        def normalise(self, page):
            function()
            return super().normalise(page)

    return Calls


class Obeyed(Inter):
    """Its errors have signs that a terminal obeys, or that no file takes."""

    def normalise(self, page):
        raise ValueError("a\x1b[31m\x9b2J\u202e\ud800b")


class InCircle(Inter):
    """Two of its errors are each other's cause."""

    def fetch(self, account, period, today):
        one, other = ValueError("one"), ValueError("other")
        one.__cause__, other.__cause__ = other, one
        raise one


MISBEHAVED = {
    "an end of the process": (calling(lambda: os._exit(0)), "month", "the adapter ends the process (os._exit) at"),
    "an end by a signal": (
        calling(lambda: os.kill(os.getpid(), 9)),
        "month",
        "the adapter sends a signal (os.kill) at",
    ),
    "work for the end": (calling(lambda: atexit.register(int)), "month", "leaves work to the end of the process (atex"),
    "a handler": (
        calling(lambda: signal.signal(10, signal.SIG_IGN)),
        "month",
        "sets the handler of a signal (signal.s",
    ),
    "a timer": (calling(lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 0)), "month", "sets a timer (signal.setitimer"),
    "another wait": (calling(lambda: select.select([], [], [], 9)), "month", "the adapter waits (select.select) at"),
    "a look at the program": (
        calling(lambda: sys.setprofile(None)),
        "month",
        "watches the program (sys.setprofile) at",
    ),
    "a thread": (StartsThread, "computing", "the adapter starts a thread (Thread.start) at"),
    "a wait": (WaitsForEvent, "computing", "the adapter waits for another thread (Condition.wait) at"),
    "the environment": (ReadsEnvironment, "computing", "the adapter reads the environment (_Environ.__getitem__) at"),
    "a file read": (ReadsFile, "month", "the adapter opens a file /etc/hostname (open) at"),
    "a file written": (WritesFile, "month", "the adapter opens a file"),
    "the clock": (ReadsClock, "computing", "the adapter reads the clock (date.today) at"),
    "chance": (DrawsNumber, "computing", "the adapter draws a random number (urandom) at"),
    "arithmetic": (
        Rounds,
        "month",
        "changes the arithmetic of the whole program (decimal.getcontext) from",
    ),
    "instants without offset": (Naive, "month", "every instant of booking is without an offset"),
    "secret in a header": (with_header("X-Debug", str), "secrets", "client_secret stands in the header x-debug of"),
    "secret in a cookie": (
        with_header("Cookie", "k={}".format),
        "secrets",
        "client_secret stands in the header cook",
    ),
    "secret in base64": (
        with_header("X-Trace", lambda secret: base64.b64encode(secret.encode()).decode()),
        "secrets",
        "client_secret stands in the header x-trace",
    ),
    "secret in a token's header": (SecretInTokenHeader, "secrets", "in the header x-client of a request of token"),
    "secret in a note": (
        failing(lambda failure, secret: failure.add_note(f"with {secret}")),
        "secrets",
        "client_secret stands in the text of a failure",
    ),
    "secret in an attribute": (
        failing(lambda failure, secret: setattr(failure, "sent", {"with": secret})),
        "secrets",
        "client_secret stands in the text of a failure",
    ),
    "secret in a reason": (SecretInReason, "secrets", "client_secret stands in the text of a failure or a statement"),
    "secret in a warning": (Warns, "secrets", "client_secret stands in the log or what is printed"),
    "secret in an extra": (LogsExtra, "secrets", "client_secret stands in the log or what is printed"),
    "no tax id of persons": (changing(without_cpf), "capabilities", "the bank tells the counterparty's tax_id, 0"),
    "long documents cut off": (
        changing(lambda movement: replace(movement, document=movement.document and movement.document[:15])),
        "capabilities",
        "the capability document is declared, but what comes is '471108151900420'",
    ),
    "long texts cut off": (
        changing(lambda movement: replace(movement, description=movement.description[:140])),
        "words",
        "are cut off: their last words stand in no entry",
    ),
    "a third decimal cut off": (CutsDecimals, "decimals", "which the bank has not sent"),
    "one kind never final": (
        changing(lambda movement: replace(movement, blocked=movement.type == "BOLETO")),
        "month",
        "so that they are never final: BOLETO",
    ),
    "unknown kinds guessed": (TakesUnknownForPix, "kinds", "it may be OUTROS"),
    "half a list": (GivesUp, "breaks", "from the statement call 2 on"),
    "Retry-After lost": (ForgetsToWait, "statuses", "it was lost on the way"),
    "accounts read at once": (OneAccountAtOnce, "accounts", "while another account is read"),
    "another environment": (OneHost, "read_only", "for an account of the environment sandbox the adapter asks"),
    "tokens kept": (KeepsTokens, "token_reuse", "a token is sent after its life"),
    "token asked for again": (TriesTokenAgain, "refusals", "/oauth/v2/token is asked again"),
    "token renewed for nothing": (RenewsForAll, "refusals", "is asked again; retries are the gateway's"),
    "days far away": (AsksUntilToday, "period", "a request names 2026-"),
    "never final": (NeverFinal, "month", "entries of complete days are provisional or blocked"),
    "unknown kinds dropped": (DropsUnknown, "kinds", "with the unknown word DESCONHECIDO_9 in the field"),
    "unknown kinds refused": (RefusesUnknown, "kinds", "the failure does not name the word"),
    "unknown kinds untold": (LeavesOpenUntold, "kinds", "`Balances.undecided` has to name their days and kinds"),
    "overdraft": (NegativeBalances, "overdraft", "balance is"),
}
"""By its name: the adapter, the check that must notice, and what the message must name."""
