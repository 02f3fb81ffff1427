"""HTTP Basic (RFC 7617) on every call: there is no token to obtain."""

import base64

from gateway.auth.api_key import ApiKey

__all__ = ["Basic", "basic"]


class Basic(ApiKey):
    """User and password on every request.

    Args:
        password: the password.
    """

    def __init__(self, user: str, password: str) -> None:
        super().__init__("Authorization", basic(user, password))


def basic(user: str, password: str) -> str:
    """The value of the header `Authorization`."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
