"""Faults: what each does to an answer, and to which calls it applies."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from simulators import faults
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.faults.delivery import Delivery, End, arriving, delivered, delivery_of, head_of, shaped
from simulators.faults.rows import value_of
from simulators.faults.unknown_enum import code_fields
from simulators.pki import Authority
from simulators.tokens import TokenState
from simulators.world import World

REQUEST = httpx.Request("GET", "https://bank/")
AUTHORITY = Authority()
STATEMENT = b"""{"totalPaginas":2,"totalElementos":"03","ultimaPagina":false,"saldo":{"disponivel":10.50},
"transacoes":[{"idTransacao":"a","tipoOperacao":"C","valor":1.10,"descricao":"Caf\xc3\xa9","total":7,
"detalhes":{"canal":"APP_NOVO","nome":"Ana"},"partes":[{"id":"x","valor":9007199254740993.01}]},
{"idTransacao":"b","tipoOperacao":"D","valor":2.20,"descricao":null,"total":8},
{"idTransacao":"c","tipoOperacao":"D","valor":2.20,"descricao":null,"total":8}]}"""


def statement():
    return httpx.Response(200, headers={"content-type": "application/json"}, content=STATEMENT)


def altered(name, /, **parameters):
    """The statement as a fault has it."""
    return faults.make(name, parameters).alter(statement())


def read(response):
    """Its JSON, numbers exact."""
    return json.loads(response.content, parse_float=Decimal)


ORIGINAL = read(statement())


@pytest.mark.parametrize("name", faults.names())
def test_each_says_what_it_is_and_what_may_come_of_it(name):
    """A title, failures of the catalogue unless it is harmless, and parameters that all have a default."""
    fault = faults.make(name)

    assert fault.title
    assert fault.failures <= set(contracts.failures().failures)
    assert fault.harmless == (not fault.failures)
    assert not fault.blurs & {"amount", "date"}
    assert all("default" in each for each in faults.parameters(name))


def test_the_one_that_does_nothing():
    """The noop lets everything pass."""
    fault, response = faults.make("noop"), statement()

    assert fault.breaks() is None
    assert fault.instead(REQUEST) is None
    assert fault.alter(response) is response
    assert fault.cut(4, 2) == 4
    assert fault.token(TokenState.VALID) is TokenState.VALID
    assert (fault.follows(True), fault.follows(False)) == (True, False)


@pytest.mark.parametrize(
    ("name", "parameters", "pages"),
    [
        ("lose_page", {"page": 1}, [0, 4, 6]),
        ("repeat_page", {"page": 1}, [0, 2, 2]),
        ("shift_page", {"page": 1, "by": -1}, [0, 1, 3]),
        ("shift_page", {"page": 2, "by": 1}, [0, 2, 5]),
        ("shift_page", {"page": 0, "by": -3}, [0, 0, 1]),
        ("cursor_loop", {}, [0, 0, 0]),
        ("cursor_loop", {"page": 1}, [0, 2, 2]),
    ],
)
def test_paging_faults(name, parameters, pages):
    """A page is lost, repeated or shifted, and all after it move accordingly."""
    fault = faults.make(name, parameters)

    assert [fault.cut(start, 2) for start in (0, 2, 4)] == pages
    assert fault.follows(False) == (name == "cursor_loop")


def test_answers_in_place_of_the_banks():
    """A status with or without a wait, a web page, nothing, another host."""
    waits = [faults.make("status", {"status": 429, "retry_after": wait}).instead(REQUEST) for wait in (7, 0, "logo")]

    assert [response.headers.get("retry-after") for response in waits] == ["7", None, "logo"]
    assert "content-type" not in faults.make("status", {"content_type": ""}).instead(REQUEST).headers
    assert faults.make("html_page", {"status": 502}).instead(REQUEST).headers["content-type"].startswith("text/html")
    assert faults.make("empty_body").instead(REQUEST).content == b""
    assert faults.make("redirect").instead(REQUEST).next_request is None
    assert faults.make("redirect").instead(REQUEST).headers["location"].startswith("https://example.test/")
    assert faults.make("token_expired").token(TokenState.VALID) is TokenState.EXPIRED


def test_a_contract_may_name_a_status_otherwise():
    """A status has the failure that the bank's contract gives it there, besides those of the fault."""
    inter, refused = contracts.load("inter"), faults.make("status", {"status": 401})

    assert "invalid_credentials" in refused.outcomes(inter, "statement")
    assert "invalid_credentials" not in faults.make("status").outcomes(inter, "statement")
    assert faults.make("stalled").outcomes(inter, "statement") == {"bank_unavailable", "deadline_exceeded"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("connection_refused", httpx.ConnectError),
        ("connection_reset", httpx.ReadError),
        ("cut_connection", httpx.RemoteProtocolError),
        ("stalled", httpx.ReadTimeout),
    ],
)
def test_what_a_client_sees_when_no_answer_comes(name, expected):
    """Each broken connection is the error that a client has for it; while it is made, it is one of connecting."""
    broken = faults.make(name).breaks()
    connecting = msgspec.structs.replace(broken, connecting=True).failure(REQUEST)

    assert type(broken.failure(REQUEST)) is expected
    assert not broken.answers
    assert type(connecting) is (httpx.ConnectTimeout if name == "stalled" else httpx.ConnectError)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("reset_in_body", {"keep": 50}, httpx.ReadError),
        ("reset_in_body", {"keep": 0}, httpx.ReadError),
        ("wrong_length", {"by": 1}, httpx.RemoteProtocolError),
        ("dribble", {"bytes_per_second": 0.1}, httpx.ReadTimeout),
        ("compressed_garbage", {}, httpx.DecodingError),
    ],
)
def test_answers_that_do_not_arrive(name, parameters, expected):
    """A client that waits five seconds for a byte has the error of its kind."""
    with pytest.raises(expected):
        delivered(altered(name, **parameters), REQUEST, patience=5)


