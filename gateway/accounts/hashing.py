"""What is stored in the place of a key, a state or a token that nobody can guess."""

import hashlib

__all__ = ["hash_of"]


def hash_of(secret: str) -> str:
    """64 hexadecimal digits (SHA-256). Only for random secrets: whoever could guess one could compute it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
