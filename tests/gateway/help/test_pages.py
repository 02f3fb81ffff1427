"""Help pages are valid, whole, honest about what is known, and lead to each other and nowhere else."""

import base64
import hashlib
import re
from datetime import timedelta

import msgspec
import pytest

import contracts
from contracts.catalogue import Failure
from contracts.fact import Evidence
from contracts.schema import Contract
from gateway.help.facts import facts_of
from gateway.help.mending import mends
from gateway.help.topics import ACTORS, BankHelp, topic_of, topics
from gateway.help.words import counted, duration, listed
from gateway.limits import EXPIRY_NOTICE, HELP_CODE_CHARACTERS, IMPORT_ATTEMPTS
from gateway.pages.help import views
from simulators.banks import bank_class
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.scenarios import all_scenarios
from simulators.world import World
from tests.gateway.help.markup import Markup, read
from tests.gateway.support import NOW

CODES = [*contracts.failures().failures, *contracts.failures().warnings]
OFFICIAL = [code for code, failure in contracts.failures().failures.items() if failure.official]

every_code = pytest.mark.parametrize("code", CODES)
every_bank = pytest.mark.parametrize("slug", contracts.banks())


def page(code: str) -> Markup:
    """The page of a code."""
    found = views.page_of(code)
    assert found is not None
    return read(found.body)


def text_of(code: str) -> str:
    """The page of a code without its markup."""
    return " ".join(text for name, texts in page(code).text.items() if name != "style" for text in texts)


def at_bank(code: str, slug: str) -> BankHelp:
    """What a page says of one bank."""
    (found,) = (each for each in topics()[code].banks if each.bank == slug)
    return found


