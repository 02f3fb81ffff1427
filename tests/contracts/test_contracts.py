"""Contracts load, every fact has evidence, the catalogue keeps the official titles."""

import re

import msgspec
import pytest

import contracts
from contracts.schema import ContractError, CredentialKind, MutualTLS, OperationKind, path_pattern
from simulators.scenarios import all_scenarios

OFFICIAL = {
    "bank_unavailable": "Falha de comunicação com o banco",
    "integration_paused": "Falha na comunicação com o banco: Integração paralisada temporariamente",
    "invalid_account": "Falha na comunicação com o banco: O número da agência ou conta informado é inválido.",
    "bank_communication_failed": "Falha na comunicação com o banco Santander",
    "invalid_credentials": "Houve uma falha: Alguma das credenciais informadas é inválida",
    "bank_server_error": "Houve uma falha: Indisponibilidade do servidor (Erro 500)",
    "statement_access_denied": "Houve uma falha na comunicação com o seu banco: Usuário não tem acesso ao extrato",
    "password_expired": "Senha expirada no Itaú",
}

every_bank = pytest.mark.parametrize("slug", contracts.banks())


@every_bank
def test_contract_is_complete(slug):
    """Each contract names a statement operation, its hosts exist, and each fact says where it was read."""
    contract = contracts.load(slug)

    assert contract.operations["statement"].kind is OperationKind.STATEMENT
    for operation in contract.operations.values():
        assert all(operation.host in environment.hosts for environment in contract.environments.values())
        assert operation.method == "GET" or operation.kind is OperationKind.TOKEN
    assert all(fact.source.strip() for fact in contract.facts().values())


@every_bank
def test_a_credential_that_is_typed_has_a_pattern_of_ascii_alone(slug):
    """Digits of other scripts and full-width letters look like the bank's own, and a header cannot carry them."""
    for field in contracts.load(slug).enrolment.fields:
        if field.kind in {CredentialKind.TEXT, CredentialKind.SECRET}:
            assert field.pattern, field.name
            for other in (
                "\u0661" * 8,
                "\uff41" * 8,
                "\uff11" * 8,
                "a\u200bbcdefgh",
                "1234567\ufeff8",
                "caf\xe9caf\xe9",
            ):
                assert re.fullmatch(field.pattern, other) is None, field.name


@every_bank
def test_the_page_for_the_account_holder_is_no_operation(slug):
    """The page on which an account holder authorises is no operation: the gateway never opens it."""
    contract = contracts.load(slug)
    if contract.authorization is None:
        return
    for name, environment in contract.environments.items():
        host = environment.hosts[contract.authorization.host]
        assert contract.issuer(name) == f"https://{host}"
        for method in ("GET", "POST"):
            assert contract.operation_for(method, host, contract.authorization.path) is None


@every_bank
def test_symptoms_name_failures_of_the_catalogue(slug):
    """Each symptom names a failure of the catalogue and its patterns are readable."""
    for symptom in contracts.load(slug).symptoms:
        assert symptom.failure in contracts.failures().failures
        re.compile(symptom.body)


@every_bank
def test_texts_for_people_are_there(slug):
    """Each credential field has a Portuguese label, each bank its set-up steps."""
    enrolment = contracts.load(slug).enrolment

    assert all(field.label for field in enrolment.fields)
    assert len(enrolment.steps) >= 2
    re.compile(enrolment.account_pattern)
    re.compile(enrolment.branch_pattern)


@every_bank
def test_mutual_tls_has_its_credentials(slug):
    """A bank that requires a client certificate has its usual fields in the form, and names the hosts."""
    contract = contracts.load(slug)
    names = {field.name for field in contract.enrolment.fields}
    wanted = contract.authentication.mutual_tls is not MutualTLS.NONE

    assert wanted is ({"certificate", "private_key"} <= names)
    assert wanted is bool(contract.authentication.mutual_tls_hosts)


