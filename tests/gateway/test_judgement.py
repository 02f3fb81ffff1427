"""The judgement of a bank's answer: its failure, or its content."""

import json
import re
import time
from itertools import product

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from contracts.schema import Limits, MutualTLS
from gateway import responses
from gateway.errors import BankFailure
from gateway.judgement import decode, failure_of, failure_within, judge, unexpected
from gateway.limits import JSON_PART_BYTES
from gateway.responses import in_utf8, read, tells_nothing
from tests.gateway.effort import grows_no_faster

INTER = contracts.load("inter")
BEYOND = "9" * 20
"""A number that no integer of the machine holds."""


class Wire(msgspec.Struct):
    """A body with one field."""

    n: int


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "bank_server_error"),
        (503, "bank_server_error"),
        (429, "rate_limited"),
        (418, "unexpected_bank_response"),
        (302, "unexpected_bank_response"),
        (401, "invalid_credentials"),
        (403, "statement_access_denied"),
    ],
)
def test_an_answer_is_named(status, code):
    """The contract's symptoms name an answer; an answer without a symptom is named by its status."""
    assert failure_of(INTER, "statement", httpx.Response(status)).code == code


def test_a_success_is_no_failure():
    """Any 2xx is a success."""
    assert failure_of(INTER, "statement", httpx.Response(201)) is None


@pytest.mark.parametrize(
    ("status", "code"), [(200, "unexpected_bank_response"), (403, "invalid_account"), (404, "invalid_account")]
)
def test_a_failure_named_in_the_content(status, code):
    """Only symptoms that name the status are looked for in the bank's message; the rest is unexpected."""
    failure = failure_within(INTER, "statement", httpx.Response(status), "9", "Conta inválida")

    assert failure.code == code
    assert (failure.bank_error.code, failure.bank_error.message) == ("9", "Conta inválida")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0"}, 60),
        ({"retry-after": "99999999999999"}, 86_400),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 120),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": "yesterday"}, 60),
        ({"retry-after": f"Sun, 22 Nov {BEYOND} 12:02:00 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", "date": f"Sun, 22 Nov 2026 12:00:00 +{BEYOND}"}, 60),
        ({"retry-after": f"Sun, 22 Nov 2026 {BEYOND}:02:00 GMT", "date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 60),
        ({}, 60),
    ],
)
def test_how_long_to_wait(headers, seconds):
    """Retry-After is respected within a day; without it, or with an absurd one, the catalogue's wait applies."""
    assert failure_of(INTER, "statement", httpx.Response(429, headers=headers)).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ('{"error":"invalid_client","error_description":"no"}', "invalid_client", "no"),
        ('[{"tag":"A.B","descricao":"texto"}]', "A.B", "texto"),
        ('{"erro":{"codigo":7,"mensagem":"x"}}', "7", "x"),
        ('{"code":401,"message":["scope missing","ask"]}', "401", "scope missing ask"),
        ('{"message":[],"title":"t"}', None, "t"),
        ("Invalid token", None, "Invalid token"),
        ("<html>", None, None),
        ("", None, None),
        ("3", None, None),
        ('"texto"', None, "texto"),
        ('{"Codigo":"7","Mensagem":"x"}', "7", "x"),
        ('{"ERROR_CODE":"7","ErrorDescription":"x"}', "7", "x"),
        ('{"mensagens":[{"mensagem":"x","codigo":"7"}]}', "7", "x"),
        ('{"Mensagens":["um texto","mais um"]}', None, "um texto mais um"),
        ('{"errors":{"DataFim":["A data é inválida."]}}', None, "A data é inválida."),
        ('{"falha":[{"id":1,"motivo":"sem o certificado"}]}', None, "sem o certificado"),
        ('{"message": ""}', None, None),
        (
            '{"mensagens":[{"mensagem":"Um erro","codigo":"1"},{"mensagem":"Outro","codigo":"2"}]}',
            "1",
            "Um erro; Outro",
        ),
        ('[{"codigo":"1","mensagem":"Um erro"},{"codigo":"1","mensagem":"Um erro"}]', "1", "Um erro"),
        (
            '{"_errorCode":422,"_message":"Inválido","_errors":[{"_field":"finalDate","_message":"Data futura"}]}',
            "422",
            "Inválido; finalDate: Data futura",
        ),
        (
            '{"_errorCode":422,"_message":"Consulta recusada","_details":"Conta inválida","_errors":[]}',
            "422",
            "Consulta recusada; Conta inválida",
        ),
        ('{"_message":"Bad Request","_details":"a","_errors":[{"_field":"f","_message":"a"}]}', None, "f: a"),
        ('{"codigo":"9","mensagem":"Recusado","detalhes":["Sem","dados"]}', "9", "Recusado; Sem dados"),
        (
            '{"type":"srn:error:bad_request","errors":[{"error":"is invalid","path":["start_datetime"]}]}',
            "srn:error:bad_request",
            "start_datetime: is invalid",
        ),
        ('{"message":"Data futura: 1","errors":[{"message":"Data futura"}]}', None, "Data futura: 1"),
        ('{"title":"Bad Request","errors":[{"detail":"a"},{"detail":"b"},{"detail":"Not Found"}]}', None, "a; b"),
        ('{"violacoes":[{"propriedade":"dataFim","razao":"futura","valor":""}]}', None, "dataFim: futura"),
    ],
)
def test_the_banks_own_words(body, code, message):
    """Code and message are found in whichever usual shape they were sent."""
    found = read(httpx.Response(400, text=body)).error(400)

    assert (found.status, found.code, found.message) == (400, code, message)


