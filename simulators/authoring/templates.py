"""Writing a file from a template: places in it are filled in, and parts are left out by what is chosen.

A line `#: auth basic api-key` begins a part for these choices of `auth`; the next line with `#:` ends it. `#: end` only
ends. Of several conditions, `#: auth basic, proof none`, all must hold.
"""

from collections.abc import Mapping
from pathlib import Path
from string import Template

__all__ = ["rendered"]

FOLDER = Path(__file__).with_name("templates")


def rendered(name: str, values: Mapping[str, str], chosen: Mapping[str, str]) -> str:
    """The text of a template.

    Args:
        name: of the file in `templates`, without its suffix.
        values: what stands in its places.
        chosen: by the name of an option, the choice.

    Raises:
        KeyError: a part is about an option that was not chosen, or a place has no value.
    """
    kept, wanted = [], True
    for line in (FOLDER / f"{name}.template").read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("#:"):
            conditions = [each.split() for each in line.removeprefix("#:").split(",")]
            wanted = conditions == [["end"]] or all(chosen[option] in choices for option, *choices in conditions)
        elif wanted:
            kept.append(line)
    return Template("".join(kept)).substitute(values)