@pytest.mark.parametrize(("code", "title"), OFFICIAL.items())
def test_official_titles(code, title):
    """Official titles are kept byte for byte, and are marked so."""
    failure = contracts.failures().failures[code]

    assert failure.title == title
    assert failure.official


def test_catalogue_keeps_the_rules_of_status():
    """No failure of a bank is 401 or 403; 429 and 503 have a wait; one that is not retryable has one attempt."""
    for code, failure in contracts.failures().failures.items():
        assert failure.status not in {401, 403} or code in {"unauthenticated", "scope_missing"}
        assert failure.retry_after is not None or failure.status not in {429, 503}
        assert failure.retryable or failure.max_attempts == 1
        assert not (failure.stops_integration and failure.retryable)


def test_catalogue_and_scenarios_name_each_other():
    """Each failure names a scenario that exists and reproduces it."""
    failures = contracts.failures().failures
    for code, failure in failures.items():
        if failure.scenario:
            assert all_scenarios()[failure.scenario].expected == code
    for name, scenario in all_scenarios().items():
        assert scenario.expected == "ok" or scenario.before_the_bank or failures[scenario.expected].scenario, name


def test_misspelt_fact_is_an_error(tmp_path):
    """A key that the schema does not know is refused with the file and the key."""
    file = tmp_path / "bank.yaml"
    file.write_text("slug: inter\nnmae: Inter\n")

    with pytest.raises(ContractError, match=r"bank\.yaml.*nmae"):
        contracts.read(file, contracts.Contract)


@every_bank
def test_the_client_is_named_by_what_is_no_secret(slug):
    """The fields that name the client are required texts of the form, not secrets."""
    contract = contracts.load(slug)
    form = {field.name: field for field in contract.enrolment.fields}

    for name in contract.authentication.client_fields:
        assert (form[name].kind, form[name].required) == (CredentialKind.TEXT, True)


def test_a_client_named_by_a_field_that_is_not_required_is_an_error(tmp_path, monkeypatch):
    """A contract whose `client_fields` names a field that the form does not require is refused."""
    text = (contracts.folder("inter") / "bank.yaml").read_text()
    (tmp_path / "bank.yaml").write_text(text.replace("client_fields: [client_id]", "client_fields: [client_idd]"))
    monkeypatch.setattr(contracts, "folder", lambda slug: tmp_path)

    with pytest.raises(ContractError, match="client_idd"):
        contracts.load.__wrapped__("inter")


def test_unknown_bank():
    """A bank without a contract is a KeyError."""
    with pytest.raises(KeyError):
        contracts.load("nubank")


def test_folder_and_slug_agree(tmp_path, monkeypatch):
    """A contract whose slug is not its folder's name is refused."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "bank.yaml").write_bytes((contracts.folder("inter") / "bank.yaml").read_bytes())
    monkeypatch.setattr(contracts, "_found", lambda: ({"other": (folder, "extrato")}, ()))

    with pytest.raises(ContractError, match="slug is 'inter'"):
        contracts.load.__wrapped__("other")


@pytest.mark.parametrize(
    ("template", "path", "fits"),
    [
        ("/a/{id}/b", "/a/7-x/b", True),
        ("/a/{id}/b", "/a/7/8/b", False),
        ("/a/{id}", "/a/", False),
        ("/a/{id}", "/a/..%2fb", False),
        ("/a.b", "/aXb", False),
    ],
)
def test_a_segment_is_one_plain_segment(template, path, fits):
    """`{name}` in a path template matches one segment of unreserved characters."""
    assert (path_pattern(template).fullmatch(path) is not None) is fits


def test_facts_are_listed_by_their_place():
    """`facts` lists every group by its dotted path, symptoms and readings included."""
    facts = contracts.load("inter").facts()

    assert {"authentication", "operations.statement", "environments.sandbox"} <= facts.keys()
    assert any(name.startswith("symptoms.0.") for name in facts)
    assert msgspec.to_builtins(facts["period"])["evidence"] == "documented"