def test_the_words_of_a_web_page():
    """The visible text of a web page is the bank's message; scripts and styles are not."""
    page = "<html><style>a b</style><script>if (a < b) c()</script><h1>Sem&nbsp;certificado</h1>\n<p>nginx <br>1</html>"

    assert read(httpx.Response(500, html=page)).error(500).message == "Sem certificado nginx 1"


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("body", ["", "<h1>408 Request Time-out</h1>", '{"message": "Request Timeout"}'])
def test_a_connection_that_a_proxy_has_given_up_is_nobodys_mistake(slug, body):
    """HTTP says so by the status (408), and likewise of a request that came too early (425)."""
    for at, status in product(("token", "statement", "balance", "accounts"), (408, 425)):
        failure = failure_of(contracts.load(slug), at, httpx.Response(status, text=body))

        assert (at, status, failure.code) == (at, status, "bank_server_error")


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("status", [400, 404, 406, 422, 500])
@pytest.mark.parametrize(
    "words",
    [
        "Sistema em manutenção nesta data, período de 22h às 6h",
        "Serviço de extrato temporariamente fora do ar. Tente mais tarde",
        "The service is under maintenance, please try again later",
        "Extrato do período indisponível temporariamente",
    ],
)
def test_a_bank_that_says_that_it_is_down_is_believed(slug, status, words):
    """Its words about days and accounts are not about what was asked for, so that nobody corrects a right period."""
    assert failure_of(contracts.load(slug), "statement", httpx.Response(status, json={"message": words})).code == (
        "bank_server_error"
    )


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<html><style>h1</style><h1>Sistema em manutenção</h1><p>Volte às 6h</html>", "bank_server_error"),
        ("Service temporarily unavailable", "bank_server_error"),
        ("<html><title>429</title><h1>Too Many Requests</h1></html>", "rate_limited"),
        ("<html><script>maintenance()</script><h1>Request Rejected</h1></html>", "unexpected_bank_response"),
    ],
)
def test_a_page_that_says_that_the_bank_is_down_is_believed(slug, body, code):
    """Whoever has written it, time mends what it says, and nobody has to correct anything."""
    for at, status in product(("token", "statement", "balance", "accounts"), (400, 403, 404, 405, 422)):
        failure = failure_of(contracts.load(slug), at, httpx.Response(status, text=body))

        assert (at, status, failure.code) == (at, status, code)


