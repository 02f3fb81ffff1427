"""Who calls, as the bank sees it: the client by which it counts its limits.

The same application may be typed in many forms: its certificate with other line ends, renewed, or with another key; its
secret changed; another account that it reads. To the bank it stays one client, so what is counted by client goes by the
fields that the contract names, and by nothing else of the form.
"""

import hashlib

import msgspec

from contracts.schema import Contract
from gateway.model import Account

__all__ = ["client_of", "limited"]


def limited(contract: Contract) -> bool:
    """Whether the bank documents a limit of calls."""
    return any(operation.per_minute for operation in contract.operations.values())


def client_of(contract: Contract, account: Account) -> str:
    """64 hexadecimal digits, equal for accounts whose calls the bank counts together. Not to be stored in the clear.

    Blanks around a value and its case make no difference: two clients that differ in nothing else do not exist, and
    one too few would cost a wait, one too many the limit.
    """
    values = account.credentials.values
    named = [values.get(name, "").strip().casefold() for name in contract.authentication.client_fields]
    return hashlib.sha256(msgspec.json.encode([contract.slug, account.environment, *named])).hexdigest()
