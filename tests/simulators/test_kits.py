"""The kits for a simulated bank's file, at a bank that changes nothing of them."""

from datetime import date, datetime
from typing import ClassVar

import httpx
import pytest

import contracts
from simulators.call import Answered, Refusal
from simulators.clock import BRASILIA, FrozenClock
from simulators.oauth import OAuthBank
from simulators.pki import Authority
from simulators.world import World

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
HOST = "https://cdpj.partners.bancointer.com.br"
AUTHORITY = Authority()


class Plain(OAuthBank):
    """Inter's contract in the kits' own words."""

    kinds = frozenset({("PIX", True)})
    refusals: ClassVar = {"invalid_credentials": Refusal("token", 401, {"error": "invalid_client"})}

    def routes(self):
        """Token and a statement that tells what it was asked."""
        return {"token": self.token, "statement": self._statement, "balance": self._statement}

    def issue_credentials(self, account):
        """An application."""
        return self.issue_application(account)

    def token_refused(self, state):
        """Refused."""
        return httpx.Response(401)

    def certificate_refused(self, call, account):
        """Refused."""
        return httpx.Response(401, text="certificate")

    def _statement(self, call):
        account = self.bearer(call)
        day, size = self.read_day(call, "day", date(2026, 3, 1)), self.page_asked(call, account, "size")
        return httpx.Response(200, json=[day.isoformat(), self.read_number(call, "n", 7, 1, 9), size])


@pytest.fixture
def bank():
    """The bank with one account."""
    bank = Plain(contracts.load("inter"), World(1, FrozenClock(NOW), AUTHORITY))
    bank.open_account("12345678")
    return bank


def ask_token(bank, certificate="", **changes):
    """A token call with the account's credentials, changed."""
    held = bank.world.account("inter", "12345678").credentials
    form = {"grant_type": "client_credentials", "client_id": held["client_id"], "client_secret": held["client_secret"]}
    request = httpx.Request("POST", f"{HOST}/oauth/v2/token", data={**form, **changes})
    request.extensions["client_certificate"] = certificate or held["certificate"]
    return bank.answer(request)


def test_a_token_for_all_scopes(bank):
    """A client that asks for no scope gets all of the contract's."""
    answer = ask_token(bank).json()

    assert answer["scope"].split() == list(bank.contract.authentication.scopes)
    assert answer["expires_in"] == bank.contract.authentication.token_seconds


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("Application/X-WWW-Form-URLEncoded", 200),
        ("application/x-www-form-urlencoded;charset=UTF-8", 200),
        ("application/json", 401),
    ],
)
def test_a_form_is_known_by_its_media_type(bank, kind, status):
    """Capitals mean nothing in it, and a parameter may follow."""
    held = bank.world.account("inter", "12345678").credentials
    form = f"grant_type=client_credentials&client_id={held['client_id']}&client_secret={held['client_secret']}"
    request = httpx.Request("POST", f"{HOST}/oauth/v2/token", content=form, headers={"content-type": kind})
    request.extensions["client_certificate"] = held["certificate"]

    assert bank.answer(request).status_code == status


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "extrato.read x"}, 400, "invalid_scope"),
    ],
)
def test_a_token_is_refused(bank, changes, status, error):
    """Client, grant and scopes are looked at."""
    answer = ask_token(bank, **changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_the_certificate_of_another(bank):
    """A certificate of another application is refused in the bank's words."""
    assert ask_token(bank, AUTHORITY.client("another")[0]).text == "certificate"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["2026-03-01", 7, 50]),
        ("day=2026-02-28&n=9&size=1", ["2026-02-28", 9, 1]),
        ("day=2026-2-28", "day"),
        ("day=2026-02-30", "day"),
        ("day=", "day"),
        ("n=0", "n"),
        ("n=10", "n"),
        ("n=-1", "n"),
        ("n=٣", "n"),
        ("size=0", "size"),
        ("size=1000000", "size"),
    ],
)
def test_parameters_are_read_or_refused(bank, query, expected):
    """Days and numbers in the documented form are read; anything else is refused under its name."""
    held = bank.world.account("inter", "12345678").credentials
    request = httpx.Request("GET", f"{HOST}/banking/v2/extrato/completo?{query}")
    request.headers["authorization"] = f"Bearer {ask_token(bank).json()['access_token']}"
    request.extensions["client_certificate"] = held["certificate"]
    answer = bank.answer(request)

    if isinstance(expected, list):
        assert answer.json() == expected
    else:
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(f"{expected}: ")


def test_an_unknown_refusal_is_no_answer(bank):
    """A refusal is raised by its name."""
    assert isinstance(bank.refused("invalid_credentials"), Answered)
    with pytest.raises(LookupError, match="`refusals` of the simulated bank has no 'unknown'"):
        bank.refused("unknown")
