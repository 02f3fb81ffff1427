"""Adapters of Inter with one error each, as people make them."""

from datetime import timedelta
from decimal import Decimal

import httpx
from msgspec.structs import replace

from gateway.connectors.inter import Inter, StatementPage
from gateway.model import Balances, Period

__all__ = ["PLANTED"]


class WrongSign(Inter):
    """Takes every amount as a credit."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, amount=abs(movement.amount))


class LostLastPage(Inter):
    """Stops one page too early, and checks nothing."""

    def _window(self, account, window):
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
            if number >= (page.totalPaginas or 1) - 1:
                return 0, None


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
        yield from self._window(account, Period(period.first, period.last))
        return Balances()


PLANTED = {
    "wrong sign": (WrongSign, "exact"),
    "lost last page": (LostLastPage, "exact"),
    "merged twins": (MergedTwins, "exact"),
    "day off by one": (DayOff, "exact"),
    "float money": (FloatMoney, "exact"),
    "token per request": (TokenPerRequest, "token_reuse"),
    "a write call": (Writes, "read_only"),
    "ignored windows": (IgnoresWindows, "windows"),
}
"""By its name: the adapter, and the check that must notice."""