def test_answers_that_arrive():
    """A slow answer comes whole to the patient; a promise too short ends the body where it says."""
    assert delivered(altered("dribble"), REQUEST, patience=5).content == STATEMENT
    assert delivered(altered("wrong_length", by=-10), REQUEST).content == STATEMENT[:-10]
    assert delivered(altered("wrong_length", by=-10_000), REQUEST).content == b""
    assert (b"content-length", str(len(STATEMENT) - 10).encode()) in head_of(altered("wrong_length", by=-10))


def test_an_undisturbed_answer_is_not_touched():
    """What no fault shapes is delivered as it is."""
    response = statement()

    assert delivered(response, REQUEST) is response
    assert delivery_of(response) == Delivery()


@given(length=st.integers(0, 40), after=st.none() | st.integers(0, 50), off=st.integers(-50, 50))
def test_what_arrives_is_the_beginning_of_the_body(length, after, off):
    """Whatever the shape, a client gets the body's beginning: as much as was promised, or an error."""
    body = bytes(range(length))
    broken = Delivery(end=None if after is None else End.RESET, after=after, length_off=off)
    response = httpx.Response(200, content=body, extensions={"delivery": broken})
    came = b""
    try:
        for part in arriving(response, REQUEST):
            came += part
    except httpx.TransportError:
        assert len(came) < length + off
    else:
        assert len(came) == max(0, length + off)
    assert body.startswith(came)


def test_huge_bodies_are_made_while_they_travel():
    """A huge body and a bomb are the true answer and blanks, in parts, as often as they are sent; a bomb is small."""
    huge, bomb = altered("huge_body", megabytes=2), altered("decompression_bomb", megabytes=4)
    bulk = [b"".join(arriving(huge, REQUEST)) for _ in range(2)]
    packed = b"".join(arriving(bomb, REQUEST))

    assert isinstance(arriving(huge, REQUEST), Iterator)
    assert bulk[0] == bulk[1] == STATEMENT + b" " * (2 * 1024 * 1024)
    assert gzip.decompress(packed) == STATEMENT + b" " * (4 * 1024 * 1024)
    assert len(packed) < 10_000
    assert bomb.headers["content-encoding"] == "gzip"
    assert not [name for name, _ in head_of(huge) if name == b"content-length"]


