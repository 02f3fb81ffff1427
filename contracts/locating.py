"""The line of a contract's file that something wrong in it is about."""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it brings no types

__all__ = ["located", "place_of", "where_wrong"]

AT = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def located(file: Path, sentence: str) -> str:
    """`file:line: sentence`, for a sentence that begins with the dotted path of a key and a colon."""
    return f"{place_of(file, sentence.partition(': ')[0])}: {sentence}"


def place_of(file: Path, key: str) -> str:
    """Where a key stands, as `file:line`; where it does not, the nearest key above it, or the file alone.

    Args:
        file: of YAML.
        key: its dotted path; items of lists are numbered from 0.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return str(file)
    line = 0
    for part in key.split("."):
        found = _below(node, part)
        if found is None:
            break
        line, node = found
    return f"{file}:{line}" if line else str(file)


def where_wrong(error: str) -> str:
    """The dotted path of the key that an error of the schema names; empty for the file as a whole."""
    at = AT.search(error)
    path = at.group(1).partition("[...]")[0] if at is not None else ""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part]
    return ".".join([*parts, *UNKNOWN.findall(error)[:1]])


def _below(node: Any, part: str) -> tuple[int, Any] | None:
    """The line of a key of a mapping, or of an item of a list, and what stands there."""
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line + 1, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None