def test_a_passing_refusal_of_another_kind_keeps_its_name():
    """A quota that is used up, a refused token and a refusal that was observed are what they are."""
    later = {"code": "BST-0000", "message": "dateStart is unreadable, temporarily unavailable"}
    assert failure_of(INTER, "statement", httpx.Response(429, json=later)).code == "rate_limited"
    assert failure_of(INTER, "statement", httpx.Response(401, json=later)).code == "invalid_credentials"
    assert (
        failure_of(contracts.load("cora"), "statement", httpx.Response(500, json=later)).code == "period_out_of_range"
    )
    for words in ("Acesso negado. Tente novamente mais tarde", "Usuário temporariamente bloqueado", "Try again later"):
        refused = httpx.Response(403, json={"title": "Forbidden", "detail": words})
        assert failure_of(INTER, "statement", refused).code == "statement_access_denied"
    within = failure_within(INTER, "statement", httpx.Response(200), "9", "Sistema em manutenção")
    assert within.code == "bank_server_error"


QUOTA_USED_UP = (
    {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:12:13."},
    {"message": "API rate limit exceeded"},
    {"fault": {"faultstring": "Spike arrest violation. Allowed rate : 10ps", "detail": {"errorcode": "x"}}},
    {"fault": {"faultstring": "Rate limit quota violation. Quota limit  exceeded. Identifier : a"}},
    {"fault": {"faultstring": "Quota limit", "detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}},
    {"fault": {"code": 900800, "message": "Message throttled out", "description": "You have exceeded your quota"}},
    {"mensagem": "Limite de requisições excedido"},
    {"mensagens": [{"mensagem": "Limite de requisições por minuto excedido", "codigo": "9"}]},
    {"message": "Too Many Requests"},
    {"descricao": "Excedido o número máximo de chamadas por minuto"},
)
"""What gateways that stand before the banks' servers say when a client asks too often, in bodies that clients show."""


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("at", ["token", "statement"])
@pytest.mark.parametrize("status", [400, 403, 500, 503])
@pytest.mark.parametrize("sent", QUOTA_USED_UP)
def test_words_for_a_quota_are_believed_with_any_status(slug, at, status, sent):
    """Nobody corrects credentials or permissions, and the bank is not asked again at once."""
    judged = judge(contracts.load(slug), at, httpx.Response(status, json=sent, headers={"retry-after": "90"}))

    assert (judged.failure.code, judged.failure.retry_after) == ("rate_limited", 90)
    assert (judged.is_passing, judged.closed_seconds) == (False, 90)


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (401, "quota exceeded", "invalid_credentials"),
        (403, "Limite da conta excedido para este perfil", "statement_access_denied"),
        (403, "Limite de crédito excedido", "statement_access_denied"),
        (403, "Date range limit exceeded", "statement_access_denied"),
        (403, "Cota de capital não autorizada", "statement_access_denied"),
        (403, "Quota", "statement_access_denied"),
        (400, "a quantidade de registros deve exceder o limite mínimo", "unexpected_bank_response"),
    ],
)
def test_other_limits_are_no_quota(status, words, code):
    """Nor is a refused token, whatever is said beside it."""
    assert failure_of(INTER, "statement", httpx.Response(status, json={"detail": words})).code == code


def test_a_quota_in_the_content_of_a_success():
    """A block of an answer may refuse so."""
    within = failure_within(INTER, "statement", httpx.Response(200), "9", "Limite de consultas excedido")

    assert within.code == "rate_limited"


class Optional(msgspec.Struct):
    """A body whose fields may all be left out."""

    rows: list[int] | None = None


@pytest.mark.parametrize("kind", [Wire, Optional])
@pytest.mark.parametrize(
    ("sent", "code", "told"),
    [
        ({"message": "Internal server error"}, "unexpected_bank_response", (None, "Internal server error")),
        ({"statusCode": 500, "error": "E1", "message": "erro"}, "unexpected_bank_response", ("E1", "erro")),
        ({"mensagem": "Sistema em manutenção"}, "bank_server_error", (None, "Sistema em manutenção")),
        ({"errors": [{"code": "E2", "message": "Too many requests"}]}, "rate_limited", ("E2", "Too many requests")),
        ({"fault": {"faultstring": "Policy failed"}}, "unexpected_bank_response", (None, "Policy failed")),
        ({"error": "invalid_client"}, "unexpected_bank_response", ("invalid_client", None)),
    ],
)
def test_a_success_that_is_nothing_but_a_refusal(kind, sent, code, told):
    """Its words are told, and name what time mends."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "statement", httpx.Response(200, json=sent), kind)

    error = caught.value.bank_error
    assert (caught.value.code, error.status, error.code, error.message) == (code, 200, *told)


@pytest.mark.parametrize(
    ("page", "code", "told"),
    [
        ("<html><h1>Request Rejected</h1></html>", "unexpected_bank_response", "Request Rejected"),
        ("<html><h1>Sistema em manutenção</h1></html>", "bank_server_error", "Sistema em manutenção"),
        ("<html><h1>Too many requests</h1></html>", "rate_limited", "Too many requests"),
        ("<html><style>.maintenance</style><a class=manutenção>Entrar</a>", "unexpected_bank_response", "Entrar"),
    ],
)
def test_a_page_with_a_success_status(page, code, told):
    """Its visible text is told, and names only what time mends."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "statement", httpx.Response(200, html=page), Wire)

    assert (caught.value.code, caught.value.bank_error.message) == (code, told)


@pytest.mark.parametrize(
    "beginning",
    [
        *("<!DOCTYPE html><html>", "\n <!-- WAF --> <HTML>", "<center>", "<h1 class=a>", "<body\n>"),
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"><html>',
    ],
)
def test_a_page_is_known_by_its_beginning(beginning):
    """Prolog, comments and the outer elements may be missing."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "statement", httpx.Response(200, text=f"{beginning}Sistema em manutenção"), Wire)

    assert (caught.value.code, caught.value.bank_error.message) == ("bank_server_error", "Sistema em manutenção")


@pytest.mark.parametrize(
    "sent",
    [
        "<extrato><lancamento>TARIFA MANUTENÇÃO FULANO</lancamento></extrato>",
        "<?xml version='1.0'?><p:extrato><p:nome>FULANO em manutenção</p:nome></p:extrato>",
        "<OAuth2AccessToken><access_token>FULANO-9f8e7d6c</access_token></OAuth2AccessToken>",
        "<html:row>FULANO</html:row>",
        "<!-- " * 10_000 + "FULANO",
    ],
)
def test_what_may_be_a_holders_text_in_xml_is_not_told(sent):
    """A document in another form than JSON may hold entries, or a new token: it is no web page."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "token", httpx.Response(200, text=sent), Wire)

    assert (caught.value.code, caught.value.bank_error.message) == ("unexpected_bank_response", None)
    assert "FULANO" not in caught.value.detail


def test_a_list_that_is_cut_off_says_nothing_about_the_bank():
    """Its words are those of entries."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "statement", httpx.Response(200, text='{"name": "TARIFA MANUTENÇÃO'), Wire)

    assert (caught.value.code, caught.value.bank_error.message) == ("unexpected_bank_response", None)


@pytest.mark.parametrize(
    "page",
    [
        "<html><script>var texts = {down: 'em manutenção'}</script><h1>Entrar</h1></html>",
        "<html><h1>Entrar</h1>" + "<br>" * 2000 + "<p>Tarifa de manutenção</p></html>",
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_only_what_a_page_shows_at_its_beginning_is_believed(status, page):
    """Its scripts, and what stands far below, may be about anything."""
    response = httpx.Response(status, html=page)
    failure = failure_of(INTER, "balance", response) or unexpected(INTER, "balance", "no JSON", response)

    assert failure.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "sent",
    [
        {"n": "x", "message": "PIX FULANO DE TAL"},
        {"data": [{"description": "PIX FULANO DE TAL"}]},
        {"transaction": {"description": "PIX FULANO DE TAL"}},
        {"accessToken": "Bearer abc.def FULANO DE TAL"},
        [{"message": "PIX FULANO DE TAL"}],
        "PIX FULANO DE TAL",
    ],
)
def test_what_may_be_a_holders_text_is_not_told(sent):
    """An answer that is not nothing but a refusal has texts of account holders, or a token."""
    with pytest.raises(BankFailure) as caught:
        decode(INTER, "statement", httpx.Response(200, json=sent), Wire)

    assert caught.value.code == "unexpected_bank_response"
    assert "FULANO" not in f"{caught.value.detail} {caught.value.bank_error}"


@pytest.mark.parametrize("sent", [{}, {"rows": None}, {"rows": [1]}, {"rows": [1], "message": "ok"}, {"total": 0}])
def test_an_answer_without_words_is_what_it_is(sent):
    """Whatever is left out of it."""
    assert decode(INTER, "statement", httpx.Response(200, json=sent), Optional) == Optional(sent.get("rows"))


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize(
    "body",
    [
        "<html><head><title>400 No required SSL certificate was sent</title></head></html>",
        "<html><body>conta bloqueada, período, data, agência inválida, consentimento revogado, scope</body></html>",
        "no healthy upstream",
        '"conta bloqueada"',
        '{"mensagem": "conta bloqueada',
        "3",
    ],
)
def test_a_foreign_body_names_no_cause(slug, body):
    """Any status with a web page or a text of a proxy is an unexpected answer, with its text."""
    for at, status in product(
        ("token", "statement", "balance", "accounts"), (400, 403, 404, 406, 409, 410, 418, 422, 423)
    ):
        failure = failure_of(contracts.load(slug), at, httpx.Response(status, text=body))

        assert (at, status, failure.code) == (at, status, "unexpected_bank_response")
        assert failure.bank_error.message or body == "3"


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("status", [400, 403, 404, 406, 409, 422])
def test_silence_names_what_was_seen(slug, status):
    """Without a body a status names a cause only where the contract lists it as such."""
    contract = contracts.load(slug)
    declared = {
        symptom.failure
        for symptom in contract.symptoms
        if symptom.empty and status in symptom.status and "statement" in symptom.at
    }

    code = failure_of(contract, "statement", httpx.Response(status)).code

    assert code in (declared or {"unexpected_bank_response"})


@pytest.mark.parametrize("at", ["token", "statement"])
def test_a_page_that_was_seen_names_its_cause(at):
    """A web page with a text that a contract knows from a real exchange names its failure."""
    response = httpx.Response(403, html="<HTML><TITLE>Access Denied</TITLE></HTML>")

    assert failure_of(contracts.load("santander"), at, response).code == "invalid_credentials"


@pytest.mark.parametrize("charset", ["rot13", "idna", "base64", "undefined", "utf-7", "\x00", ""])
@pytest.mark.parametrize("status", [400, 403, 422, 500])
def test_the_named_character_set_is_not_relied_on(charset, status):
    """Whatever a bank calls its character set, its answer is read as UTF-8, or else as Latin-1."""
    for encoding in ("utf-8", "latin-1"):
        content = '{"mensagem": "não é possível"}'.encode(encoding)
        response = httpx.Response(status, headers={"content-type": f"text/plain; charset={charset}"}, content=content)

        assert failure_of(INTER, "statement", response).bank_error.message == "não é possível"


@pytest.mark.parametrize("piece", ["<", "<script>", "&", "&#1;", "a ", '{"a":', "[", '["a b"],', "é", "\\u00e9"])
def test_a_large_refusal_costs_no_more_than_what_is_read_of_it(piece):
    """Refusals are cut before symptoms, words and redaction: sixteen times the body is hardly more work."""

    def work(size):
        response = httpx.Response(400, content=(piece * size)[:size].encode()[:size])
        times = []
        for _ in range(3):
            start = time.process_time()
            failure_of(INTER, "statement", response)
            times.append(time.process_time() - start)
        return min(times)

    assert work(4 << 20) < 4 * work(1 << 18) + 0.05


@pytest.mark.parametrize("slug", contracts.banks())
def test_no_words_of_a_symptom_cost_the_square_of_their_number(slug):
    """Refusals that repeat what a symptom is searched by, over and over."""
    contract = contracts.load(slug)
    asked = [each.body for each in contract.symptoms if "statement" in each.at]
    for word in sorted({word for body in asked for word in re.findall("[a-z]{5,}", body)}):

        def refusal(size, word=word):
            return httpx.Response(400, json={"message": (word * size)[:size]})

        assert grows_no_faster(refusal, lambda response: judge(contract, "statement", response), 4_000), word


@pytest.mark.parametrize("words", ["sem dados ", "nenhum registro ", "no data ", "nenhum lançamento conta "])
def test_no_words_for_nothing_cost_the_square_of_their_number(words):
    """Some banks say in a success, in a text of any length, that there are no entries."""
    assert grows_no_faster(lambda size: words * size, tells_nothing, 4_000)


@pytest.mark.parametrize("piece", [";", ";a=1", '";', "; charset", "; ", ";charset*0=a", "; charset=a"])
def test_no_content_type_costs_the_square_of_its_length(piece):
    """A header may have tens of thousands of signs, and each page has one."""

    def page(size):
        kind = f'application/json; a="{piece * size}'[:size]
        return httpx.Response(200, content='{"name": "Ação"}'.encode("latin-1"), headers={"content-type": kind})

    def decoded(response):
        with pytest.raises(BankFailure):
            decode(INTER, "statement", response, Named)

    assert grows_no_faster(page, decoded, 60_000)


def test_words_are_cut_and_cleaned():
    """The bank's words are cut, and what looks like a secret or a tax id is taken out."""
    found = read(httpx.Response(400, json={"message": "token=canary-1 12345678909 " + "x" * 1000})).error(400)

    assert "canary" not in found.message
    assert "12345678909" not in found.message
    assert len(found.message) <= 300
    assert "400" in repr(found)


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_unexpected(content):
    """Whatever bytes come, they are the struct or an unexpected answer, never another exception."""
    response = httpx.Response(200, content=content)
    try:
        assert isinstance(decode(INTER, "statement", response, Wire).n, int)
    except BankFailure as failure:
        assert failure.code == "unexpected_bank_response"
    read(httpx.Response(500, content=content)).error(500)


def test_a_byte_order_mark_is_passed_over():
    """Some servers put one before their JSON, where it means nothing (RFC 8259, section 8.1)."""
    response = httpx.Response(200, content=b"\xef\xbb\xbf" + b'{"n": 7}')

    assert decode(INTER, "statement", response, Wire).n == 7


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_is_called_so(status, body):
    """It is no answer, whatever its status."""
    with pytest.raises(BankFailure, match="it is empty"):
        decode(INTER, "statement", httpx.Response(status, content=body), Wire)


def test_a_deep_body_is_unexpected():
    """A body nested beyond all measure is an unexpected answer."""
    response = httpx.Response(200, content=b"[" * 100_000)
    with pytest.raises(BankFailure):
        decode(INTER, "statement", response, list)
    assert read(response).error(200).message is not None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"ratelimit-reset": "40"}, 40),
        ({"ratelimit-reset": "40", "retry-after": "7"}, 40),
        ({"retry-after": "7"}, 7),
        ({"ratelimit-reset": " ", "retry-after": "7"}, 7),
        ({"x-other": "9"}, None),
    ],
)
def test_a_documented_header_gives_the_wait(headers, seconds):
    """It counts before Retry-After, which counts at every bank."""
    limits = Limits(wait_headers=("ratelimit-reset",), evidence="documented", source="portal")
    contract = msgspec.structs.replace(INTER, limits=limits)

    refused = judge(contract, "statement", httpx.Response(429, headers=headers))
    busy = judge(contract, "statement", httpx.Response(503, headers=headers))

    assert refused.closed_seconds == (seconds or refused.failure.entry.retry_after or 0)
    assert busy.wait_seconds == (seconds or 0)


