"""The formats of a statement: their names, media types and renderers, in one table."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from gateway.model import Statement
from gateway.render import to_camt053, to_cnab240, to_csv, to_json, to_ndjson, to_ofx, to_xlsx

__all__ = ["FORMATS", "Format"]


class Format(Struct, frozen=True, kw_only=True):
    """One format of a statement."""

    name: str
    """How a caller names it: `?format=`."""
    media_type: str
    """Without parameters; where two formats have the same one, `Accept` means the first of the table."""
    also: tuple[str, ...] = ()
    """Further media types by which callers know it; they count only where nothing else is acceptable to a caller."""
    charset: str = ""
    """Encoding of the text, where the media type leaves it open."""
    extension: str
    """Of a file with such a statement."""
    download: bool = True
    """Whether a browser should keep it as a file rather than show it."""
    is_binary: bool = False
    """Whether it is no text: it is compressed already, and takes long to make."""
    render: Callable[[Statement], Iterator[bytes]]
    """Gives the document in parts. Entries are read forward only, and none is kept."""

    @property
    def content_type(self) -> str:
        """Value of the header `Content-Type`."""
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type


FORMATS = (
    Format(name="json", media_type="application/json", extension="json", download=False, render=to_json.render),
    Format(
        name="ndjson",
        media_type="application/x-ndjson",
        also=("application/ndjson", "application/jsonl"),
        extension="ndjson",
        download=False,
        render=to_ndjson.render,
    ),
    Format(name="csv", media_type="text/csv", charset="utf-8", extension="csv", render=to_csv.render),
    Format(name="csv-br", media_type="text/csv", charset="utf-8", extension="csv", render=to_csv.render_brazilian),
    Format(
        name="ofx",
        media_type="application/x-ofx",
        also=("application/ofx",),
        charset="windows-1252",
        extension="ofx",
        render=to_ofx.render_sgml,
    ),
    Format(
        name="ofx2",
        media_type="application/x-ofx",
        charset="utf-8",
        extension="ofx",
        render=to_ofx.render_xml,
    ),
    # As `text/xml` and not `application/xml`, which browsers accept before anything that they do not know.
    Format(
        name="camt053",
        media_type="text/xml",
        also=("application/xml",),
        charset="utf-8",
        extension="xml",
        render=to_camt053.render,
    ),
    # Neither has a media type that a general client asks for unawares, as `text/plain` would be.
    Format(
        name="cnab240",
        media_type="application/x-cnab240",
        charset="us-ascii",
        extension="ret",
        render=to_cnab240.render,
    ),
    Format(
        name="xlsx",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        extension="xlsx",
        is_binary=True,
        render=to_xlsx.render,
    ),
)
"""The first is given to callers that name none."""
