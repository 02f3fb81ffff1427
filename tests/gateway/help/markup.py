"""A strict reader of our own pages: what browsers would forgive is an error here."""

from html.parser import HTMLParser

__all__ = ["Markup", "read"]

VOID = {"meta", "link", "br", "hr", "img", "input"}
KNOWN = {
    *("html", "head", "title", "style", "body", "header", "nav", "main", "footer", "section", "div", "p", "a", "span"),
    *("h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "table", "tbody", "tr", "th", "td", "code", "strong"),
    *("form", "fieldset", "legend", "label", "button", "textarea", "details", "summary", "caption", "thead", "script"),
    *("noscript", "figure", "figcaption", "svg", "line", "polyline"),
}
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"tbody", "thead"},
    "th": {"tr"},
    "td": {"tr"},
    "tbody": {"table"},
    "thead": {"table"},
    "caption": {"table"},
    "legend": {"fieldset"},
    "summary": {"details"},
    "title": {"head", "svg"},
    "style": {"head"},
}
"""Elements that stand in few others."""
ONLY = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "table": {"tbody", "thead", "caption"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
}
"""Elements in which few others stand."""
PHRASES = {"a", "span", "code", "strong", "button"}
TAKES_PHRASES = {"p", "h1", "h2", "h3", "h4", "dt", "label", "legend", "button", "summary", "caption"}


class Markup(HTMLParser):
    """A page that was read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, list[str]] = {}
        """Texts of elements, by the name of the innermost one."""
        self.doctypes: list[str] = []

    def handle_decl(self, decl: str) -> None:
        """The document type."""
        self.doctypes.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check where an element stands, and open it."""
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in KNOWN | VOID:
            self.faults.append(f"<{tag}> is unknown")
        inside = self.open[-1] if self.open else ""
        if inside not in PARENTS.get(tag, {inside}) or tag not in ONLY.get(inside, {tag}):
            self.faults.append(f"<{tag}> in <{inside}>")
        if inside in TAKES_PHRASES and tag not in PHRASES:
            self.faults.append(f"<{tag}> in <{inside}>")
        if tag == "a" and "a" in self.open:
            self.faults.append("a link in a link")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, and no other."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        inside = self.open[-1] if self.open else ""
        if data.strip():
            if inside in {"", "html", "head", "body", *ONLY}:
                self.faults.append(f"text in <{inside}>")
            self.text.setdefault(inside, []).append(data)

    def all(self, name: str, attribute: str) -> list[str]:
        """The values of an attribute of all elements of a name that have it; of all names for `*`."""
        return [given[attribute] for tag, given in self.elements if name in {"*", tag} and attribute in given]

    @property
    def headings(self) -> list[int]:
        """The levels of all headings, in order."""
        return [int(tag[1]) for tag, _ in self.elements if tag in {"h1", "h2", "h3", "h4"}]


def read(page: bytes) -> Markup:
    """A page, with what is wrong with it in `faults`."""
    markup = Markup()
    markup.feed(page.decode())
    markup.close()
    if markup.open:
        markup.faults.append(f"{markup.open} are not closed")
    if markup.doctypes != ["DOCTYPE html"]:
        markup.faults.append("no document type")
    ids = markup.all("*", "id")
    if len(set(ids)) < len(ids):
        markup.faults.append("an id is there twice")
    return markup
