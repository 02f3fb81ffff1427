"""The command that prints the OpenAPI document."""

import rich_click as click

from gateway.commands.parameters import example
from gateway.commands.tables import print_json

__all__ = ["openapi"]


@click.command(epilog=example("gateway openapi > openapi.json"))
def openapi() -> None:
    """Print the OpenAPI document of the HTTP interface.

    It is the one that a running gateway gives at /schema/openapi.json.
    """
    from gateway.app import create_app
    from gateway.settings import Secrets, Settings

    # The application is not started: the document does not depend on the settings.
    app = create_app(Settings(database_url="sqlite://", secret_keys=Secrets()))
    print_json(app.openapi_schema.to_schema())