def kinds(error):
    """An exception type and all below it that the HTTP library has."""
    found = {error} if error.__module__ == "httpx" else set()
    return found.union(*(kinds(each) for each in error.__subclasses__()))


def test_every_error_of_the_http_library_is_judged():
    """Each is a failure of the bank; a new one in the library has to be looked at before it is taken for granted."""
    judged = {kind: judge(INTER, "statement", kind("x")) for kind in kinds(httpx.TransportError)}

    assert {one.failure.code for one in judged.values()} == {"bank_unavailable"}
    assert {kind for kind, one in judged.items() if one.failure.timed_out} == kinds(httpx.TimeoutException)
    assert {kind for kind, one in judged.items() if one.nothing_sent} == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
    }
    # What is raised outside that tree: both cannot leave the wire, which unpacks itself and follows no redirect.
    assert kinds(httpx.RequestError) - kinds(httpx.TransportError) == {
        httpx.RequestError,
        httpx.DecodingError,
        httpx.TooManyRedirects,
    }


class Named(msgspec.Struct):
    """A body with a text."""

    name: str


class NamedRows(msgspec.Struct):
    """A body with rows that have texts."""

    names: list[Named]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"name": "Ação"}'.encode(), "application/json"),
        ('{"name": "Ação"}'.encode("utf-8-sig"), "application/json"),
        ('{"name": "Ação"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"name": "Ação"}'.encode("cp1252"), 'application/json;charset="windows-1252"'),
        ('{"name": "Ação"}'.encode(), "application/json; charset=ISO-8859-1"),
        ('{"name": "Ação"}'.encode(), "application/json; charset=none"),
    ],
)
def test_a_body_in_another_character_set(content, kind):
    """UTF-8 whatever is declared, with a mark before it or without; else a declared set of one byte a sign."""
    response = httpx.Response(200, content=content, headers={"content-type": kind})

    assert decode(INTER, "statement", response, Named).name == "Ação"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (r"PIX \ud83d", "PIX \ufffd"),
        (r"\ud83d\uD83D\ude00", "\ufffd😀"),
        (r"\uDE00\ude00x", "\ufffd\ufffdx"),
        (r"\ud83d\ude00\ude00", "😀\ufffd"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\\\\\ud83d", "\\\\\ufffd"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud83d\ude00", "😀"),
        (r"\\\ud83d\ude00", "\\😀"),
    ],
)
def test_half_of_a_pair_stands_for_a_sign_that_is_not_known(sent, found):
    """A bank that cuts a text at so many units of UTF-16 may cut an emoji in two; its row is a row all the same."""
    response = httpx.Response(200, content=f'{{"name": "{sent}"}}'.encode())

    assert decode(INTER, "statement", response, Named).name == found


