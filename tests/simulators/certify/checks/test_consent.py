"""The check that plays a holder's consent: each mistake of an adapter or a bank in it is named."""

from datetime import timedelta

import msgspec
import pytest

import contracts
from contracts.schema import MutualTLS
from gateway.auth.authorization_code import AuthorizationCode
from gateway.auth.refresh_token import RotatingRefreshToken
from gateway.connectors.btg_pactual import BtgPactual as Adapter
from simulators.banks.btg_pactual import BtgPactual
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import named_checks, run_check
from simulators.consent import ConsentServer

(CONSENT,) = named_checks("consent")


def shortfall(adapter=None):
    return run_check(CONSENT, Bench("btg_pactual", adapter), 1, 1).shortfall


def signing(auth):
    """An adapter with that authentication."""

    class Signing(Adapter):
        def auth(self, account):
            return auth(self.contract, account.environment, account.credentials)

    return Signing


class KeepsItsState(AuthorizationCode):
    def page(self, redirect_uri, state):
        return super().page(redirect_uri, "always-the-same")


class AsksForMore(AuthorizationCode):
    def page(self, redirect_uri, state):
        return super().page(redirect_uri, state).replace("accounts.readonly", "accounts")


class StaysInProduction(AuthorizationCode):
    def page(self, redirect_uri, state):
        return super().page(redirect_uri, state).replace(".sandbox", "")


class LosesSuccessors(AuthorizationCode):
    rotates = False


class ForgetsTheChain(AuthorizationCode):
    def obtain(self, previous, now):
        return super().obtain(None, now)


class IsAlwaysAuthorised(AuthorizationCode):
    authorised = True


class HidesRefusals(AuthorizationCode):
    def obtain(self, previous, now):
        return AuthorizationCode.obtain(self, previous, now) if previous else self._redeem_plainly(now)

    def _redeem_plainly(self, now):
        form = {"grant_type": "authorization_code", "code": self._credentials.get("code")}
        return self._request({**form, "redirect_uri": self._credentials.get("redirect_uri")}, now)


def chained(contract, environment, credentials):
    first = credentials.get("refresh_token")
    return RotatingRefreshToken(contract, environment, first=first, form={}, scopes=())


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (chained, "`auth` gives RotatingRefreshToken: the gateway starts a consent only with"),
        (IsAlwaysAuthorised, "are called authorised, so that no consent would be started"),
        (AsksForMore, "authentication.scopes has"),
        (StaysInProduction, "in sandbox the page is at id.btgpactual.com, it should be at"),
        (KeepsItsState, "`state` has to come back as the page was given it"),
        (HidesRefusals, "before anybody has consented, the failure is consent_expired"),
        (LosesSuccessors, "`rotates` of the authentication has to be true"),
        (ForgetsTheChain, "at renewal 1, there is no token: authorization_incomplete"),
    ],
)
def test_a_mistake_of_an_adapter_is_named(auth, words):
    """In words that say what the gateway needs."""
    assert words in shortfall(signing(auth))


def good_again(self, code, account, redirect_uri, environment, verifier=""):
    """A code is never used up."""
    return self._codes.get(code)


def always_in_time(self, code, account, redirect_uri, environment, verifier=""):
    """A code is good once, whenever that is."""
    consent = self._codes.pop(code, None)
    return consent if consent is not None and consent.account is account else None


def for_anybody(self, code, account, redirect_uri, environment, verifier=""):
    """A code is good for whoever has it."""
    return self._codes.pop(code, None)


@pytest.mark.parametrize(
    ("where", "name", "mistake", "words"),
    [
        (ConsentServer, "redeem", for_anybody, "with the code that another account's holder has given"),
        (ConsentServer, "redeem", good_again, "the simulated bank gives a token, it should refuse"),
        (ConsentServer, "redeem", always_in_time, "with a code that is 10 minutes old"),
        (
            BtgPactual,
            "denied",
            {"code": "all-the-same"},
            "code=..., iss=https://id.btgpactual.com, state=state-of-one_-7f3a: no code may",
        ),
        (BtgPactual, "denied", {"error": "no"}, "`error` has to be access_denied"),
        (BtgPactual, "refresh_life", timedelta(days=999), "864000 seconds after a consent, as long as it lasts"),
        (
            BtgPactual,
            "shown_refresh_token",
            lambda self, call, account: call.form["refresh_token"],
            "with a refresh token that was replaced",
        ),
        (BtgPactual, "refusals", {}, "`refusals` of the simulated bank has no 'consent_expired'"),
        (BtgPactual, "routes", lambda self: {}, "`routes` of the simulated bank has no handler for 'authorize'"),
        (BtgPactual, "page_scopes", lambda self: (), "the page that the adapter names is answered with 302"),
    ],
)
def test_a_mistake_of_a_simulated_bank_is_named(monkeypatch, where, name, mistake, words):
    """So that the adapter is tried against a bank which refuses."""
    monkeypatch.setattr(where, name, mistake)

    assert words in shortfall()


def test_a_page_that_wants_a_certificate_is_named(monkeypatch):
    """No browser of a holder has one."""
    contract = contracts.load("btg_pactual")
    access = msgspec.structs.replace(
        contract.authentication, mutual_tls=MutualTLS.HANDSHAKE, mutual_tls_hosts=("token",)
    )
    monkeypatch.setattr(contracts, "load", lambda _: msgspec.structs.replace(contract, authentication=access))
    monkeypatch.setattr(Adapter, "client_certificate", lambda self, account: None)

    assert "authorization.host may be none of authentication.mutual_tls_hosts" in shortfall()


def challenging(monkeypatch):
    """The bank wants its pages told a challenge."""
    contract = contracts.load("btg_pactual")
    page = msgspec.structs.replace(contract.authorization, challenge="S256")
    monkeypatch.setattr(contracts, "load", lambda _: msgspec.structs.replace(contract, authorization=page))


def test_a_challenge_is_shown_and_verified(monkeypatch):
    """Each way of leaving it out is noticed, on both sides."""
    challenging(monkeypatch)
    assert shortfall() == ""

    class Unchallenged(AuthorizationCode):
        def page(self, redirect_uri, state):
            return super().page(redirect_uri, state).partition("&code_challenge")[0]

    class Unverified(AuthorizationCode):
        def _request(self, form, now):
            return super()._request({name: form[name] for name in form if name != "code_verifier"}, now)

    assert "(parameter code_challenge" in shortfall(signing(Unchallenged))
    assert "with the code of a consent, there is no token" in shortfall(signing(Unverified))
    monkeypatch.setattr("simulators.consent.Challenge.fits", lambda self, verifier: True)
    assert "with another code_verifier than the page's challenge" in shortfall()


@pytest.mark.parametrize("slug", contracts.banks())
def test_the_banks_of_this_tree_play_it(slug):
    """Those that have no page have nothing to play."""
    assert run_check(CONSENT, Bench(slug), 1, 1).shortfall == ""
