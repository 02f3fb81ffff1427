"""One account, one spelling."""

import pytest

import contracts
from contracts.schema import CheckDigit, Evidence
from gateway.errors import CallerError
from gateway.texts.spelling import spelled_branch, spelled_number

ONE_ACCOUNT = [
    ("banco_do_brasil", [("1505", "13489"), ("1505", "0000013489"), ("01505", "1348-9"), ("1505-9", "13.489")]),
    ("banco_do_brasil", [("551", "5087X"), ("0551", "05087x"), ("551-7", "5087-X")]),
    (
        "banco_do_brasil",
        [("1505", "1348X"), ("1505-X", "1348-0"), ("1505\u20139", "1348\u2011x"), ("\u00a01505", "1348\u2212X")],
    ),
    ("bradesco", [("3750", "755575"), ("3750", "0755575"), ("3750-7", "75557-5"), ("37507", "00000000755575")]),
    ("bradesco", [("3750", "49251360"), ("3750", "4925136-P"), ("3750", "4925136p"), ("3750", "04925136-0")]),
    ("bs2", [("1", "12345678"), ("0001", "012.345.678")]),
    ("btg_pactual", [("50", "123456"), ("0050", "000123456")]),
    ("cora", [("", "1234567"), ("", "0001234567")]),
    ("inter", [("1", "12345678"), ("0001-9", "012345678"), ("0001", "1234567-8")]),
    ("itau", [("1500", "123456"), ("1500", "00123456"), ("1500", "12345-6")]),
    ("itau", [("57", "72023-7"), ("0057", "00720237")]),
    ("pagseguro", [("", "12345678"), ("", "0012345678")]),
    ("pagseguro", [("1", "12345678"), ("0001", "12345678"), ("00001", "0012345678")]),
    ("santander", [("4177", "130045678"), ("4177", "000130045678"), ("4177", "13.004567-8")]),
    ("sicoob", [("3001", "123456"), ("3001", "0000123456"), ("3001", "12345-6"), ("3001-4", "123456")]),
    ("sicredi", [("101", "123456"), ("0101", "0123456")]),
    ("stone", [("1", "1234567"), ("0001", "0001234567"), ("0001", "123456-7")]),
]


def spelled(slug: str, branch: str, number: str) -> tuple[str, str]:
    contract = contracts.load(slug)
    plain = spelled_branch(contract, branch)
    return plain, spelled_number(contract, plain, number)


@pytest.mark.parametrize(("slug", "spellings"), ONE_ACCOUNT)
def test_one_account_has_one_spelling(slug: str, spellings: list[tuple[str, str]]) -> None:
    """However it is typed; and the one spelling is not changed again."""
    found = {spelled(slug, *typed) for typed in spellings}

    assert len(found) == 1
    assert {spelled(slug, *one) for one in found} == found


def test_every_contract_declares_how_accounts_are_numbered() -> None:
    """The list above has every bank, so that none is forgotten."""
    assert {slug for slug, _ in ONE_ACCOUNT} == set(contracts.banks())


@pytest.mark.parametrize(
    ("slug", "branch", "number", "field"),
    [
        ("bradesco", "3750", "755570", "number"),
        ("bradesco", "3750", "75557P", "number"),
        ("bradesco", "3750", "4925136X", "number"),
        ("bradesco", "3750", "P", "number"),
        ("bradesco", "3750", "", "number"),
        ("bradesco", "375071", "755575", "branch"),
        ("bradesco", "00019", "755575", "branch"),
        ("bradesco", "", "755575", "branch"),
        ("inter", "", "12345678", "branch"),
        ("inter", "0001", "0", "number"),
        ("santander", "4177", "1234567890123", "number"),
        ("itau", "1500", "123456789", "number"),
        ("itau", "1500", "12345X", "number"),
        ("banco_do_brasil", "0000", "13489", "branch"),
        ("banco_do_brasil", "1505", "13489P", "number"),
        ("sicredi", "1010-1", "123456", "branch"),
        ("sicredi", "0101-2", "123456", "branch"),
        ("sicredi", "0000", "123456", "branch"),
        ("santander", "0417-7", "130045678", "branch"),
        ("santander", "0000", "130045678", "branch"),
        ("santander", "4177", "000000000000", "number"),
        ("btg_pactual", "0050-1", "123456", "branch"),
        ("itau", "0150-0", "123456", "branch"),
        ("stone", "000-1", "1234567", "branch"),
        ("sicoob", "0000", "123456", "branch"),
    ],
)
def test_what_no_account_has_is_refused(slug: str, branch: str, number: str, field: str) -> None:
    """By its field, with a sentence for the user that repeats nothing."""
    with pytest.raises(CallerError) as raised:
        spelled(slug, branch, number)

    assert (raised.value.code, raised.value.field, raised.value.bank) == ("invalid_account", field, slug)
    (error,) = raised.value.errors
    assert error.field == field
    assert error.detail.endswith(".")
    assert not any(
        typed and typed in raised.value.detail + error.detail for typed in (branch, number) if len(typed) > 1
    )