@pytest.mark.parametrize("name", ["truncate", "malformed_json"])
def test_bodies_that_are_no_json(name):
    """The form is whole, the length is right, and no reader of JSON takes it."""
    response = altered(name)

    assert int(response.headers["content-length"]) == len(response.content)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(response.content)


def test_wrong_encodings():
    """UTF-16 is no UTF-8, Latin-1 only where it is ASCII; nothing of the text is lost."""
    for encoding in ("utf-16", "latin-1"):
        with pytest.raises(UnicodeDecodeError):
            altered("wrong_encoding", encoding=encoding).content.decode("utf-8")
    beyond = httpx.Response(200, content='{"a":"\u2192"}'.encode())
    assert faults.make("wrong_encoding").alter(beyond).json() == {"a": "\u2192"}


def test_only_the_name_of_the_form_changes():
    """The wrong content type is the only thing that is wrong."""
    response = altered("wrong_content_type", content_type="text/plain")

    assert (response.headers["content-type"], response.content) == ("text/plain", STATEMENT)


def test_totals_lie_and_rows_do_not():
    """Counts beside the rows grow, as numbers and as texts of the same width; flags, money and rows stay."""
    lying = read(altered("lying_totals", by=2))

    assert (lying["totalPaginas"], lying["totalElementos"]) == (4, "05")
    assert {**lying, "totalPaginas": 2, "totalElementos": "03"} == ORIGINAL


def test_ids_twice_but_not_of_twins():
    """The next row takes the ids of a row, unless they are twins; nothing else changes."""
    first, second, third = read(altered("duplicate_ids"))["transacoes"]
    twins = read(altered("duplicate_ids", row=1))

    assert [row["idTransacao"] for row in (first, second, third)] == ["a", "a", "c"]
    assert {**second, "idTransacao": "b"} == ORIGINAL["transacoes"][1]
    assert twins == ORIGINAL


def test_unknown_codes():
    """Words of one case are replaced, at any depth of a row; other texts, numbers and what is no row stay."""
    rows = read(altered("unknown_enum"))["transacoes"]

    assert [row["tipoOperacao"] for row in rows] == ["DESCONHECIDO_9"] * 3
    assert rows[0]["detalhes"] == {"canal": "DESCONHECIDO_9", "nome": "Ana"}
    assert (rows[0]["idTransacao"], rows[0]["descricao"], rows[0]["valor"]) == ("a", "Café", Decimal("1.10"))
    one = read(altered("unknown_enum", field="canal"))["transacoes"]
    assert one[0]["detalhes"]["canal"] == "DESCONHECIDO_9"
    assert "DESCONHECIDO_9" not in {row["tipoOperacao"] for row in one}


LINES = b'{"id":"a","kind":"pix","value":1.10}\n{"id":"b","kind":"ted","value":2.20}\n'


@pytest.mark.parametrize(
    ("content", "media", "rows"),
    [
        (LINES, "application/x-ndjson", 2),
        (LINES, "application/jsonl; charset=utf-8", 2),
        (LINES, "text/plain", 2),
        (LINES.splitlines()[0], "application/x-ndjson", 1),
    ],
)
def test_json_lines_are_rows(content, media, rows):
    """Each line is a row; they are written as lines again, numbers exact, and one that says the same is unchanged."""
    answer = httpx.Response(200, headers={"content-type": media}, content=content)
    unknown = faults.make("unknown_enum", {"field": "kind"}).alter(answer)
    found = [json.loads(line, parse_float=Decimal) for line in unknown.content.splitlines()]

    assert [row["kind"] for row in found] == ["DESCONHECIDO_9"] * rows
    assert [row["value"] for row in found] == [Decimal("1.10"), Decimal("2.20")][:rows]
    assert code_fields(answer) == {"kind"}
    spaced = httpx.Response(200, headers={"content-type": media}, content=content.replace(b":", b": "))
    assert value_of(spaced) == value_of(answer) != value_of(unknown)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_another_answer(encoding):
    """A fault that writes the same value in another encoding has changed the answer."""
    answer = httpx.Response(200, json={"text": "Caf\xe9"})
    other = httpx.Response(200, content='{"text":"Caf\xe9"}'.encode(encoding))

    assert value_of(answer) == {"text": "Caf\xe9"}
    assert value_of(other) == other.content


