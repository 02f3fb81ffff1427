"""What can be looked up on the command line: banks, codes, the OpenAPI document."""

import json

import pytest

from gateway.commands.exit_codes import ExitCode
from gateway.help.topics import topics

pytestmark = pytest.mark.slow


def test_banks_are_listed(run) -> None:
    """One line each, cut nowhere."""
    assert any(line.startswith("inter\tBanco Inter\t077\tPJ") for line in run("banks").stdout.splitlines())
    assert any(bank["slug"] == "inter" for bank in json.loads(run("banks", "--json").stdout))


def test_a_bank_is_shown_with_what_it_needs(run) -> None:
    """Names of credentials for programs, Portuguese labels and steps for people."""
    shown = run("banks", "inter").stdout

    assert "client_secret" in shown
    assert "1. " in shown
    assert run("banks", "nowhere").exit_code == ExitCode.REFUSED


def test_a_code_is_explained(run) -> None:
    """In general and at one bank; every code has an explanation."""
    everything = json.loads(run("explain", "--json").stdout)
    topic = json.loads(run("explain", "certificate_expired", "--bank", "inter", "--json").stdout)
    shown = run("explain", "certificate_expired", "--bank", "inter").stdout

    assert {"invalid_credentials", "bank_unavailable", "statement_restated"} <= {each["code"] for each in everything}
    assert [each["bank"] for each in topic["banks"]] == ["inter"]
    assert topic["title"] in shown
    assert "O que fazer" in shown
    assert run("explain", "nothing").exit_code == ExitCode.REFUSED
    assert "there is no such bank" in run("explain", "certificate_expired", "--bank", "intr").stderr
    assert "there is no such bank" in run("explain", "--bank", "intr").stderr
    there = {each["code"] for each in json.loads(run("explain", "--bank", "inter", "--json").stdout)}
    assert there == {each.code for each in topics().values() if any(one.bank == "inter" for one in each.banks)}
    assert 0 < len(there) < len(everything)
    assert run("explain", "password_expired", "--bank", "inter").exit_code == ExitCode.REFUSED


def test_the_openapi_document_is_printed(run) -> None:
    """Without opening anything."""
    assert json.loads(run("openapi").stdout)["info"]["title"] == "extrato"
