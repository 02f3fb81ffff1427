"""`python -m docs.generator FOLDER` makes the site; exit status 1 where Sphinx has anything to complain about."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from docs.generator.pages import generated

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
MARK = ".buildinfo"
"""What Sphinx leaves in a site."""


def main(target: str) -> int:
    """Make the site in a folder that is empty or has an earlier one; give the exit status."""
    site = Path(target).resolve()
    if site.exists() and any(site.iterdir()) and not (site / MARK).exists():
        sys.stderr.write(f"{site} has files that are no site\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="extrato-docs-") as folder:
        sources = Path(folder) / "docs"
        shutil.copytree(DOCS, sources, ignore=shutil.ignore_patterns("generator", "__pycache__"))
        for name, text in generated(ROOT).items():
            page = sources / name
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
        made = Path(folder) / "site"
        os.environ["EXTRATO_SITE_THEME"] = str(DOCS / "generator" / "theme")
        _compile_words(DOCS / "generator" / "theme" / "words.po", Path(folder) / "locale")
        os.environ["EXTRATO_SITE_LOCALE"] = str(Path(folder) / "locale")
        # Only here: it takes a second to load.
        from sphinx.cmd.build import build_main  # noqa: PLC0415

        status = build_main(
            ["-q", "-W", "--keep-going", "-b", "html", "-d", f"{folder}/trees", str(sources), str(made)]
        )
        if status:
            return status
        shutil.rmtree(site, ignore_errors=True)
        site.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, site)
    return 0


def _compile_words(words: Path, folder: Path) -> None:
    """Compile our Portuguese words for those of the theme, where Sphinx looks for them."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    place = folder / "pt_BR" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with words.open("rb") as file, (place / "sphinx.mo").open("wb") as compiled:
        write_mo(compiled, read_po(file, locale="pt_BR"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