@pytest.mark.parametrize("sign", ["\\ud83d", "ã"])
@pytest.mark.parametrize("within", [0, 1, 2, 3, 4, 5])
def test_a_sign_at_the_border_of_two_parts_of_a_long_body_is_seen(sign, within):
    """A long body is looked through part by part, and a part may begin in the middle of a sign."""
    begin = JSON_PART_BYTES - within - len('{"name": "')
    response = httpx.Response(200, content=f'{{"name": "{"x" * begin}{sign}"}}'.encode())

    assert json.loads(in_utf8(response))["name"][begin:] in {"\ufffd", "ã"}


def test_a_long_body_is_looked_through_in_short_steps(monkeypatch):
    """One step over all of it would hold the interpreter for tens of milliseconds, even where no text ends."""
    rests = []
    monkeypatch.setattr(responses, "rest", lambda: rests.append(1))
    body = '{"name": "' + "ã" * 5 * JSON_PART_BYTES + '"}'

    assert in_utf8(httpx.Response(200, content=body.encode())) == body.encode()
    assert len(rests) >= 2 * 10


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"PIX JO\xc3", "PIX JO\ufffd"),
        (b"PIX JO\xc3  ", "PIX JO\ufffd  "),
        (b"PIX \xe2\x82", "PIX \ufffd"),
        (b"PIX \xe2", "PIX \ufffd"),
        (b"PIX \xf0\x9f\x98", "PIX \ufffd"),
        (b"PIX \xf0\x9f\x98\x80", "PIX 😀"),
        ("PÃO JOÃ".encode()[:-1], "PÃO JO\ufffd"),
        (rb"PIX \ud83d JO" + b"\xc3", "PIX \ufffd JO\ufffd"),
    ],
)
@pytest.mark.parametrize("rows", [1, 20_000])
def test_a_text_that_is_cut_within_a_character_ends_with_a_sign_that_is_not_known(sent, found, rows):
    """A bank that cuts a text at so many bytes may cut an accented letter in two; its row is a row all the same."""
    rest = b'{"name": "P\xc3\xa3o"}'
    content = b'{"names": [' + b",".join([rest] * (rows - 1) + [b'{"name": "' + sent + b'"}']) + b"]}"

    decoded = decode(INTER, "statement", httpx.Response(200, content=content), NamedRows).names

    assert (decoded[-1].name, len(decoded)) == (found, rows)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("PÃO JOÃ".encode()[:-1], "PÃO JO\ufffd"),
        ("PÃO CAFÉ".encode("latin-1"), "PÃO CAFÉ"),
        ("CAFÉ".encode("latin-1"), "CAFÉ"),
    ],
)
def test_a_cut_text_makes_no_other_character_set_of_the_rest(content, found):
    """A declaration of another set counts only where the other texts are not UTF-8."""
    kind = {"content-type": "application/json; charset=ISO-8859-1"}
    response = httpx.Response(200, content=b'{"name": "' + content + b'"}', headers=kind)

    assert decode(INTER, "statement", response, Named).name == found