XML = b"""<?xml version='1.0' encoding='utf-8'?>
<list key="7"><row><id>a</id><kind>pix</kind><party><name>Ana</name></party><empty /></row>\
<row no="2"><id>b</id><kind>ted</kind></row></list>"""


@pytest.mark.parametrize("media", ["application/xml", "text/xml; charset=utf-8"])
def test_elements_of_one_name_are_rows(media):
    """XML has rows too; what a fault does not change stays, and a web page is none."""
    answer = httpx.Response(200, headers={"content-type": media}, content=XML)
    unknown = faults.make("unknown_enum", {"field": "kind"}).alter(answer)

    assert unknown.content == XML.replace(b"pix", b"DESCONHECIDO_9").replace(b"ted", b"DESCONHECIDO_9")
    assert code_fields(answer) == {"kind"}
    assert value_of(answer)["row"][1] == {"@no": "2", "id": "b", "kind": "ted"}
    page = httpx.Response(200, headers={"content-type": "text/html"}, content=XML)
    assert faults.make("unknown_enum").alter(page).content == XML


@pytest.mark.parametrize(
    "content", [b"", b"one\ntwo\n", b"<a>text</a>", b"<a><b></a>", b'{"id":"a"}\n{"id":', b"<html></html>"]
)
def test_what_is_neither_json_nor_lines_of_it_stays(content):
    """Rows are changed in an answer that can be read whole, or not at all."""
    answer = httpx.Response(200, headers={"content-type": "application/x-ndjson"}, content=content)

    assert faults.make("unreadable_values", {"probability": 1.0}).alter(answer).content == content


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("PIX", True),
        ("PIX_IN", True),
        ("credit", True),
        ("external_transfer", True),
        ("Padaria", False),
        ("pão", False),
        ("pix enviado", False),
        ("a-b", False),
        ("a", False),
        ("", False),
        ("a" * 31, False),
    ],
)
def test_what_looks_like_a_code(text, is_code):
    """Banks write their codes in capitals or in small letters; names and sentences are none."""
    answer = httpx.Response(200, json={"rows": [{"kind": text}]})
    assert code_fields(answer) == ({"kind"} if is_code else set())


@pytest.mark.parametrize("name", ["null_fields", "missing_fields"])
def test_holes_in_rows_are_seeded(name):
    """The same seed makes the same holes, another one others; lists and what is no row stay."""
    same = [altered(name, probability=0.4, seed=5).content for _ in range(2)]
    all_gone = read(altered(name, probability=1))

    assert same[0] == same[1]
    assert len({altered(name, probability=0.4, seed=seed).content for seed in range(8)}) > 1
    assert altered(name, probability=0).json() == json.loads(STATEMENT)
    assert {**all_gone, "transacoes": []} == {**ORIGINAL, "transacoes": []}
    assert len(all_gone["transacoes"][0]["partes"]) == 1
    assert all(not value for value in all_gone["transacoes"][1].values())


def test_more_fields_at_every_level():
    """Every object has a new field, and without it is what it was, numbers in their exact form."""
    response = altered("extra_fields", name="novo")

    def without(value):
        if isinstance(value, dict):
            assert value.pop("novo")["itens"] == [1, {"valor": None}]
            return {name: without(inner) for name, inner in value.items()}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    assert without(read(response)) == ORIGINAL
    assert b"9007199254740993.01" in response.content


