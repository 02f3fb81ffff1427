"""The credential vault: values at rest are sealed with Fernet, and each sealed value knows whose it is.

The newest key seals, any key opens, so keys can be rotated without a pause. Owner and purpose are inside the sealed
text and are checked when it is opened: a sealed value copied to another row does not open there.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gateway.errors import GatewayError

__all__ = ["Vault", "VaultError"]


class VaultError(GatewayError):
    """A sealed value does not open: wrong key, altered text, or another owner. Its text shows nothing of the value."""

    def __init__(self, detail: str) -> None:
        super().__init__("credentials_unreadable", detail)


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: str
    purpose: str
    value: Any


class Vault:
    """Seals and opens values.

    Args:
        keys: Fernet keys, newest first; at least one.

    Raises:
        ValueError: there is no key, or one is not a Fernet key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("the vault needs at least one key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._secrets = [key.encode() for key in keys]

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, owner: str, purpose: str, value: Any) -> str:
        """The value as sealed text that opens only for the same owner and purpose.

        Args:
            owner: id of the account the value belongs to.
            purpose: what it is, such as `credentials`.
            value: anything JSON can express.
        """
        return self._fernet.encrypt(msgspec.json.encode(_Sealed(owner, purpose, value))).decode("ascii")

    def open(self, owner: str, purpose: str, sealed: str) -> Any:
        """The value that was sealed for this owner and purpose.

        Raises:
            VaultError: it does not open.
        """
        try:
            held = msgspec.json.decode(self._fernet.decrypt(sealed.encode()), type=_Sealed)
        except (InvalidToken, msgspec.MsgspecError, UnicodeError) as error:
            raise VaultError(f"the sealed {purpose} of account {owner} do not open with any of the keys") from error
        if held.owner != owner or held.purpose != purpose:
            raise VaultError(f"the sealed {purpose} of account {owner} belong to something else")
        return held.value

    def fingerprint(self, owner: str, value: Any) -> str:
        """64 hexadecimal digits that tell values apart and, without the newest key, say nothing about them."""
        return self.fingerprints(owner, value)[0]

    def fingerprints(self, owner: str, value: Any) -> tuple[str, ...]:
        """The fingerprints of a value by each of the keys, newest first: one may have been made before a rotation."""
        told = msgspec.json.encode(_Sealed(owner, "fingerprint", value), order="deterministic")
        return tuple(hmac.new(secret, told, hashlib.sha256).hexdigest() for secret in self._secrets)

    def rotate(self, sealed: str) -> str:
        """The same value sealed anew with the newest key.

        Raises:
            VaultError: it does not open.
        """
        try:
            return self._fernet.rotate(sealed.encode()).decode("ascii")
        except (InvalidToken, UnicodeError) as error:
            raise VaultError("a sealed value does not open with any of the keys") from error