def check(markup: Markup) -> None:
    """What holds of every page."""
    assert markup.faults == []
    assert markup.headings[0] == 1
    assert markup.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(markup.headings, markup.headings[1:], strict=False))
    assert markup.all("html", "lang") == ["pt-BR"]
    assert len(markup.text["title"]) == 1
    ids = set(markup.all("*", "id"))
    assert set(markup.all("*", "aria-labelledby")) <= ids
    for address in markup.all("*", "href"):
        assert address == "./" or address in topics() or (address.startswith("#") and address[1:] in ids), address
    # Nothing is loaded, run or styled but by the stylesheet that the policy names.
    assert {name for _, given in markup.elements for name in given} <= {
        *("lang", "charset", "name", "content", "class", "id", "href", "aria-label", "aria-labelledby", "scope"),
    }
    (style,) = markup.text["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in views.policy()
    assert not re.search(r"url\(|@import|https?:", style)


@every_code
def test_each_code_has_a_valid_page(code: str) -> None:
    """Nested well, with one first heading, unique ids, and links that lead somewhere."""
    check(page(code))


@pytest.mark.parametrize("code", ["bank_unavailabel", "", "x" * 10_000, "<script>alert(1)</script>", "ção"])
def test_the_page_of_no_code_is_valid(code: str) -> None:
    """It repeats nothing of what was asked for."""
    found = views.missing(code).body

    check(read(found))
    assert b"alert" not in found
    assert b"xxxx" not in found


def test_a_misspelt_code_is_offered_the_right_one() -> None:
    """Also in capitals, and where too much was copied."""
    for code in ("bank_unavailabel", "BANK_UNAVAILABLE", "bank_unavailable.", "bank-unavailable"):
        assert read(views.missing(code).body).all("a", "href").count("bank_unavailable") == 1
    far = read(views.missing("z" * HELP_CODE_CHARACTERS).body)
    assert set(far.all("a", "href")) == {"#conteudo", "./"}


def test_the_index_is_valid_and_leads_to_every_page() -> None:
    """Once each; those with an official title first, in the order of the catalogue."""
    markup = read(views.index().body)

    check(markup)
    led = [address for address in markup.all("a", "href") if not address.startswith("#")]
    assert len(led) == len(set(led))
    assert set(led) == set(CODES)
    assert led[: len(OFFICIAL)] == OFFICIAL
    assert len(OFFICIAL) == 8
    data = msgspec.json.decode(views.index_data().body)["topics"]
    assert [each["code"] for each in data[: len(OFFICIAL)]] == OFFICIAL
    assert {each["code"] for each in data} == set(CODES)


@every_code
def test_each_page_says_all_that_there_is_to_say(code: str) -> None:
    """Title and remedy of the catalogue, who has to act, whether it mends itself, and the fields of the API."""
    topic, text, catalogue = topics()[code], text_of(code), contracts.failures()
    headings = page(code).text["h2"]
    for heading in ("O que aconteceu", "O que fazer", "Quem precisa agir", "Isso se resolve sozinho?"):
        assert heading in headings
    assert any(heading.startswith("Por que") for heading in headings)
    assert topic.remedy in text
    assert f"{ACTORS[topic.actor]}." in text
    assert all(said in text for said in (*topic.happened, *topic.why, *topic.steps, *topic.mends))
    assert topic.mends
    failure = catalogue.failures.get(code)
    assert page(code).text["h1"] == [(failure or catalogue.warnings[code]).title]
    if failure is None:
        assert topic.warning
        assert "status 200" in text
        return
    assert topic.actor == failure.actor
    cells = page(code).text["td"]
    assert any(cell.startswith(str(failure.status)) for cell in cells)
    if failure.retry_after is not None:
        assert any(cell.startswith(f"{failure.retry_after} segundos") for cell in cells)
        assert duration(failure.retry_after) in " ".join(topic.mends)
    if failure.scenario:
        assert f"simulators accounts --scenario {failure.scenario}" in text
        assert failure.scenario in all_scenarios()


@every_bank
def test_what_can_happen_at_a_bank_is_said_of_it(slug: str) -> None:
    """Each failure that a scenario of the simulated bank comes to has its steps there, official or not.

    The simulated banks know by themselves what can happen at them.
    """
    bank = bank_class(slug)(contracts.load(slug), World(1, FrozenClock(NOW), Authority()))
    happening = {all_scenarios()[name].expected for name in bank.scenarios()} - {"ok"}
    assert {"bank_unavailable", "bank_server_error", "integration_paused", "invalid_credentials"} <= happening

    for code in sorted(happening & topics().keys()):
        topic = topics()[code]
        if topic.about_banks:
            said = at_bank(code, slug)
            assert said.steps, code
            assert f"#banco-{slug}" in page(code).all("a", "href")
    assert {code for code in happening if not topics()[code].about_banks} <= {"invalid_request"}


@every_bank
def test_steps_and_form_of_each_bank_are_those_of_its_contract(slug: str) -> None:
    """In order, with where each value is found."""
    enrolment, text = contracts.load(slug).enrolment, text_of("invalid_credentials")
    by_title = {facts.title: facts for facts in at_bank("invalid_credentials", slug).facts}

    assert by_title["Como o acesso é criado"].items == enrolment.steps
    assert by_title["Como o acesso é criado"].evidence is enrolment.evidence
    for field, item in zip(enrolment.fields, by_title["O que o formulário pede"].items, strict=True):
        assert item.startswith(field.label)
        assert field.help in item
        assert item in text


@every_bank
def test_hours_and_periods_of_each_bank_are_those_of_its_contract(slug: str) -> None:
    """The hour, what it answers, and how far a first import reaches."""
    period = contracts.load(slug).period
    hours = {facts.title: " ".join(facts.items) for facts in at_bank("statement_not_ready", slug).facts}["Horários"]
    periods = {facts.title: " ".join(facts.items) for facts in at_bank("period_out_of_range", slug).facts}["Períodos"]

    assert period.available_by in hours
    assert ("fins de semana" in hours) is period.sends_weekends_again
    assert counted(period.first_import_days, "dia", "dias") in periods
    assert ("divide" in periods) is bool(period.max_days)


@every_code
def test_what_is_assumed_is_called_so(code: str) -> None:
    """The cause, the steps at a bank, its facts, and how it shows the failure."""
    topic, known = topics()[code], " | ".join(page(code).text.get("p", []))
    marks = [
        *([topic.evidence] if topic.about_banks else []),
        *(bank.evidence for bank in topic.banks if bank.evidence is not None),
        *(facts.evidence for bank in topic.banks for facts in bank.facts),
        *(mark for bank in topic.banks if not topic.warning for mark in bank.shown_as),
    ]
    for mark, word in (
        (Evidence.ASSUMED, "supost"),
        (Evidence.DOCUMENTED, "documentado"),
        (Evidence.OBSERVED, "visto"),
    ):
        assert mark not in marks or word in known, mark
    assert topic.about_banks == ("suposto" in page(code).text.get("dt", []))


def test_a_bank_whose_words_are_assumed_or_not_needed_says_so() -> None:
    """By the evidence of the symptoms in the contract."""
    assert at_bank("password_expired", "itau").shown_as == (Evidence.ASSUMED,)
    assert "As palavras do banco não foram vistas." in text_of("password_expired")
    assert at_bank("bank_unavailable", "inter").shown_as == ()
    assert "não depende de palavras do banco" in text_of("bank_unavailable")
    assert at_bank("invalid_credentials", "inter").shown_as == (Evidence.OBSERVED, Evidence.DOCUMENTED)


def as_bank(monkeypatch: pytest.MonkeyPatch, contract: Contract) -> None:
    """Let a contract be the only one."""
    monkeypatch.setattr(contracts, "banks", lambda: (contract.slug,))
    monkeypatch.setattr(contracts, "load", lambda slug: contract)


def test_markup_in_a_contract_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank may come from a package of others."""
    planted = "</li><script>alert('x')</script> <img src=x onerror=alert(1)> {{ 7 * 7 }} & \" '"
    known = contracts.load("inter")
    field = msgspec.structs.replace(known.enrolment.fields[0], label=planted, help=planted)
    enrolment = msgspec.structs.replace(known.enrolment, steps=(planted,), fields=(field,))
    as_bank(monkeypatch, msgspec.structs.replace(known, slug="new_bank", name=planted, enrolment=enrolment))

    for code in ("invalid_credentials", "invalid_account", "certificate_expired"):
        found = views.rendered(topic_of(code, contracts.help_texts().topics[code])).body
        check(read(found))
        assert b"<script" not in found
        assert b"<img" not in found
        assert b"49" not in found.partition(b"</style>")[2]
        assert any(planted in text for text in read(found).text["li"])


def test_a_bank_of_others_has_help_without_a_line_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its facts and the steps for any bank; what cannot happen there is not said of it."""
    as_bank(monkeypatch, msgspec.structs.replace(contracts.load("inter"), slug="new_bank", name="Banco Novo"))
    texts = contracts.help_texts().topics

    for code in ("bank_unavailable", "invalid_credentials", "certificate_expired", "invalid_account"):
        (bank,) = topic_of(code, texts[code]).banks
        assert (bank.name, bank.steps, bank.evidence) == ("Banco Novo", texts[code].at_bank, None)
    for code in ("password_expired", "wrong_user_profile", "consent_expired", "internal_error"):
        assert topic_of(code, texts[code]).banks == ()


def test_certificates_and_consents_are_said_of_the_banks_that_have_them() -> None:
    """As the forms and the grants of the contracts say."""
    of_certificates = {bank.bank for bank in topics()["certificate_expired"].banks}
    assert of_certificates == {
        slug
        for slug in contracts.banks()
        if any(field.kind.value == "certificate" for field in contracts.load(slug).enrolment.fields)
    }
    assert {"btg_pactual", "bs2"} <= {bank.bank for bank in topics()["consent_expired"].banks}
    assert "banco_do_brasil" not in {bank.bank for bank in topics()["account_type_not_supported"].banks}
    assert {bank.bank for bank in topics()["bank_communication_failed"].banks} == {"santander"}


def test_times_in_texts_are_those_of_the_gateway() -> None:
    """The advice names the notice before an end."""
    for code in ("certificate_expired", "certificate_expiring", "consent_expiring"):
        assert f"{EXPIRY_NOTICE // timedelta(days=1)} dias" in text_of(code)


PLAIN = Failure(status=502, title="t", remedy="r", actor="bank", retryable=True, retry_after=300)


@pytest.mark.parametrize(
    ("changed", "begins", "has", "lacks"),
    [
        ({}, "Pode passar sozinha", (f"{IMPORT_ATTEMPTS} vezes", "5 minutos", "10 dias úteis"), ("tentativas",)),
        ({"max_attempts": 3}, "Pode passar sozinha", ("até 3 tentativas",), ()),
        ({"retry_after": 86_400}, "Pode passar sozinha", ("1 dia.", "no próximo dia útil"), ("12 vezes",)),
        ({"actor": "user"}, "Depois que a pessoa", ("5 minutos",), ("10 dias úteis",)),
        ({"stops_integration": True, "retryable": False}, "Não.", ("se repete, ao menos 1 hora",), ("12 vezes",)),
        ({"stops_integration": True, "conclusive_in_words": True}, "Não.", ("com clareza",), ("12 vezes",)),
        ({"retryable": False, "retry_after": None, "actor": "caller"}, "Não.", ("corrigido",), ("consultar",)),
        ({"retryable": False, "retry_after": None, "actor": "user"}, "Não.", ("alguém aja",), ("consultar",)),
    ],
)
def test_whether_it_mends_itself_follows_from_the_catalogue(
    changed: dict[str, object], begins: str, has: tuple[str, ...], lacks: tuple[str, ...]
) -> None:
    """And from the limits of the gateway."""
    said = " ".join(mends(msgspec.structs.replace(PLAIN, **changed), about_bank=True, said=()))

    assert said.startswith(begins)
    assert all(part in said for part in has), said
    assert not any(part in said for part in lacks), said


def test_what_is_written_of_a_code_stands_in_the_place_of_the_rule() -> None:
    """But when to ask again is still the catalogue's; the import is said nothing of where no bank is asked."""
    assert mends(PLAIN, about_bank=True, said=("A.",))[0] == "A."
    assert "5 minutos" in mends(PLAIN, about_bank=True, said=("A.",))[1]
    assert not any("importação" in said for said in mends(PLAIN, about_bank=False, said=()))


def test_only_what_is_known_is_shown_of_a_bank() -> None:
    """A bank without certificate or authorization has no such group."""
    parts = contracts.help_texts().topics["consent_expired"].shows

    assert [facts.title for facts in facts_of(contracts.load("pagseguro"), parts)] == [
        "Períodos",
        "Como o acesso é criado",
    ]
    limits = {
        slug: next(iter(facts_of(contracts.load(slug), contracts.help_texts().topics["rate_limited"].shows))).items
        for slug in contracts.banks()
    }
    assert "Até 10 consultas de extrato em 1 minuto, por aplicação." in limits["inter"]
    assert limits["itau"] == ("Este banco não publica um limite. Quando ele recusa, vale a espera que ele indicar.",)


def test_numbers_in_words() -> None:
    """With the unit that divides them, and the plural."""
    assert [duration(seconds) for seconds in (1, 60, 300, 3600, 5400, 86_400, 172_800)] == [
        *("1 segundo", "1 minuto", "5 minutos", "1 hora", "90 minutos", "1 dia", "2 dias"),
    ]
    assert (counted(1825, "dia", "dias"), counted(1, "dia", "dias")) == ("1.825 dias", "1 dia")
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])) == ("a", "a e b", "a, b e c")


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_texts_stand_out_in_light_in_dark_and_on_paper() -> None:
    """By seven to one for what is read and four and a half for links; a focused link by three."""
    (style,) = page("rate_limited").text["style"]
    schemes = [
        dict(re.findall(r"--(\w+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        for ground in ("ground", "raised"):
            for name, least in (("ink", 7), ("soft", 7), ("link", 4.5), ("focus", 3)):
                pair = sorted(luminance({**schemes[0], **scheme}[each]) for each in (ground, name))
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= least, (name, ground)
