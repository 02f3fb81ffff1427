"""An error of an adapter while it reads is a failure of the bank, wherever it reads."""

from datetime import timedelta

import msgspec
import pytest

from gateway.connectors.inter import Inter
from gateway.errors import BankFailure
from gateway.model import Period
from simulators.certify.cases import NOW
from simulators.certify.harnesses.logged import captured_lines
from simulators.certify.harnesses.pure import PureHarness

PERIOD = Period(NOW.date() - timedelta(days=5), NOW.date() - timedelta(days=1))
ERRORS = (KeyError("cpf"), ValueError("no day"), AttributeError("x"), TypeError("y"), msgspec.ValidationError("z"))


def raising(step, error):
    """An adapter that raises an error in its conversation, in the middle of it, or when it reads a page."""

    class Raises(Inter):
        def fetch(self, account, period, today):
            if step == "first":
                raise error
            balances = yield from super().fetch(account, period, today)
            if step == "last":
                raise error
            return balances

        def normalise(self, page):
            yield from super().normalise(page)
            if step == "page":
                raise error

    return Raises


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", ["first", "last", "page"])
def test_whatever_is_raised_is_a_failure_of_the_bank(step, error):
    """Its code is `unexpected_bank_response`; the log has kind, file and line, and no text of the error."""
    pair = PureHarness("inter", NOW, connector=raising(step, error))

    with captured_lines() as logged, pytest.raises(BankFailure) as caught:
        pair.read(PERIOD)

    assert (caught.value.code, caught.value.bank, caught.value.at) == ("unexpected_bank_response", "inter", "statement")
    assert caught.value.__cause__ is error
    (line,) = [each for each in logged if each["event"] == "unreadable_answer"]
    assert (line["kind"], line["file"]) == (type(error).__name__, __file__)
    assert line["line"] > 0
    assert "cpf" not in str(logged)


def test_a_failure_stays_what_it_is():
    """A failure that the adapter names itself keeps its code."""
    failure = BankFailure("account_blocked", bank="inter", at="statement", detail="blocked")

    with pytest.raises(BankFailure) as caught:
        PureHarness("inter", NOW, connector=raising("first", failure)).read(PERIOD)

    assert caught.value is failure