def test_a_check_digit_of_an_assumed_rule_is_not_refused() -> None:
    """Rules without a source describe simulated accounts; the same rule with one refuses."""
    rule = contracts.load("itau").enrolment.numbering
    assert rule is not None
    assert rule.check_digit is not None
    assert rule.check_digit.of("1500", "12345") == "8"
    assert rule.check_digit.settled("1500", "123456") == "123456"


def test_what_is_typed_for_a_letter_is_the_letter_under_an_assumed_rule_too() -> None:
    """Else one account could be registered twice; any other check digit stays as it was typed."""
    rule = digit(also_written={"P": "0"}, evidence=Evidence.ASSUMED)

    assert rule.settled("", "49251360") == "4925136P"
    assert rule.settled("", "49251361") == "49251361"
    assert rule.settled("", "755570") == "755570"


def digit(**changed: object) -> CheckDigit:
    rule: dict[str, object] = {
        "weights": (2, 3, 4, 5, 6, 7),
        "signs": "0P987654321",
        "evidence": Evidence.DOCUMENTED,
        "source": "test",
    }
    return CheckDigit(**(rule | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slug", "branch", "body", "sign"),
    [
        ("bradesco", "", "75557", "5"),
        ("bradesco", "", "0075557", "5"),
        ("bradesco", "", "4925136", "P"),
        ("bradesco", "", "00", "0"),
        ("banco_do_brasil", "", "1348", "X"),
        ("banco_do_brasil", "", "00001348", "X"),
        ("itau", "0057", "72023", "7"),
        ("itau", "0057", "0072023", "7"),
        ("itau", "1500", "1234", "7"),
        ("itau", "1500", "01234", "7"),
    ],
)
def test_check_digits_follow_the_rule_of_the_bank(slug: str, branch: str, body: str, sign: str) -> None:
    """Weights from the right, the remainder names the sign; zeros before a number change nothing."""
    numbering = contracts.load(slug).enrolment.numbering
    assert numbering is not None
    assert numbering.check_digit is not None
    assert numbering.check_digit.of(branch, body) == sign


def test_every_remainder_has_its_sign() -> None:
    """One number in eleven ends in a letter, and only that one may be typed in another way."""
    rule = digit(also_written={"P": "0"})
    signs = [rule.of("", str(body)) for body in range(1000, 3000)]

    assert set(signs) == set("0P987654321")
    for body, sign in zip(range(1000, 3000), signs, strict=True):
        accepted = {typed: rule.settled("", f"{body}{typed}") for typed in "0123456789P"}
        assert {typed for typed, settled in accepted.items() if settled} == ({"P", "0"} if sign == "P" else {sign})
        assert set(filter(None, accepted.values())) == {f"{body}{sign}"}


def test_a_rule_without_its_signs_or_branch_does_not_load() -> None:
    """A misspelt rule is an error of the contract."""
    import msgspec  # noqa: PLC0415 - only here

    inter = contracts.load("inter").enrolment
    assert inter.numbering is not None
    for wrong in (digit(also_written={"X": "0"}), digit(with_branch=True)):
        numbering = msgspec.structs.replace(inter.numbering, branch_width=0, check_digit=wrong)
        with pytest.raises(ValueError, match="check_digit"):
            msgspec.structs.replace(inter, numbering=numbering)


@pytest.mark.parametrize("typed", ["", "  ", "-"])
def test_what_was_not_typed_is_missing(typed: str) -> None:
    """And is called by the bank's own word for a branch."""
    for slug, portuguese in (("bradesco", "Informe a agência."), ("sicredi", "Informe a cooperativa.")):
        with pytest.raises(CallerError, match="`branch` is missing") as refused:
            spelled_branch(contracts.load(slug), typed)
        assert refused.value.errors[0].detail == portuguese
    with pytest.raises(CallerError, match="`number` is missing") as refused:
        spelled_number(contracts.load("bradesco"), "1234", typed)
    assert refused.value.errors[0].detail == "Informe o número da conta."
