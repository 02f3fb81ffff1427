"""What a bank finds when it looks at an access token."""

from enum import StrEnum

__all__ = ["TokenState"]


class TokenState(StrEnum):
    """The state of the token that a call carries."""

    VALID = "valid"
    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REPLACED = "replaced"
