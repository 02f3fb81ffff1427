"""The hash that is stored instead of a key, a state or a token."""

import hashlib

__all__ = ["hash_of"]


def hash_of(secret: str) -> str:
    """64 hexadecimal digits (SHA-256). Only for random secrets: a hash does not hide a secret that can be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
