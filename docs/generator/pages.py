"""The pages that are not written but made: of the contracts, the help's texts, and the OpenAPI document."""

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generator.api_pages import api_pages
from docs.generator.bank_pages import bank_pages, index_of_banks
from docs.generator.failure_page import failure_page
from docs.generator.simulator_tables import fault_table, scenario_table
from gateway.app import create_app
from gateway.settings import Secrets, Settings

__all__ = ["generated"]

TABLES = {
    "guia/contador.md": {"{{ bancos }}": index_of_banks},
    "guia/qa.md": {"{{ falhas }}": fault_table, "{{ cenarios }}": scenario_table},
}
"""By written page and the mark in it, what makes the table that takes the place of the mark."""


def generated(root: Path) -> dict[str, str]:
    """The text of each made page, by its file in the folder of the sources.

    Args:
        root: of the project.
    """
    # The application is not started: the document does not depend on the settings.
    document = create_app(Settings(database_url="sqlite://", secret_keys=Secrets())).openapi_schema.to_schema()
    return {
        **{page: _filled(root / "docs" / page, tables) for page, tables in TABLES.items()},
        "guia/falhas.md": failure_page(),
        "contracts.md": (root / "contracts" / "README.md").read_text("utf-8"),
        "banks.md": (root / "contracts" / "SUPPORT.md").read_text("utf-8"),
        **{f"guia/bancos/{slug}.md": text for slug, text in bank_pages().items()},
        **{f"api/{name}.md": text for name, text in api_pages(document).items()},
    }


def _filled(page: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page with its tables.

    Raises:
        ValueError: the page does not have a mark exactly once.
    """
    text = page.read_text("utf-8")
    for mark, made in tables.items():
        if text.count(mark) != 1:
            raise ValueError(f"{page.name} has {mark} {text.count(mark)} times")
        text = text.replace(mark, made())
    return text
