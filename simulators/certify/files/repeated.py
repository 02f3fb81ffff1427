"""Keys that stand twice in one mapping of a YAML file: a decoder takes the last, and the first is lost unnoticed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it brings no types

__all__ = ["repeated_keys"]

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one written in C, where PyYAML was built with it: it takes a tenth of the time."""


def repeated_keys(files: Iterable[Path]) -> list[str]:
    """Each such key of these YAML files, as `file:line: key`."""
    return [
        f"{file}:{key.start_mark.line + 1}: the key {key.value} stands there twice"
        for file in files
        for key in _repeated(yaml.compose(file.read_text(encoding="utf-8"), Loader=LOADER))
    ]


def _repeated(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.MappingNode):
        times = Counter(key.value for key, _ in node.value)
        yield from {key.value: key for key, _ in node.value if times[key.value] > 1}.values()
        for _, value in node.value:
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated(value)
