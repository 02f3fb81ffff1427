"""The site of the guide is built once, and everything that it says of the project is true of the project."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import msgspec
import pytest
from click import Context, Group
from litestar import Litestar

import contracts
from docs.generator.__main__ import main
from extrato_testing import plugin
from gateway.app import create_app
from gateway.cli import cli as gateway
from gateway.help.topics import topics
from gateway.limits import CERTIFICATE_NOTICE_DAYS, WEBHOOK_GIVEN_UP_AFTER
from gateway.setting_names import NAMES
from gateway.settings import Secrets, Settings
from simulators import faults
from simulators.cli import main as simulators
from simulators.control.app import control_app
from simulators.oauth import OAuthBank
from simulators.scenarios import all_scenarios
from simulators.world import Parameters
from simulators.worlds.registry import Worlds
from tests.docs.building import built
from tests.docs.walkthrough import GUIDE, ROOT

SPECIFICATIONS = frozenset({"www.standardwebhooks.com", "www.rfc-editor.org"})
"""Other sites to which a page may link."""
NAMED_BY_SCRIPTS = frozenset({"www.w3.org", "www.sphinx-doc.org"})
"""A namespace of SVG, and a word among the translations of the generator."""
LOADING = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src", "srcdoc"),
    "img": ("src", "srcset"),
    "image": ("href", "xlink:href"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
"""Attributes by which an element loads something."""
WRITTEN = sorted(GUIDE.glob("*.md"))
COMMANDS = {"gateway": gateway, "simulators": simulators}


@dataclass
class Html(HTMLParser):
    """What a page loads, links to, and says."""

    file: Path
    language: str = ""
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    english: bool = False
    _within: str = ""

    def __post_init__(self):
        super().__init__()
        self.feed(self.file.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self._within = tag if tag in {"style", "script"} else ""
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "html":
            self.language = found.get("lang", "")
        if tag == "div" and found.get("lang") == "en":
            self.english = True
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.loads += (found[name] for name in LOADING.get(tag, ()) if name in found)
        if "style" in found:
            self.styles.append(found["style"])
        assert not [name for name in found if name.startswith("on")], f"{self.file}: {found}"

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, data):
        (self.styles if self._within == "style" else self.words).append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built by the first of the processes that run these tests."""
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def pages(site):
    """All pages, by their place in the site."""
    return {str(file.relative_to(site)): Html(file) for file in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def openapi():
    app = create_app(Settings(database_url="sqlite://", secret_keys=Secrets()))
    return app.openapi_schema.to_schema()


@pytest.fixture(scope="module")
def control():
    app: Litestar = control_app(Worlds())
    return app.openapi_schema.to_schema()


def test_nothing_is_loaded_from_elsewhere(site, pages):
    """Scripts, styles, fonts and pictures lie in the site; only specifications are linked to."""
    assert len(pages) > 30
    for name, page in pages.items():
        for address in page.loads:
            parts = urlsplit(address)
            assert not (parts.scheme or parts.netloc) or parts.scheme == "data", (name, address)
            assert parts.scheme == "data" or not parts.path or _file(site, name, parts.path).is_file(), (name, address)
        for style in page.styles:
            assert not re.search(r"url\(|@import", style), name
        hosts = {urlsplit(address).netloc for address in page.links} - {""}
        assert hosts <= SPECIFICATIONS, name
    for sheet in site.rglob("*.css"):
        for address in re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")]+)", sheet.read_text("utf-8")):
            assert address.startswith("data:") or (sheet.parent / urlsplit(address).path).is_file(), (sheet, address)
    for script in site.rglob("*.js"):
        code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", script.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        asked = re.findall(r"""(?:fetch|open|importScripts|import)\(\s*["'`](?:https?:)?//""", code)
        assert not asked, script
        assert set(re.findall(r"https?://([^/\"'`\s]+)", code)) <= NAMED_BY_SCRIPTS, script


def test_every_link_and_anchor_holds(site, pages):
    """Within the site every link leads to a file, and to a place in it where it names one."""
    for name, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.netloc:
                continue
            assert not parts.scheme, (name, address)
            target = _file(site, name, parts.path) if parts.path else site / name
            assert target.is_file(), (name, address)
            if parts.fragment and target.suffix == ".html":
                place = str(target.resolve().relative_to(site.resolve()))
                assert unquote(parts.fragment) in pages[place].anchors, (name, address)


def _file(site, page, path):
    """The file that a relative address means."""
    return site / urlsplit(urljoin(f"http://site/{page}", unquote(path))).path.lstrip("/")


def test_each_page_tells_its_language(pages):
    """Every page is Portuguese, and the text of an English one is marked as English."""
    for name, page in pages.items():
        assert page.language == "pt-BR", name
        assert page.english != name.startswith(("guia/", "index", "search")), name
    assert pages["guia/erp.html"].text.count("Nesta página") == 1
    for words in ("Skip to content", "Toggle", "Table of Contents", "On this page", "Made with", "Back to top"):
        assert words not in (pages["guia/erp.html"].file.read_text("utf-8")), words


def test_every_bank_has_its_page(pages):
    """With its fields, steps, hour and first import as the contract has them, and all failures that can occur there."""
    slugs = contracts.banks()
    assert len(slugs) >= 12
    for slug in slugs:
        contract, text = contracts.load(slug), pages[f"guia/bancos/{slug}.html"].text
        enrolment = contract.enrolment
        said = [contract.name, contract.compe, contract.period.available_by, *enrolment.steps, *enrolment.notices]
        said += [enrolment.created_by[1:], f"{contract.period.first_import_days} dias para trás"]
        said += [part for field in enrolment.fields for part in (field.label, field.help) if part]
        here = [topic for topic in topics().values() if any(bank.bank == slug for bank in topic.banks)]
        assert len(here) > 10
        for topic in here:
            (bank,) = [each for each in topic.banks if each.bank == slug]
            said += [topic.title, topic.code, topic.remedy, *topic.mends]
            said += [step.replace("abaixo", "nesta página") for step in bank.steps]
        for words in said:
            assert " ".join(words.split()) in text, (slug, words)
        assert f"guia/bancos/{slug}.html" in {
            _place("guia/contador.html", link) for link in pages["guia/contador.html"].links
        }


def test_every_failure_and_warning_is_told(pages):
    """Each code of the catalogue has its place on the page of failures."""
    page = pages["guia/falhas.html"]
    for code, topic in topics().items():
        assert code in page.anchors, code
        assert topic.title in page.text, code


def test_the_api_is_told_without_scripts(pages, openapi):
    """Each call, parameter and schema of the OpenAPI document stands in the HTML."""
    told = {name: page for name, page in pages.items() if name.startswith("api/")}
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            (page,) = {name for name, page in told.items() if f"api-{operation['operationId'].lower()}" in page.anchors}
            text = told[page].text
            assert f"{method.upper()} {path}" in text
            assert operation["summary"] in text
            for parameter in operation.get("parameters", ()):
                assert parameter["name"] in text, (path, parameter["name"])
            for status in operation["responses"]:
                assert status in text, (path, status)
    schemas = told["api/schemas.html"]
    for name, schema in openapi["components"]["schemas"].items():
        assert f"schema-{name.lower()}" in schemas.anchors
        for part in schema.get("properties", ()):
            assert part in schemas.text, (name, part)


def _place(page, link):
    return urlsplit(urljoin(f"http://site/{page}", link)).path.lstrip("/")


def test_pages_of_developers_are_in_the_contents(pages):
    """Each page of `docs/` stands in the list of pages, without being named there."""
    listed = {_place("index.html", link) for link in pages["index.html"].links}
    for file in (ROOT / "docs").glob("*.md"):
        assert f"{file.stem}.html" in listed, file
    assert {"contracts.html", "banks.html", "api/index.html"} <= listed


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page, openapi, control):
    """Settings, commands with their options, calls, and every word in code that looks like one of our names."""
    text = page.read_text("utf-8")
    secret_files = {"DATABASE_URL_FILE", "SECRET_KEYS_FILE"}
    assert set(re.findall(r"GATEWAY_(\w+)", text)) - {""} <= NAMES | secret_files
    for line in _commands(text):
        _check_command(line)
    calls = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]+)", text))
    known = {(method, _open(path)) for method, path in [*_calls(openapi), *_calls(control)]}
    for method, path in calls:
        assert (method, _open(path)) in known, (method, path)
    names = _names(openapi, control)
    for word in re.findall(r"(?<!`)`([a-z]+(?:_[a-z]+)+)`(?!`)", text):
        assert word in names, word


