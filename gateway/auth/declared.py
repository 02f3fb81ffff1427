"""The authentication that a contract declares, where that says all: no code of the bank's own is needed then."""

from contracts.schema import Contract, Grant
from gateway.auth import Auth
from gateway.auth.api_key import ApiKey
from gateway.auth.authorization_code import AuthorizationCode
from gateway.auth.client_credentials import ClientCredentials
from gateway.model import Account

__all__ = ["declared_auth"]


def declared_auth(contract: Contract, account: Account) -> Auth:
    """How an account proves who it is: by a key, by client credentials, or by its holder's consent on a page.

    Raises:
        LookupError: the contract has another grant or proof, so that the bank's connector must say how.
    """
    match contract.authentication.grant:
        case Grant.API_KEY:
            return ApiKey(contract.authentication.api_key_header, account.credentials["api_key"])
        case Grant.AUTHORIZATION_CODE:
            return AuthorizationCode.of(contract, account)
        case _:
            return ClientCredentials.of(contract, account)
