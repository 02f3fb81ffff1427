"""A contract with an operation that could be more than a read does not load."""

import re

import httpx
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import contracts
from contracts.schema import Contract, ContractError, Operation

FACT = {"evidence": "documented", "source": "portal", "path": "/x"}


def operation(**more):
    """An operation as a contract file states it."""
    return msgspec.convert(FACT | more, Operation)


@pytest.mark.parametrize("kind", ["statement", "balance", "accounts"])
def test_a_read_by_post_does_not_load(kind):
    """A read by POST without a body is refused."""
    with pytest.raises(msgspec.ValidationError, match="reads by GET"):
        operation(kind=kind, method="POST")


def test_a_read_by_post_needs_evidence_and_its_body():
    """A read by POST must be observed or documented, and state its body."""
    assert operation(kind="statement", method="POST", read_body="{}").read_body == "{}"
    with pytest.raises(msgspec.ValidationError, match="observed or documented"):
        operation(kind="statement", method="POST", read_body="{}", evidence="assumed")


@pytest.mark.parametrize("more", [{"kind": "statement", "method": "GET"}, {"kind": "token", "method": "POST"}])
def test_a_body_belongs_to_a_read_by_post_alone(more):
    """A token request, or a read by GET, with a body is refused."""
    with pytest.raises(msgspec.ValidationError):
        operation(read_body="{}", **more)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "post"])
def test_other_methods_do_not_load(method):
    """Methods other than GET and POST are refused."""
    with pytest.raises(msgspec.ValidationError):
        operation(kind="token", method=method)


@pytest.mark.parametrize(
    ("old", "new"),
    [("api: 1", "api: 2"), ("kind: statement\n    method: GET", "kind: statement\n    method: POST")],
)
def test_the_file_is_named(tmp_path, old, new):
    """A contract of another version, or one that writes, is refused with the name of its file."""
    text = (contracts.folder("cora") / "bank.yaml").read_text()
    assert old in text
    file = tmp_path / "bank.yaml"
    file.write_text(text.replace(old, new))

    with pytest.raises(ContractError, match=r"bank\.yaml"):
        contracts.read(file, Contract)


BTG = contracts.load("btg_pactual")
PLAIN = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)


@given(st.text(max_size=12) | st.text("./%?#\\@:0a", max_size=6))
@example("..")
@example(".")
@example("31/12/9999")
@example("x?dateFrom=2026-01-01")
@example("../transfers")
def test_a_segment_leads_nowhere_else(value):
    """An id that a bank or a caller has given stays one segment of the path, or there is no address."""
    if PLAIN.fullmatch(value) and value not in {".", ".."}:
        url = httpx.URL(BTG.url("statement", company_id="11222333000181", account_id=value))
        assert url.path == f"/11222333000181/banking/accounts/{value}/statements"
        assert BTG.operation_for("GET", url.host, url.path) == "statement"
    else:
        with pytest.raises(ValueError, match="path"):
            BTG.url("statement", company_id="11222333000181", account_id=value)


BY_POST = operation(
    kind="statement",
    method="POST",
    path="/reports/{account}",
    read_body='{"day":"{day}","size":{size},"balances":true}',
)


def test_a_read_by_post_names_its_period_in_the_body():
    """Places of the body are filled in with what is asked for; names of the path may stand there too."""
    body = BY_POST.body_of({"day": "2026-03-09", "size": "100", "account": "1"})

    assert msgspec.json.decode(body) == {"day": "2026-03-09", "size": 100, "balances": True}
    assert BY_POST.reads_with(body)


@pytest.mark.parametrize("value", ['1","pay":"all', "1,", "{}", "", "a b", "1\n", "\\u0022", "é"])
def test_no_value_makes_another_body(value):
    """A value with which a body could say more than the contract states is refused, and so is such a body."""
    with pytest.raises(ValueError, match="body"):
        BY_POST.body_of({"day": value, "size": "1"})
    assert not BY_POST.reads_with(f'{{"day":"{value}","size":1,"balances":true}}'.encode())


def test_a_read_without_a_body_has_none():
    """A read by GET says nothing in a body."""
    read = operation(kind="statement", method="GET")
    assert read.body_of({"day": "2026-03-09"}) == b""
    assert read.reads_with(b"")
    assert not read.reads_with(b"{}")


def test_a_body_that_is_no_json_does_not_load():
    """What a read by POST says is JSON, whatever its places are filled in with."""
    for body in ("day={day}", '{"day":"{day}"', '{"{day}":1}x'):
        with pytest.raises(msgspec.ValidationError, match="JSON"):
            operation(kind="statement", method="POST", read_body=body)