def _commands(text):
    """The commands of a page: those in its blocks and those within sentences."""
    blocks = re.findall(r"^```(?:bash|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()] + re.findall(
        r"`((?:gateway|simulators) [^`]+)`", text
    )
    for line in lines:
        if found := re.search(r"(?:^|\$\(|; )((?:gateway|simulators) .+?)(?: [>|&].*|\))?$", line):
            yield found[1]


def _check_command(line):
    """Each word before the first option names a command, and each option is one of it."""
    program, *words = line.split()
    command = COMMANDS[program]
    # As click resolves them: a group may load a command only when it is called.
    while isinstance(command, Group) and words and not words[0].startswith("-"):
        context = Context(command)
        if command.get_command(context, words[0]) is None:
            break
        _, command, words = command.resolve_command(context, words)
    assert not (isinstance(command, Group) and not command.invoke_without_command), line
    options = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    assert {word for word in words if word.startswith("--")} <= options, line


def _calls(document):
    return [(method.upper(), path) for path, item in document["paths"].items() for method in item]


def _open(path):
    return re.sub(r"\{\w+\}", "{}", path)


def _names(openapi, control):
    """All names that may stand in a page as code."""
    catalogue = contracts.failures()
    names = {*catalogue.failures, *catalogue.warnings, *all_scenarios(), *faults.names(), *contracts.banks()}
    names |= {each["name"] for fault in faults.names() for each in faults.parameters(fault)}
    names |= set(Parameters.__struct_fields__) | {"client_id", "client_secret"}
    for document in (openapi, control):
        for schema in document["components"].get("schemas", {}).values():
            names |= {*schema.get("properties", ()), *map(str, schema.get("enum", ()))}
        for item in document["paths"].values():
            names |= {each["name"] for operation in item.values() for each in operation.get("parameters", ())}
    names |= {name for name in dir(OAuthBank) if not name.startswith("_")}  # what authors of a simulator call
    return names | {"look_up", "extrato_testing", "client_certificate", *plugin.__all__}