@pytest.mark.parametrize("sent", [b"PIX \xa3", b"J\xc3 SO", b"\xc3\x28", b"PIX \xff", b"CAF\xc9 P\xc3O"])
def test_other_bytes_that_are_no_text_are_not_guessed(sent):
    """They may be letters of another character set."""
    with pytest.raises(BankFailure) as failure:
        decode(INTER, "statement", httpx.Response(200, content=b'{"name": "' + sent + b'"}'), Named)
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/json; charset=?"])
def test_a_body_of_no_known_character_set(kind):
    """It is not guessed."""
    response = httpx.Response(200, content='{"name": "Ação"}'.encode("latin-1"), headers={"content-type": kind})

    with pytest.raises(BankFailure) as failure:
        decode(INTER, "statement", response, Named)
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("server_error", "bank_server_error"),
        ("temporarily_unavailable", "bank_server_error"),
        ("slow_down", "rate_limited"),
        ("too_many_requests", "rate_limited"),
    ],
)
@pytest.mark.parametrize("slug", contracts.banks())
def test_codes_of_oauth_about_the_server_accuse_no_credentials(slug, error, code):
    """A user whose credentials are right is not told to correct them."""
    refused = httpx.Response(400, json={"error": error, "error_description": "client_id"})

    assert failure_of(contracts.load(slug), "token", refused).code == code


