"""Stored failures, and the removal of secrets from them."""

from gateway.errors import BankError, BankFailure
from gateway.storage.accounts.remembered import RememberedFailure, StoredFailure
from tests.gateway.support import NOW


def failure(message: str) -> BankFailure:
    bank_error = BankError(401, "E1", message)
    return BankFailure(
        "invalid_credentials", bank="inter", at="token", detail=f"the bank answered {message}", bank_error=bank_error
    )


def test_a_stored_failure_is_raised_with_the_same_texts() -> None:
    """Code, step, detail and the bank's words survive the table; the moment is that of the first time."""
    remembered = RememberedFailure.read(RememberedFailure.of(failure("no"), NOW).to_json())

    revived = remembered.revive("inter")

    assert isinstance(revived, StoredFailure)
    assert (revived.code, revived.at, revived.detail, revived.since) == (
        "invalid_credentials",
        "token",
        "the bank answered no",
        NOW,
    )
    assert revived.bank_error is not None
    assert (revived.bank_error.status, revived.bank_error.code, revived.bank_error.message) == (401, "E1", "no")
    assert RememberedFailure.of(revived, NOW.replace(year=2030)).since == NOW


def test_a_failure_without_the_banks_words_is_remembered_too() -> None:
    """Silence has no words."""
    silent = BankFailure("bank_unavailable", bank="inter", at="token", detail="silence")

    assert RememberedFailure.of(silent, NOW).revive("inter").bank_error is None
    silent.hide({"silence"})
    assert silent.detail == "[secret]"


def test_quoted_secrets_are_hidden() -> None:
    """Whole values, the longer before the shorter; short ones would hide ordinary words."""
    quoted = failure("CANARY-1 and CANARY-12 in a no")

    quoted.hide({"CANARY-1", "CANARY-12", "no", ""})

    assert quoted.bank_error is not None
    assert quoted.bank_error.message == "[secret] and [secret] in a no"
    assert "CANARY" not in f"{quoted}{quoted.detail}"


def test_a_secret_cut_in_the_middle_is_hidden() -> None:
    """The bank's message is cut; the rest of a secret at its end is removed too."""
    quoted = failure("x" * 290 + "CANARY-secret")

    quoted.hide({"CANARY-secret"})

    assert quoted.bank_error is not None
    assert quoted.bank_error.message == "x" * 290 + "[secret]"
