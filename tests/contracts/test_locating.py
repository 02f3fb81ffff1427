"""What is wrong in a contract's file is named with its line."""

import msgspec
import pytest

import contracts
from contracts.consistency import contradictions_of
from contracts.locating import located, place_of, where_wrong

TEXT = (contracts.HERE / "banks" / "inter" / "bank.yaml").read_text()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "bank.yaml"


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        ("grant: client_credentials", "grant: nonsense", "grant: nonsense"),
        ("compe: ", "copme: ", "copme: "),
        ("    kind: token\n", "    knid: token\n", "operations:"),
        ("at: [tls]\n    body: certificate|alert", "at: 7\n    body: certificate|alert", "at: 7"),
    ],
)
def test_an_error_of_the_schema_has_its_line(file, before, after, at):
    """That of the key, or of the mapping in which it is missing or unknown, as far as the error tells."""
    assert before in TEXT
    file.write_text(TEXT.replace(before, after, 1))

    with pytest.raises(contracts.ContractError) as caught:
        contracts.read(file, contracts.Contract)

    assert str(caught.value).startswith(f"{file}:{line_of(file.read_text(), at)}: ")


def test_what_is_no_yaml_has_its_file(file):
    """And the line that the decoder names."""
    file.write_text("slug: [\n")

    with pytest.raises(contracts.ContractError, match=r"(?s)bank\.yaml: .*line 2"):
        contracts.read(file, contracts.Contract)


def test_each_contradiction_begins_with_a_key_that_stands_in_the_file(file):
    """So that its line is found, and says what to do about it."""
    file.write_text(TEXT)
    contract = contracts.load("inter")
    statement = msgspec.structs.replace(contract.operations["statement"], host="nowhere", scope="everything")
    symptom = msgspec.structs.replace(contract.symptoms[2], failure="rate_limitd", body="a.*b(")
    wrong = msgspec.structs.replace(
        contract,
        operations={**contract.operations, "statement": statement},
        symptoms=(*contract.symptoms[:2], symptom, *contract.symptoms[3:]),
    )

    found = contradictions_of(wrong, contracts.failures())

    keys = [each.partition(": ")[0] for each in found]
    assert {*keys} == {
        "operations.statement.host",
        "operations.statement.scope",
        "symptoms.2.failure",
        "symptoms.2.body",
    }
    assert "; it has 'rate_limited'" in " ".join(found)
    for each in found:
        place, _, sentence = located(file, each).partition(": ")
        assert sentence == each
        assert place.rpartition(":")[2].isdecimal()


@pytest.mark.parametrize(
    ("key", "line"), [("a", 1), ("a.b.1.c", 4), ("a.b.7", 2), ("a.nothing", 1), ("nothing", None), ("", None)]
)
def test_the_nearest_key_above_stands_for_one_that_is_not_there(file, key, line):
    """And the file for all of them."""
    file.write_text("a:\n  b:\n    - c: 1\n    - c: 2\n")

    assert place_of(file, key) == (f"{file}:{line}" if line else str(file))


@pytest.mark.parametrize(
    ("error", "key"),
    [
        ("Expected `str`, got `int` - at `$.symptoms[3].at`", "symptoms.3.at"),
        ("Object contains unknown field `nmae` - at `$.environments[...]`", "environments.nmae"),
        ("Object contains unknown field `nmae`", "nmae"),
        ("something else", ""),
    ],
)
def test_the_key_of_an_error_of_the_schema(error, key):
    """Up to where the error leaves it open."""
    assert where_wrong(error) == key
