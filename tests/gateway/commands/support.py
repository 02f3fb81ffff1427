"""What several commands are tried with."""

import json

from click.testing import Result

from tests.gateway.support import CNPJ, credentials


def register(run, *options: str, given: dict[str, str] | None = None) -> Result:
    """Add an account of the tenant `acme` at Inter, with the given credentials or those that the bank accepts."""
    return run(
        *("accounts", "add", "--tenant", "acme", "--bank", "inter", "--branch", "0001", "--number", "1234567-8"),
        *("--holder-tax-id", CNPJ, "--credentials", "-", *options),
        given=json.dumps(credentials() if given is None else given),
    )
