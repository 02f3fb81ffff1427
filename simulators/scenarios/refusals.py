"""What the bank refuses: each in its own words at every bank that has a refusal of the name."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIOS"]


def _refusal(name: str, title: str, does: str, *, expected: str = "", refusal: str = "") -> Scenario:
    """A scenario that the bank refuses; refusal and failure have its name unless another one is given."""
    return Scenario(name=name, title=title, does=does, expected=expected or name, refusal=refusal or name)


SCENARIOS = (
    _refusal("account_blocked", "Account blocked", "The account is blocked for the time being."),
    _refusal("account_closed", "Account closed", "The account was closed or has moved."),
    _refusal(
        "authorization_incomplete",
        "Authorisation unfinished",
        "The account holder did not bring the authorisation to its end.",
    ),
    _refusal(
        "bank_communication_failed",
        "Query not carried out",
        "The bank does not carry out the query for this user and says neither account nor period is wrong.",
    ),
    _refusal(
        "bank_communication_failed_inactive_user",
        "Santander: user not active",
        "The read-only user was never activated, or lacks the profile for statements.",
        expected="bank_communication_failed",
        refusal="bank_communication_failed.inactive_user",
    ),
    _refusal(
        "bank_communication_failed_qr_code",
        "Santander: QR code demanded",
        "The bank demands that the user reads a QR code on a phone.",
        expected="bank_communication_failed",
        refusal="bank_communication_failed.qr_code",
    ),
    _refusal(
        "bank_communication_failed_several_accounts",
        "Santander: several accounts",
        "More than one account is bound to the read-only user.",
        expected="bank_communication_failed",
        refusal="bank_communication_failed.several_accounts",
    ),
    _refusal(
        "bank_communication_failed_stale_connection",
        "Santander: stale connection",
        "The connection through Open Finance has gone stale.",
        expected="bank_communication_failed",
        refusal="bank_communication_failed.stale_connection",
    ),
    _refusal(
        "bank_security_step_required",
        "Security step demanded",
        "The bank wants a device authorised or a security program installed first.",
    ),
    _refusal("consent_expired", "Authorisation ended", "The authorisation of the account holder has ended."),
    _refusal(
        "consent_pending_approval",
        "Authorisation pending",
        "Another person in charge has still to approve the authorisation.",
    ),
    _refusal(
        "consent_revoked", "Authorisation revoked", "The account holder has revoked the authorisation at the bank."
    ),
    _refusal(
        "enrolment_paused",
        "New enrolments paused",
        "The bank takes no new connections for the time being; those it has go on.",
    ),
    _refusal(
        "holder_not_supported",
        "Holder not accepted",
        "The bank does not open this API to holders of this sort.",
        expected="account_type_not_supported",
        refusal="account_type_not_supported",
    ),
    _refusal(
        "integration_paused", "Integration paused", "The bank has stopped this connection for a while, and says so."
    ),
    _refusal("invalid_account", "Invalid branch or account", "The bank knows no such account for these credentials."),
    _refusal("invalid_credentials", "Credentials refused", "The bank refuses the credentials."),
    _refusal("mfa_required", "Token required", "The bank demands a second factor of this user."),
    _refusal(
        "password_expired", "Password expired", "The operator's password has expired, by policy or for not being used."
    ),
    _refusal("period_out_of_range", "Period refused", "The bank refuses the period, whatever it is."),
    _refusal("rate_limited", "Quota used up", "The bank refuses because its quota of calls is used up."),
    _refusal("session_conflict", "Session conflict", "Another session of the same user is open at the bank."),
    _refusal(
        "statement_access_denied", "No access to the statement", "The user may log in but not read the statement."
    ),
    _refusal("user_blocked", "User blocked", "The bank has blocked the user."),
    _refusal(
        "wrong_user_profile",
        "Wrong user profile",
        "The user is of a profile that the bank does not let integrations use.",
    ),
)