CONTROL_CALL = r"`(GET|POST|PUT|PATCH|DELETE) (/_sim/[\w/{}.-]+)(?:\?[^`]*)?`"


def test_the_tables_of_the_guide_are_whole(control):
    """The page for testers has every call of the control, that for operators every alert, in their words."""
    told = {(m, _open(p)) for m, p in re.findall(CONTROL_CALL, (GUIDE / "qa.md").read_text("utf-8"))}
    assert told == {(method, _open(path)) for method, path in _calls(control)}
    rules = msgspec.yaml.decode((ROOT / "deploy" / "alerts.yaml").read_bytes())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"^\| `([A-Z][a-z]\w+)`", (GUIDE / "operador.md").read_text("utf-8"), re.MULTILINE)) == alerts


def test_the_numbers_of_the_guide_are_those_of_the_limits():
    """Where a page says how long, the gateway does it so long."""
    notices = sorted(CERTIFICATE_NOTICE_DAYS, reverse=True)
    assert f"avisa {notices[0]}, {notices[1]} e {notices[2]} dias antes" in (GUIDE / "contador.md").read_text("utf-8")
    assert timedelta(days=3) == WEBHOOK_GIVEN_UP_AFTER
    assert "enviado de novo por três dias" in (GUIDE / "erp.md").read_text("utf-8")


def test_a_folder_with_other_files_is_left_alone(tmp_path, capsys):
    """Only an empty folder or an earlier site is replaced."""
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")

    assert main(str(tmp_path)) == 2
    assert precious.read_text() == "mine"
    assert "no site" in capsys.readouterr().err


def test_the_readme_leads_to_the_guide():
    """One line of the README does."""
    assert "docs/index.md" in (ROOT / "README.md").read_text("utf-8")
    assert "make docs" in (ROOT / "README.md").read_text("utf-8")
