"""Counters and flags by which an answer of undocumented form says that the list has more rows than it gives.

They stand under the names that paged APIs use, at the top of the answer or in objects within. What they tell is
assumed, so that it withholds no entry: it only keeps days from being told complete.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from gateway import large_json
from gateway.limits import REFUSAL_LEVELS

__all__ = ["tells_of_more"]

PAGES = frozenset({"totalpages", "pagecount", "numberofpages", "totalpaginas", "quantidadepaginas", "qtdpaginas"})
"""Names, without capitals and punctuation, of how many pages there are."""
ROWS = frozenset(
    {"totalelements", "totalrecords", "totalitems", "totalcount", "totalrows", "totalresults", "totalmovements"}
    | {"totalregistros", "totalitens", "totallancamentos", "totalmovimentos", "quantidaderegistros", "qtdregistros"}
)
"""Names of how many rows all pages have together."""
MORE = frozenset({"hasmore", "hasmorepages", "hasnext", "hasnextpage", "morepages", "temmais", "temproximapagina"})
"""Names of a flag that is set unless the page is the last."""
LAST = frozenset({"last", "lastpage", "islast", "islastpage", "ultimapagina"})
"""Names of a flag that is set on the last page alone."""
NEXT = frozenset({"nextpage", "nextpagetoken", "nextcursor", "nexttoken", "nextlink", "proximapagina"})
"""Names of what leads to the next page, which is empty on the last."""
COUNT_DIGITS = 18
"""The most that a count has; what is longer is some other number."""
YES = frozenset({"true", "1", "s", "sim", "y", "yes"})
NO = frozenset({"false", "0", "n", "nao", "não", "no"})
NOTHING = frozenset({"", "null", "none"}) | NO


def tells_of_more(answer: Mapping[str, Raw], *, rows: int, pages: int) -> bool:
    """Whether an answer says that there is more than what has come.

    Args:
        answer: its members as sent.
        rows: how many have come, those of this answer and of the pages before it.
        pages: how many have come, this one included.
    """
    return any(_is_more(name, value, rows, pages) for name, value in _named(answer, REFUSAL_LEVELS))


def _is_more(name: str, value: Any, rows: int, pages: int) -> bool:
    told = str(value).strip().lower()
    if name in PAGES | ROWS:
        return told.isdecimal() and len(told) <= COUNT_DIGITS and int(told) > (pages if name in PAGES else rows)
    return (name in MORE and told in YES) or (name in LAST and told in NO) or (name in NEXT and told not in NOTHING)


def _named(members: Mapping[str, Raw], levels: int) -> Iterator[tuple[str, Any]]:
    """Texts, numbers and flags by their name, also those of objects within."""
    for name, sent in members.items():
        match bytes(memoryview(sent)[:1]):
            case b"[":
                continue
            case b"{" if levels:
                # It may hold all rows of a large answer.
                yield from _named(large_json.decode(bytes(sent), dict[str, Raw]), levels - 1)
            case _:
                yield "".join(filter(str.isalnum, name)).lower(), msgspec.json.decode(sent)
