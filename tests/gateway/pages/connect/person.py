"""A person with a browser, as far as a browser without scripts goes: it follows addresses and sends forms."""

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import httpx

from tests.gateway.help.markup import Markup, read

__all__ = ["Person", "checked"]

FILES = {"certificate", "private_key"}


def checked(answer: httpx.Response) -> Markup:
    """A page, valid and accessible as far as its markup tells."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    markup = read(answer.content)
    assert markup.faults == []
    assert markup.headings.count(1) == 1
    assert markup.all("html", "lang") == ["pt-BR"]
    ids, labelled = set(markup.all("*", "id")), set(markup.all("label", "for"))
    for tag, given in markup.elements:
        if tag in {"input", "textarea"} and given.get("type") != "hidden":
            assert given["id"] in labelled, given
        for name in ("aria-describedby", "aria-labelledby", "for"):
            assert set(given.get(name, "").split()) <= ids, given
        if given.get("href", "").startswith("#"):
            assert given["href"][1:] in ids, given
        assert not any(name.startswith("on") or name == "style" for name in given), given
        if tag == "input" and given.get("type") == "password":
            assert given.get("value", "") == ""
    return markup


class Person:
    """Uses the connect page.

    Args:
        client: without a key.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.secret = ""
        self.answer = httpx.Response(0)
        self.seen: list[httpx.Response] = []

    async def open(self, address: str) -> Markup:
        """Open an address; the page's secret is the one that its forms hold from now on."""
        return self._looked(await self.client.get(address))

    async def press(self, go: str, files: Mapping[str, bytes] | None = None, **fields: str) -> Markup:
        """Press a button of the page, with the fields of its form."""
        named = {f"f.{name}": (name, data) for name, data in (files or {}).items()}
        data = {"session": self.secret, "go": go, **{name.replace("__", "."): each for name, each in fields.items()}}
        return self._looked(await self.client.post("/connect", data=data, files=named or None))

    async def describe(self, account: Mapping[str, Any], **changed: str) -> Markup:
        """Fill in what describes the account."""
        names = ("kind", "branch", "number", "holder_tax_id")
        return await self.press("describe", **({name: str(account[name]) for name in names} | changed))

    async def fill_in(
        self, form: Mapping[str, str], files: Mapping[str, bytes] | None = None, **changed: str
    ) -> Markup:
        """Fill in the credentials, certificates and keys as files, and press the button; wait for the outcome."""
        chosen = {name: text.encode() for name, text in form.items() if name in FILES} if files is None else files
        typed = {name: text for name, text in form.items() if name not in FILES} | changed
        markup = await self.press("enable", chosen, **{f"c__{name}": text for name, text in typed.items()})
        return await self.waited(markup)

    async def waited(self, markup: Markup) -> Markup:
        """The page after one that shows progress."""
        for _ in range(200):
            if "Consultando o banco" not in self.heading:
                return markup
            await asyncio.sleep(0.05)
            markup = await self.press("look")
        raise AssertionError("the page goes on waiting")

    @property
    def heading(self) -> str:
        """What the page is about."""
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.answer.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """The text of the page."""
        bare = re.sub(r"<(style|script)>.*?</\1>|<[^>]+>", " ", self.answer.text, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(bare))

    def errors(self) -> dict[str, str]:
        """What the page says of fields, by name."""
        found = re.findall(
            r'<p class="wrong" id="[^"]*" data-error="([^"]*)"><span class="unseen">Erro: </span>(.*?)</p>',
            self.answer.text,
        )
        return dict(found)

    def _looked(self, answer: httpx.Response) -> Markup:
        self.answer = answer
        self.seen.append(answer)
        markup = checked(answer)
        if secrets := re.findall(r'name="session" value="([^"]+)"', answer.text):
            assert len(set(secrets)) == 1
            self.secret = secrets[0]
        return markup
