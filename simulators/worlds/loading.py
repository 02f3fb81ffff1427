"""Bringing a file into running simulators: a ledger as JSON, CSV or OFX for one account, or the snapshot of a world."""

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from simulators.ledgers.entry_form import EntryProblems
from simulators.ledgers.files import LARGEST_FILE_BYTES, SUFFIXES, read_ledger
from simulators.texts.files import content_of
from simulators.worlds.snapshot import LARGEST_SNAPSHOT_BYTES

__all__ = ["LoadError", "load_file"]

SECONDS = 120.0


class LoadError(ValueError):
    """A file cannot be loaded; the text says why."""


def load_file(
    client: httpx.Client,
    file: Path,
    *,
    bank: str = "",
    number: str = "",
    everything: bool = False,
) -> dict[str, Any]:
    """Load a file into running simulators; what they answer.

    Args:
        client: whose base address is the control address of a world, as in `http://127.0.0.1:9000/_sim`.
        file: a snapshot, or a ledger, whose format follows from the end of its name.
        bank: of the account that gets the ledger; not for a snapshot.
        number: of the account; without one, a new account is opened.
        everything: lets a snapshot replace the world that all share.

    Raises:
        LoadError: the file is neither, the account is not named or there, or the simulators refuse it.
        OSError: the file cannot be read.
    """
    kind = SUFFIXES.get(file.suffix.lower())
    if kind is None:
        raise LoadError(f"{file.name}: must end in one of {', '.join(SUFFIXES)}")
    try:
        content = content_of(file, LARGEST_SNAPSHOT_BYTES)
    except ValueError as error:
        raise LoadError(str(error)) from error
    if kind == SUFFIXES[".json"] and _is_snapshot(content):
        if bank or number:
            raise LoadError(f"{file.name}: is a snapshot of a world; it goes to no single account")
        query = {"all": "true"} if everything else {}
        return _told(client, "PUT", "snapshot", content=content, headers={"content-type": kind}, params=query)
    if not bank:
        raise LoadError(f"{file.name}: is a ledger; name the bank, and the account if it is there already")
    if len(content) > LARGEST_FILE_BYTES:
        raise LoadError(f"{file.name}: is larger than {LARGEST_FILE_BYTES:,} bytes")
    listing: Mapping[str, Any] = {}
    if not number:
        _check_ledger(file.name, content, kind)  # an account that is opened stays: nothing may be wrong by then
        listing = _told(client, "POST", "accounts", json={"bank": bank})
        number = str(listing["account"]["number"])
    path = f"accounts/{quote(bank, safe='')}/{quote(number, safe='')}/ledger"
    return {**listing, **_told(client, "PUT", path, content=content, headers={"content-type": kind})}


def _check_ledger(name: str, content: bytes, kind: str) -> None:
    try:
        read_ledger(content, kind)
    except EntryProblems as error:
        raise LoadError(f"{name}: {error}") from error


def _is_snapshot(content: bytes) -> bool:
    try:
        found = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and "version" in found and "seed" in found


def _told(client: httpx.Client, method: str, path: str, **more: Any) -> dict[str, Any]:
    try:
        answer = client.request(method, f"{str(client.base_url).rstrip('/')}/{path}", timeout=SECONDS, **more)
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise LoadError(f"the simulators at {client.base_url} do not answer: {error}") from error
    if not answer.is_success or not isinstance(found, dict):
        detail = found.get("detail") if isinstance(found, dict) else None
        raise LoadError(str(detail or f"{answer.url}: status {answer.status_code}"))
    return found
