"""The first files of a new bank. They run at once: they play and read an example, which the author replaces."""

import keyword
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from simulators.authoring.templates import rendered

__all__ = ["CHOICES", "files_of_package", "files_of_tree", "write"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "auth": ("client-credentials", "basic", "api-key", "refresh-token", "authorization-code"),
    "mtls": ("none", "handshake", "answer"),
    "paging": ("offset", "page-number", "cursor", "none"),
    "proof": ("running-balance", "opening-closing", "none"),
}
"""What is chosen of a new bank, and among what; the first is what nobody has chosen."""
WITH_TOKEN = frozenset({"client-credentials", "refresh-token", "authorization-code"})

CONTRACT = {"bank.yaml": "bank.yaml", "NOTES.md": "notes.md"}
EXCHANGES = ("token", "code", "statement", "balance", "refused")


def files_of_tree(slug: str, chosen: Mapping[str, str], today: date) -> dict[Path, str]:
    """By its place in the source tree, the text of each file of a bank.

    Args:
        slug: of the bank.
        chosen: one of `CHOICES` for each of its names.
        today: stands in the notes.

    Raises:
        ValueError: the slug is none.
    """
    values = _values(slug, today)
    return {
        **{Path("contracts/banks", slug, name): text for name, text in _contract(values, chosen).items()},
        Path("gateway/connectors", f"{slug}.py"): rendered("connector.py", values, chosen),
        Path("simulators/banks", f"{slug}.py"): rendered("simulator.py", values, chosen),
        Path("tests/gateway/connectors", f"test_{slug}.py"): rendered("test_connector.py", values, chosen),
        Path("tests/simulators/banks", f"test_{slug}.py"): rendered("test_simulator.py", values, chosen),
        Path("tests/served/clients", f"{slug}.py"): rendered("client.py", values, chosen),
    }


def files_of_package(slug: str, chosen: Mapping[str, str], today: date) -> dict[Path, str]:
    """By its place in a distribution of its own, the text of each file; arguments as of `files_of_tree`.

    Raises:
        ValueError: the slug is none.
    """
    values = _values(slug, today)
    module = Path(values["module"])
    return {
        Path("pyproject.toml"): rendered("pyproject.toml", values, chosen),
        module / "__init__.py": f'"""{values["title"]} for extrato."""\n',
        **{module / name: text for name, text in _contract(values, chosen).items()},
        module / "connector.py": rendered("connector.py", values, chosen),
        module / "simulator.py": rendered("simulator.py", values, chosen),
        Path("tests", f"test_{slug}.py"): rendered("test.py", values, chosen),
    }


def write(folder: Path, files: Mapping[Path, str]) -> list[Path]:
    """Write the files, and give their paths; none of them may exist.

    Raises:
        FileExistsError: one of them is there; nothing is written then.
    """
    places = [folder / name for name in files]
    for place in places:
        if place.exists():
            raise FileExistsError(f"{place} is there already")
    for place, text in zip(places, files.values(), strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return places


def _contract(values: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The files of the contract's folder: facts, notes, one exchange for each operation and one refusal."""
    left_out = {
        "token": chosen["auth"] not in WITH_TOKEN,
        "code": chosen["auth"] != "authorization-code",
        "balance": chosen["proof"] != "running-balance",
    }
    exchanges = {f"exchanges/{name}.yaml": f"{name}.yaml" for name in EXCHANGES if not left_out.get(name)}
    return {place: rendered(name, values, chosen) for place, name in (CONTRACT | exchanges).items()}


def _values(slug: str, today: date) -> dict[str, str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug) or keyword.iskeyword(slug):
        raise ValueError(f"{slug!r} is no slug: small letters of ASCII, digits and _, a letter first")
    words = [word for word in slug.split("_") if word]
    return {
        "slug": slug,
        "title": " ".join(word.capitalize() for word in words),
        "class_name": "".join(word.capitalize() for word in words),
        "host": "-".join(words),
        "module": f"extrato_{slug}",
        "distribution": f"extrato-{'-'.join(words)}",
        "today": today.isoformat(),
    }
