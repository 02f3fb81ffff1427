"""How Sphinx makes the site of the guide; `python -m docs.generator` runs it over a copy with the generated pages."""

import os
from pathlib import Path
from typing import Any

from docs.generator.markdown import in_portuguese

THEME = Path(os.environ["EXTRATO_SITE_THEME"])
"""The folder of our templates, styles and translations: the sources lie in a copy without them."""

project = "extrato"
language = "pt_BR"
extensions = ["myst_parser"]
exclude_patterns = ["generator"]
smartquotes = False  # titles and commands stay byte for byte
locale_dirs = [os.environ["EXTRATO_SITE_LOCALE"]]
templates_path = [str(THEME / "templates")]

myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

html_theme = "furo"
html_title = "extrato"
html_static_path = [str(THEME / "static")]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_show_copyright = False
html_permalinks_icon = "#"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def mark_language(_app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Mark the text of an English page as English; what surrounds it is Portuguese on every page."""
    if "body" in context and not in_portuguese(page):
        for part in ("body", "toc"):
            context[part] = f'<div lang="en">{context[part]}</div>'


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx what we add."""
    app.connect("html-page-context", mark_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
