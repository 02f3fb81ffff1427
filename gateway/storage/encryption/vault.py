"""The credential vault: encrypts stored values with Fernet, each together with its owner and purpose.

The newest key encrypts, every key decrypts, so keys can be rotated without a pause. Owner and purpose are part of the
encrypted text and are checked on decryption: an encrypted value that is copied to another row is refused there.
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
    """A value cannot be decrypted: wrong key, altered text, or another owner. Its text shows nothing of the value."""

    def __init__(self, detail: str) -> None:
        super().__init__("credentials_unreadable", detail)


class _Plaintext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: str
    purpose: str
    value: Any


class Vault:
    """Encrypts and decrypts values.

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

    def encrypt(self, owner: str, purpose: str, value: Any) -> str:
        """The value as encrypted text that is decrypted only for the same owner and purpose.

        Args:
            owner: id of the account the value belongs to.
            purpose: the kind of value, such as `credentials`.
            value: anything JSON can express.
        """
        return self._fernet.encrypt(msgspec.json.encode(_Plaintext(owner, purpose, value))).decode("ascii")

    def decrypt(self, owner: str, purpose: str, sealed: str) -> Any:
        """The value that was encrypted for this owner and purpose.

        Raises:
            VaultError: it cannot be decrypted, or belongs to another owner or purpose.
        """
        try:
            plaintext = msgspec.json.decode(self._fernet.decrypt(sealed.encode()), type=_Plaintext)
        except (InvalidToken, msgspec.MsgspecError, UnicodeError) as error:
            raise VaultError(f"the sealed {purpose} of account {owner} do not open with any of the keys") from error
        if plaintext.owner != owner or plaintext.purpose != purpose:
            raise VaultError(f"the sealed {purpose} of account {owner} belong to something else")
        return plaintext.value

    def fingerprint(self, owner: str, value: Any) -> str:
        """64 hexadecimal digits, different for different values. Without the newest key they reveal nothing."""
        return self.fingerprints(owner, value)[0]

    def fingerprints(self, owner: str, value: Any) -> tuple[str, ...]:
        """The fingerprints of a value by each of the keys, newest first: one may have been made before a rotation."""
        message = msgspec.json.encode(_Plaintext(owner, "fingerprint", value), order="deterministic")
        return tuple(hmac.new(secret, message, hashlib.sha256).hexdigest() for secret in self._secrets)

    def rotate(self, sealed: str) -> str:
        """The same value encrypted anew with the newest key.

        Raises:
            VaultError: it cannot be decrypted.
        """
        try:
            return self._fernet.rotate(sealed.encode()).decode("ascii")
        except (InvalidToken, UnicodeError) as error:
            raise VaultError("a sealed value does not open with any of the keys") from error
