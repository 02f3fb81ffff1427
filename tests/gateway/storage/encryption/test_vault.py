"""The credential vault."""

import base64

import pytest
from cryptography.fernet import Fernet

from gateway.storage.encryption.vault import Vault, VaultError

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
VALUE = {"client_secret": "CANARY"}


def test_a_sealed_value_opens_for_its_owner() -> None:
    """An encrypted value is decrypted to the same value."""
    vault = Vault([NEW])

    sealed = vault.encrypt("a", "credentials", VALUE)

    assert vault.decrypt("a", "credentials", sealed) == VALUE
    assert b"CANARY" not in base64.urlsafe_b64decode(sealed)


@pytest.mark.parametrize(("owner", "purpose"), [("b", "credentials"), ("a", "token")])
def test_a_sealed_value_opens_nowhere_else(owner: str, purpose: str) -> None:
    """A value copied to another row, or used for another purpose, does not open."""
    vault = Vault([NEW])

    with pytest.raises(VaultError, match="belong to something else") as raised:
        vault.decrypt(owner, purpose, vault.encrypt("a", "credentials", VALUE))

    assert "CANARY" not in str(raised.value)


def test_any_key_opens_and_the_newest_seals() -> None:
    """Keys are rotated without a pause."""
    before = Vault([OLD]).encrypt("a", "credentials", VALUE)
    both = Vault([NEW, OLD])

    assert both.decrypt("a", "credentials", before) == VALUE
    assert Vault([NEW]).decrypt("a", "credentials", both.encrypt("a", "credentials", VALUE)) == VALUE


def test_rotation_seals_with_the_newest_key() -> None:
    """After a rotation the old key can be dropped."""
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).encrypt("a", "credentials", VALUE))

    assert Vault([NEW]).decrypt("a", "credentials", rotated) == VALUE


def test_a_foreign_or_altered_value_does_not_open() -> None:
    """A wrong key and altered text are the same to the vault."""
    sealed = Vault([OTHER]).encrypt("a", "credentials", VALUE)

    for use in (lambda: Vault([NEW]).decrypt("a", "credentials", sealed), lambda: Vault([NEW]).rotate(sealed)):
        with pytest.raises(VaultError):
            use()
    with pytest.raises(VaultError):
        Vault([OTHER]).decrypt("a", "credentials", sealed[:-4] + "AAAA")


def test_fingerprints_tell_values_apart_and_need_the_key() -> None:
    """Equal values have equal fingerprints, whatever their order; another key gives another."""
    vault = Vault([NEW])

    assert vault.fingerprint("a", {"x": "1", "y": "2"}) == vault.fingerprint("a", {"y": "2", "x": "1"})
    assert (
        len({vault.fingerprint("a", VALUE), vault.fingerprint("b", VALUE), Vault([OLD]).fingerprint("a", VALUE)}) == 3
    )


def test_a_vault_needs_a_key_and_shows_none() -> None:
    """There is no vault without a key, and its text is silent."""
    with pytest.raises(ValueError, match="at least one key"):
        Vault([])
    assert repr(Vault([NEW])) == "Vault()"