# --- a client certificate that the bank's web server refuses after the handshake

NGINX = "<html><head><title>400 {}</title></head><body><center><h1>400 Bad Request</h1></center>{}</body></html>"
REFUSED, NONE_SENT = "The SSL certificate error", "No required SSL certificate was sent"


def of_page(slug, words, status=400, at="token", **more):
    """Code and place of the failure of a page with these words."""
    content = {"text": NGINX.format(words, words)} | more
    failure = failure_of(contracts.load(slug), at, httpx.Response(status, **content))
    return failure.code, failure.at


@pytest.mark.parametrize("at", ["token", "statement", "balance"])
@pytest.mark.parametrize("slug", contracts.banks())
def test_a_web_server_that_refuses_the_certificate(slug, at):
    """It is what an alert in the handshake is, where the bank wants a certificate. The user is to bring another."""
    wants_one = contracts.load(slug).authentication.mutual_tls is not MutualTLS.NONE
    refused = ("invalid_credentials", "tls") if wants_one else ("unexpected_bank_response", at)

    assert of_page(slug, REFUSED, at=at) == refused
    assert of_page(slug, REFUSED.upper(), at=at) == refused


@pytest.mark.parametrize(
    ("words", "status", "more"),
    [
        (NONE_SENT, 400, {}),
        ("Bad Request", 400, {}),
        (REFUSED, 500, {}),
        (REFUSED, 404, {}),
        ("", 400, {"json": {"detail": REFUSED}, "text": None}),
    ],
)
def test_other_words_about_certificates(words, status, more):
    """One was sent, so that a server which has seen none is odd; other refusals may repeat any words."""
    assert of_page("inter", words, status, at="statement", **more)[1] == "statement"
