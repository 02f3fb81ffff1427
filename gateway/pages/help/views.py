"""The help as HTML pages and as JSON, made once and kept: there are as many as the catalogue has codes.

Pages have no script and no address but those of other pages, relative to their own: they are the same at whatever
address browsers reach the gateway. The one stylesheet stands in each page, so that a page that is saved or printed is
whole; the policy names its digest, and no other style is applied.
"""

import hashlib
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from contracts.fact import Evidence
from gateway.help.evidence import KNOWN, KNOWN_WHY, LEGEND, SELF_FOUND
from gateway.help.topics import ACTORS, HelpTopic, topics
from gateway.limits import HELP_CODE_CHARACTERS, HELP_SUGGESTIONS
from gateway.pages.shared import csp, environment, style_source

__all__ = [
    "HelpIndex",
    "HelpTitle",
    "Page",
    "data_of",
    "index",
    "index_data",
    "missing",
    "page_of",
    "policy",
    "rendered",
]

TEMPLATES = Path(__file__).parent / "templates"


class Page(Struct, frozen=True):
    """A page, or the same as JSON."""

    body: bytes
    entity_tag: str


class HelpTitle(Struct, frozen=True):
    """A code with its Portuguese title."""

    code: str
    title: str
    official: bool
    warning: bool


class HelpIndex(Struct, frozen=True):
    """All codes that have help; those with an official title first."""

    topics: list[HelpTitle]


class Group(Struct, frozen=True):
    """A part of the index."""

    id: str
    title: str
    topics: list[HelpTopic]


@cache
def index() -> Page:
    """The page that lists all others, those of official titles first."""
    known = topics().values()
    groups = (
        Group("principais", "As principais falhas", [each for each in known if each.official]),
        Group(
            "bancos",
            "Outras falhas ao consultar um banco",
            [each for each in known if each.about_banks and not each.official and not each.warning],
        ),
        Group("avisos", "Avisos que vêm com o extrato", [each for each in known if each.warning]),
        Group(
            "servico",
            "Falhas do pedido e deste serviço",
            [each for each in known if not each.about_banks and not each.warning],
        ),
    )
    return _page("index.html", groups=groups)


@cache
def index_data() -> Page:
    """The list as JSON."""
    return _data(
        HelpIndex([HelpTitle(each.code, each.title, each.official, each.warning) for each in topics().values()]),
    )


def page_of(code: str) -> Page | None:
    """The page of a code; None where there is none."""
    return _page_of(code) if code in topics() else None


def data_of(code: str) -> Page | None:
    """The help about a code as JSON; None where there is none."""
    return _data_of(code) if code in topics() else None


def missing(code: str) -> Page:
    """The page at the address of a code that does not exist, with those that it was perhaps meant to be."""
    near = get_close_matches(code[:HELP_CODE_CHARACTERS].lower(), topics(), n=HELP_SUGGESTIONS)
    # Not kept: strangers choose the code.
    return _page("missing.html", near=[topics()[each] for each in near])


def rendered(topic: HelpTopic) -> Page:
    """The page of a topic, made anew."""
    return _page(
        "topic.html",
        topic=topic,
        actors=ACTORS,
        known=KNOWN,
        known_why=KNOWN_WHY,
        legend=LEGEND,
        shown_as=_shown_as,
    )


@cache
def policy() -> str:
    """The Content-Security-Policy of all pages: nothing but their own stylesheet."""
    return csp(style_src=style_source())


@cache
def _page_of(code: str) -> Page:
    return rendered(topics()[code])


@cache
def _data_of(code: str) -> Page:
    return _data(topics()[code])


def _shown_as(marks: tuple[Evidence, ...]) -> str:
    """How it is known in which words a bank shows a failure: the best mark, and that others are assumed."""
    if not marks:
        return SELF_FOUND
    best = KNOWN[marks[0]] if marks[0] is not Evidence.ASSUMED else "suposto. As palavras do banco não foram vistas."
    rest = " Outras formas são supostas." if len(marks) > 1 and Evidence.ASSUMED in marks else ""
    return best + rest


def _page(template: str, **values: Any) -> Page:
    return _tagged(environment(TEMPLATES).get_template(template).render(values).encode())


def _data(value: Struct) -> Page:
    return _tagged(msgspec.json.encode(value))


def _tagged(body: bytes) -> Page:
    return Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