@pytest.mark.parametrize("seconds", [300, -300])
def test_a_clock_that_is_wrong(seconds):
    """The date is shifted, and so is the life of a token in the answer, which stays positive."""
    dated = {"date": "Wed, 18 Mar 2026 13:00:00 GMT"}
    fault = faults.make("clock_skew", {"seconds": seconds})
    altered_answer = fault.alter(httpx.Response(200, headers=dated, json={"expires_in": 3600}))
    short = fault.alter(httpx.Response(200, headers=dated, json={"expires_in": 60}))

    shift = parsedate_to_datetime(altered_answer.headers["date"]) - parsedate_to_datetime(dated["date"])
    assert shift == timedelta(seconds=seconds)
    assert altered_answer.json() == {"expires_in": 3600 + seconds}
    assert short.json()["expires_in"] >= 1


@pytest.mark.parametrize("name", ["lying_totals", "null_fields", "missing_fields", "extra_fields", "clock_skew"])
def test_what_is_no_json_stays(name):
    """A body that is no JSON, or is made while it travels, is left alone."""
    page = httpx.Response(200, text="<h1>Voltamos logo</h1>")
    huge = altered("huge_body", megabytes=1)

    assert faults.make(name).alter(page) is page
    assert faults.make(name).alter(huge) is huge


@given(st.lists(st.sampled_from(faults.names()), max_size=6))
def test_faults_may_come_together(several):
    """Whatever faults apply to one call, there is an answer or an error that a client knows."""
    response = statement()
    for name in several:
        parameters = {"megabytes": 1} if name in {"huge_body", "decompression_bomb"} else {}
        response = faults.make(name, parameters).alter(response)
    try:
        whole = delivered(response, REQUEST, patience=5)
    except (httpx.TransportError, httpx.DecodingError):
        assert set(several) & {"reset_in_body", "wrong_length", "compressed_garbage", "decompression_bomb"}
    else:
        assert whole.status_code == 200


def test_unknown_faults_and_parameters():
    """What does not exist, or is out of its range, is refused."""
    with pytest.raises(KeyError):
        faults.make("nope")
    for name, wrong in (("truncate", {"keeep": 1}), ("truncate", {"keep": 101}), ("lying_totals", {"by": -1})):
        with pytest.raises(msgspec.ValidationError):
            faults.make(name, wrong)


def world(seed=1):
    return World(seed, FrozenClock(NOW), AUTHORITY)


def asked(fault, calls, *, number="7", operation="statement", kind="statement", now=NOW):
    """To which of so many calls it applies."""
    return [fault.applies("inter", number, operation, kind, now) for _ in range(calls)]


AIMS = st.fixed_dictionaries(
    {
        "after": st.integers(0, 5),
        "every": st.integers(1, 4),
        "times": st.integers(0, 4),
        "probability": st.sampled_from((0.0, 0.3, 0.7, 1.0)),
    }
)


@given(AIMS, st.integers(0, 30), st.integers(0, 3))
def test_when_it_applies(aim, calls, seed):
    """The first calls pass, then it applies to each n-th at most, and to so many in all; a seed chooses alike."""
    fault, again = (world(seed).inject("inter", None, None, "noop", **aim) for _ in range(2))
    applied = asked(fault, calls)
    turns = [
        place for place in range(1, calls + 1) if place > aim["after"] and not (place - aim["after"]) % aim["every"]
    ]
    allowed = turns[: aim["times"] or None]

    assert asked(again, calls) == applied
    places = {place for place, hit in enumerate(applied, 1) if hit}
    assert places <= set(turns)
    assert len(places) <= (aim["times"] or calls)
    if aim["probability"] == 1:
        assert places == set(allowed)
    if aim["probability"] == 0:
        assert not places
    assert (fault.calls, fault.applied) == (calls, len(places))


def test_chance_depends_on_the_seed_and_on_each_fault():
    """Another seed, or another fault of the same world, applies to other calls."""
    one, other = world(1), world(2)
    patterns = {
        tuple(asked(each.inject("inter", None, None, "noop", probability=0.5), 64)) for each in (one, one, other)
    }

    assert len(patterns) == 3
    assert all(10 < sum(pattern) < 54 for pattern in patterns)


