"""The pages that are not written but made: of the contracts, the help's texts, and the OpenAPI document."""

from pathlib import Path

from docs.generator.api_pages import api_pages
from docs.generator.bank_pages import bank_pages, index_of_banks
from docs.generator.failure_page import failure_page
from gateway.app import create_app
from gateway.settings import Secrets, Settings

__all__ = ["generated"]

BANKS = "{{ bancos }}"
"""Where the page for people who keep books has the table of banks."""


def generated(root: Path) -> dict[str, str]:
    """The text of each made page, by its file in the folder of the sources.

    Args:
        root: of the project.
    """
    # The application is not started: the document does not depend on the settings.
    document = create_app(Settings(database_url="sqlite://", secret_keys=Secrets())).openapi_schema.to_schema()
    holder = (root / "docs" / "guia" / "contador.md").read_text("utf-8")
    return {
        "guia/contador.md": holder.replace(BANKS, index_of_banks()),
        "guia/falhas.md": failure_page(),
        "contracts.md": (root / "contracts" / "README.md").read_text("utf-8"),
        "banks.md": (root / "contracts" / "SUPPORT.md").read_text("utf-8"),
        **{f"guia/bancos/{slug}.md": text for slug, text in bank_pages().items()},
        **{f"api/{name}.md": text for name, text in api_pages(document).items()},
    }
