"""Words that several banks share show the failure that they mean at each of them, and no other."""

import msgspec
import pytest

import contracts
from contracts.consistency import contradictions_of
from contracts.schema import Symptom

CONSENT_BANKS = ("bs2", "btg_pactual", "cora", "santander", "stone")
FOR_LACK_OF_CONSENT = {"consent_revoked", "consent_pending_approval", "authorization_incomplete"}
RFC_6749 = (
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is "
    "invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued "
    "to another client."
)
STANDARD_REFUSALS = (
    RFC_6749,
    "The authorization grant is invalid, expired or revoked",
    "The refresh token is expired or was revoked",
)
"""How token servers describe a refused grant: the sentence of section 5.2, and shorter forms of it."""


def shown(slug, at, status, body):
    """The failure of the first symptom that an answer shows, or None."""
    found = (symptom.failure for symptom in contracts.load(slug).symptoms if symptom.matches(at, status, body))
    return next(found, None)


@pytest.mark.parametrize("slug", ["btg_pactual", "santander"])
@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("STATUS_RESOURCE_UNAVAILABLE", "account_closed"),
        ("STATUS_RESOURCE_TEMPORARILY_UNAVAILABLE", "account_blocked"),
        ("STATUS_RESOURCE_TEMPORARY_UNAVAILABLE", "account_blocked"),
        ("status_RESOURCE_TEMPORARILY_UNAVAILABLE", "account_blocked"),
        ("STATUS_RESOURCE_PENDING_AUTHORISATION", "consent_pending_approval"),
        ("status_RESOURCE_PENDING_AUTHORISATION", "consent_pending_approval"),
        ("DEPENDE_MULTIPLA_ALCADA", "consent_pending_approval"),
        ("CONSENT_MAX_DATE_REACHED", "consent_expired"),
        ("CUSTOMER_MANUALLY_REVOKED", "consent_revoked"),
        ("CUSTOMER_MANUALLY_REJECTED", "authorization_incomplete"),
        ("CONSENT_EXPIRED", "authorization_incomplete"),
    ],
)
def test_codes_of_open_finance(slug, code, failure):
    """Open Finance Brasil's codes are known where accounts come that way, in each of their spellings.

    Its `CONSENT_EXPIRED` is the end of the hour for authorising, not of the consent.
    """
    body = f'{{"errors": [{{"code": "{code}", "title": "Recurso", "detail": "Recurso"}}]}}'

    assert shown(slug, "statement", 403, body) == failure


@pytest.mark.parametrize("slug", CONSENT_BANKS)
@pytest.mark.parametrize("description", STANDARD_REFUSALS)
def test_a_refused_grant_is_no_failure_of_consent(slug, description):
    """A text that lists all that may be wrong with a grant does not show a consent as revoked or unfinished."""
    body = f'{{"error": "invalid_grant", "error_description": "{description}"}}'

    assert shown(slug, "token", 400, body) not in FOR_LACK_OF_CONSENT


@pytest.mark.parametrize("slug", CONSENT_BANKS)
@pytest.mark.parametrize(
    ("description", "failure"),
    [
        ("Consentimento revogado pelo cliente", "consent_revoked"),
        ("Consentimento expirado em 31/01/2026", "consent_expired"),
        ("Autorização não concluída", "authorization_incomplete"),
        ("Autorizacao nao concluida", "authorization_incomplete"),
    ],
)
def test_consent_in_portuguese(slug, description, failure):
    """Each bank's symptoms know the words in Portuguese, whatever language its simulator speaks, accents or not."""
    body = f'{{"error": "invalid_grant", "error_description": "{description}"}}'

    assert shown(slug, "token", 400, body) == failure


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize(
    ("status", "text", "failure"),
    [
        (503, "Integração paralisada temporariamente", "integration_paused"),
        (503, "INTEGRACAO PARALISADA", "integration_paused"),
        (403, "Conta encerrada", "account_closed"),
        (403, "Conta corrente migrada para outra agência", "account_closed"),
        (403, "Conta temporariamente bloqueada", "account_blocked"),
        (503, "Serviço temporariamente indisponível", "bank_server_error"),
    ],
)
def test_words_about_the_account(slug, status, text, failure):
    """Texts about an account or a connection show their failure at every bank, in each bank's usual statuses."""
    assert shown(slug, "statement", status, f'{{"message": "{text}"}}') == failure


@pytest.mark.parametrize(
    ("field", "evidence", "body"),
    [("empty", "assumed", ""), ("empty", "observed", "x"), ("foreign", "assumed", "x"), ("foreign", "observed", "")],
)
def test_an_empty_or_foreign_symptom_needs_evidence(field, evidence, body):
    """A symptom without a body, or in a web page, is refused unless it is observed or documented."""
    symptom = {"failure": "invalid_account", "at": ["statement"], "status": [404], "body": body, field: True}

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**symptom, "evidence": evidence, "source": "portal"}, Symptom)


@pytest.mark.parametrize(
    ("slug", "status", "body", "failure"),
    [
        (
            "sicoob",
            400,
            '{"mensagens": [{"mensagem": "A cooperativa não é a mesma do aplicativo.", "codigo": "1"}]}',
            None,
        ),
        ("sicoob", 400, '{"data": null, "message": "Bad Request"}', None),
        ("sicoob", 400, '{"mensagens": [{"mensagem": "Informe um mês válido."}]}', "period_out_of_range"),
        ("sicoob", 406, '{"mensagens": [{"mensagem": "Máximo de três meses."}]}', "period_out_of_range"),
        ("sicoob", 400, '{"mensagens": [{"mensagem": "Data inválida."}]}', "period_out_of_range"),
        ("sicredi", 400, '{"data": "2026-03-10T10:00:00", "mensagem": "Requisição inválida."}', None),
        ("sicredi", 422, '{"codigo": "X", "mensagem": "Data final inválida."}', "period_out_of_range"),
        ("santander", 400, '{"account": null, "_message": "Bad Request"}', None),
        ("santander", 400, '{"_message": "Bad Request", "_details": "Conta inválida"}', "invalid_account"),
    ],
)
def test_neither_a_part_of_a_word_nor_the_name_of_a_field_is_a_cause(slug, status, body, failure):
    """Only the bank's own words name what is wrong."""
    assert shown(slug, "statement", status, body) == failure


UNBOUNDED = (r"inv\w*.{0,9}conta", "a+", "(ab)*c", ".*x", r"x{3,}", "[ab]*c", r"\s*x", r"(a|\s+x)", "[^]a]+")


@pytest.mark.parametrize("body", UNBOUNDED)
def test_a_pattern_without_a_bound_is_refused(body):
    """A search for it may take the square of a text's length, and a bank chooses the text."""
    assert any("without a bound" in each for each in contradictions_with(body))


@pytest.mark.parametrize(
    "body", [r'"conta":\s*"x', r"^\s*not found\.?\s*$", r"c\+\+", "[*+]", "a{0,40}b{2}", r"\*", r"[\]*]x", "a?"]
)
def test_a_pattern_with_bounds_is_taken(body):
    """Blanks behind something need none: each run of them is read once."""
    assert contradictions_with(body) == []


def contradictions_with(body):
    """What contradicts itself in a contract with one more symptom."""
    contract = contracts.load("inter")
    more = msgspec.structs.replace(contract.symptoms[0], body=body)
    return contradictions_of(
        msgspec.structs.replace(contract, symptoms=(*contract.symptoms, more)), contracts.failures()
    )