def test_where_it_strikes():
    """Only the bank, the account and the operation, by name or kind, that it is meant for; other calls do not count."""
    fault = world().inject("inter", "7", "statement", "noop")

    assert asked(fault, 1) == [True]
    assert asked(fault, 1, operation="basic_statement") == [True]
    assert asked(fault, 1, number="8") == [False]
    assert asked(fault, 1, operation="token", kind="token") == [False]
    assert not fault.applies("stone", "7", "statement", "statement", NOW)
    assert fault.calls == 2


def test_the_connection_itself():
    """Without an account, `tls` means a connection of anybody; with one, every call of its holder."""
    anyone, holder, every = (
        world().inject("inter", n, o, "stalled") for n, o in ((None, "tls"), ("7", "tls"), ("7", None))
    )
    connection = {"number": None, "operation": "tls", "kind": "tls"}

    assert [asked(fault, 1, **connection) for fault in (anyone, holder, every)] == [[True], [False], [False]]
    assert [asked(fault, 1) for fault in (anyone, holder, every)] == [[False], [True], [True]]
    assert anyone.breaks().connecting
    assert not every.breaks().connecting


def test_how_long_it_is_at_work():
    """After so many seconds of the world's clock it applies no more."""
    here = world()
    fault = here.inject("inter", None, None, "noop", seconds=60)

    assert asked(fault, 1, now=NOW + timedelta(seconds=59)) == [True]
    assert asked(fault, 1, now=NOW + timedelta(seconds=60)) == [False]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("after", -1), ("every", 0), ("probability", 1.1), ("probability", -0.1), ("times", -1), ("seconds", -1)],
)
def test_aims_out_of_range(name, wrong):
    """What makes no sense is refused by name, and nothing is injected."""
    here = world()
    with pytest.raises(msgspec.ValidationError, match=name):
        here.inject("inter", None, None, "noop", **{name: wrong})
    assert not here.faults


@pytest.mark.parametrize(
    ("parameters", "least", "most", "different"),
    [
        ({"milliseconds": 300}, 0.3, 0.3, False),
        ({"milliseconds": 300, "distribution": "uniform", "spread": 0.5}, 0.15, 0.45, True),
        ({"milliseconds": 300, "distribution": "log_normal", "spread": 1}, 0.0, 120.0, True),
    ],
)
def test_latency_is_drawn_anew_for_each_call_and_the_same_again(parameters, least, most, different):
    """Two runs of the same calls wait equally; a distribution spreads the calls of one run."""
    runs = []
    for _ in range(2):
        world = World(1, FrozenClock(NOW), AUTHORITY)
        active = world.inject("inter", None, "statement", "latency", parameters)
        delays = []
        for _ in range(40):
            assert active.applies("inter", "1", "statement", "statement", NOW)
            delays.append(delivery_of(active.alter(statement())).before)
        runs.append(delays)
        assert active.struck == 40

    assert runs[0] == runs[1]
    assert least <= min(runs[0])
    assert max(runs[0]) <= most
    assert (len(set(runs[0])) > 1) == different


def test_a_narrow_line_takes_its_time():
    """The body comes in pieces whose pauses make the bandwidth; an impatient client gives up."""
    delivery = delivery_of(altered("latency", milliseconds=0, kilobytes_per_second=4))

    assert delivery.piece / delivery.pause == pytest.approx(4000)
    late = delivery_of(faults.make("latency", {"milliseconds": 9000}).alter(statement()))
    assert late.before == 0, "what is drawn is added by the fault that was injected"
    with pytest.raises(httpx.ReadTimeout):
        delivered(shaped(statement(), before=9.0), REQUEST, patience=5)


def test_only_a_changed_answer_counts_as_struck():
    """A fault that finds nothing to change in an answer was applied, and did not strike."""
    world = World(1, FrozenClock(NOW), AUTHORITY)
    active = world.inject("inter", None, None, "null_fields")
    for body in (b"[]", STATEMENT):
        active.applies("inter", "1", "statement", "statement", NOW)
        active.alter(httpx.Response(200, headers={"content-type": "application/json"}, content=body))

    assert (active.calls, active.applied, active.struck) == (2, 2, 1)
