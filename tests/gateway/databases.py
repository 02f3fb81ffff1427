"""Fixtures: what concerns the database is tried over both kinds of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import Secrets, Settings
from tests import postgresql
from tests.gateway.support import VAULT_KEY

__all__ = ["BOTH", "database_url", "empty_url", "settings"]

BOTH = ("sqlite", "postgresql")


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, with the driver named."""
    yield from _url(request, tmp_path, "template1")


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, with the driver named."""
    yield from _url(request, tmp_path, postgresql.MIGRATED)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings for a database of the test's own, once for each kind."""
    return Settings(database_url=database_url, secret_keys=Secrets((VAULT_KEY,)))


def _url(request: pytest.FixtureRequest, tmp_path: Path, template: str) -> Iterator[str]:
    if request.param == "sqlite":
        if template == postgresql.MIGRATED:
            shutil.copy(request.getfixturevalue("migrated"), tmp_path)
        yield f"sqlite:///{tmp_path / 'gateway.sqlite'}"
        return
    server: postgresql.Server = request.getfixturevalue("postgresql_server")
    url = server.database(template)
    yield postgresql.driven(url)
    server.drop(url)
