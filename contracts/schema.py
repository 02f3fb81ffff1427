"""The contract of a bank as strict structs: what the bank promises, each group with its evidence.

A contract answers "what does the bank document or show?". What to do about it is decided in code. An unknown key is an
error, so that a misspelt fact is noticed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, cast
from urllib.parse import quote, urlencode

from msgspec import Meta, field

from contracts.access import Authentication, Authorization, ClientAuthentication, Grant, MutualTLS
from contracts.enrolment import CheckDigit, CredentialField, CredentialKind, Enrolment, Identity, Numbering
from contracts.exemption import Exempted, Exemption
from contracts.fact import ContractError, Evidence, Fact, NotNegative, Positive, Strict
from contracts.operation import PLACE, Operation, OperationKind, path_pattern, segment_of
from contracts.quota import CountedBy, Quota
from contracts.symptom import Symptom

__all__ = [
    "Authentication",
    "Authorization",
    "Capabilities",
    "CheckDigit",
    "ClientAuthentication",
    "Contract",
    "ContractError",
    "CountedBy",
    "CredentialField",
    "CredentialKind",
    "Enrolment",
    "Environment",
    "Evidence",
    "Exempted",
    "Exemption",
    "Fact",
    "Grant",
    "Identity",
    "Limits",
    "MutualTLS",
    "Numbering",
    "Operation",
    "OperationKind",
    "Paging",
    "PagingStyle",
    "PeriodRules",
    "Quota",
    "SourceConflict",
    "Symptom",
    "path_pattern",
]

Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]
QuotaName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
Host = Annotated[str, Meta(pattern=rf"^{LABEL}(\.{LABEL})+$", max_length=253)]


class Environment(Fact, frozen=True, kw_only=True):
    """The hosts of one environment of the bank, by role (`api`, `token`, ...)."""

    hosts: dict[str, Host]


class PeriodRules(Fact, frozen=True, kw_only=True):
    """Which periods the bank answers, and when the entries of a day are complete."""

    max_days: NotNegative = 0
    """Longest period of one request in days, both ends counted; 0 where the bank names no limit."""
    history_days: NotNegative = 0
    """How far back the bank answers, in days before today; 0 where the bank names no limit."""
    first_import_days: Positive = 30
    """How far back a first import reaches, in days before today."""
    available_by: Annotated[str, Meta(pattern=r"^\d{2}:\d{2}$")] = "09:00"
    """Time of day in Brasília (HH:MM) by which yesterday's entries are expected to be complete."""
    lag_days: NotNegative = 1
    """How many days pass before a day is complete: 1 means that entries of today may still change."""
    sends_weekends_again: bool = False
    """Whether the bank sends entries of weekends and holidays again, under the next business day."""


class PagingStyle(StrEnum):
    """How the pages of a long answer are asked for."""

    PAGE_NUMBER = "page_number"
    OFFSET = "offset"
    CURSOR = "cursor"
    NONE = "none"
    """The answer comes in one piece."""


class Limits(Fact, frozen=True, kw_only=True):
    """How often the bank may be called: the quotas that it documents, and the headers that give a wait."""

    wait_headers: tuple[Annotated[str, Meta(pattern=r"^[a-z0-9_-]+$")], ...] = ()
    """Headers, in lower case, that give the seconds to wait; the first one present counts. `Retry-After` is read at
    every bank, after these."""
    quotas: dict[QuotaName, Quota] = field(default_factory=dict)
    """By a name of its own each. A quota of one operation by minute and client may be its `per_minute` instead."""

    def __post_init__(self) -> None:
        """Check that the group is not empty.

        Raises:
            ValueError: it names neither headers nor quotas.
        """
        if not (self.wait_headers or self.quotas):
            raise ValueError("`limits` names `wait_headers` or `quotas`")


class Paging(Fact, frozen=True, kw_only=True):
    """How a long answer is cut into pages."""

    style: PagingStyle
    first: NotNegative = 0
    """Number of the first page."""
    default_size: NotNegative = 0
    """Entries of a page where the request names no size; 0 when unknown."""
    max_size: NotNegative = 0
    """Most entries of a page that a request may name; 0 when unknown."""
    reach: NotNegative = 0
    """Most entries of one list that its pages give, however long it is; 0 where no such limit is known."""


class Capabilities(Fact, frozen=True, kw_only=True):
    """What the bank's answers contain of an entry.

    The acceptance suite compares it with the adapter: what is declared must come with every entry that can have it, and
    what comes with all of them must be declared.
    """

    entry_id: bool
    """Every entry has an id that stays the same."""
    booked_at: bool
    """Every entry has the instant at which it was booked."""
    running_balance: bool
    """Every entry has the balance after it."""
    period_balances: bool
    """The opening and the closing balance of a period can be asked for."""
    counterparty: bool
    """Some kinds of entry always name the other party."""
    description: bool
    """The text of the ledger is sent; otherwise the bank composes a description."""
    document: bool
    """The number of an entry's document is sent unchanged, and none where there is none."""
    available_balance: bool = False
    """The present available balance is asked for, because there are no balances of the period."""


class SourceConflict(Fact, frozen=True, kw_only=True):
    """A point on which sources conflict, with its possible readings. The simulated bank can play each of them."""

    chosen: str
    """The one that is played unless another is asked for."""
    others: tuple[str, ...]


class Contract(Strict, frozen=True, kw_only=True):
    """Everything one bank promises."""

    api: Literal[1] = 1
    """Version of this schema. A contract of another version is refused."""
    slug: Slug
    name: str
    compe: Annotated[str, Meta(pattern=r"^\d{3}$")]
    ispb: Annotated[str, Meta(pattern=r"^\d{8}$")]
    product: str
    """Name and version of the bank's API."""
    environments: dict[str, Environment]
    authentication: Authentication
    authorization: Authorization | None = None
    """Where the account holder authorises the client; None where no authorisation is needed."""
    operations: dict[str, Operation]
    period: PeriodRules
    paging: Paging
    limits: Limits | None = None
    """None where the bank documents no header besides `Retry-After`, and no limits but those by the minute."""
    capabilities: Capabilities
    enrolment: Enrolment
    symptoms: tuple[Symptom, ...]
    readings: dict[str, SourceConflict] = field(default_factory=dict)
    """By the name of a point on which sources conflict."""
    exemptions: dict[str, Exemption] = field(default_factory=dict)
    """By the name of a check of the acceptance suite."""

    def __post_init__(self) -> None:
        """Check the names of quotas and of the operations that they count.

        Raises:
            ValueError: a quota has the name of an operation, or counts an operation that is not in the contract.
        """
        for name, quota in (self.limits.quotas if self.limits is not None else {}).items():
            if name in self.operations:
                raise ValueError(f"limits.quotas.{name}: the name belongs to the operation's own `per_minute`")
            if unknown := sorted(set(quota.operations) - set(self.operations)):
                raise ValueError(f"limits.quotas.{name}: {', '.join(unknown)} is no operation of the contract")

    def quotas_of(self, operation: str) -> dict[str, Quota]:
        """By name, all documented quotas that count a call of this operation; first its own `per_minute`, if any.

        Raises:
            KeyError: the operation is not in the contract.
        """
        own = self.operations[operation].quota(operation)
        others = self.limits.quotas if self.limits is not None else {}
        counting = {name: quota for name, quota in others.items() if quota.counts(operation)}
        return counting if own is None else {operation: own, **counting}

    @property
    def limited(self) -> bool:
        """Whether the bank documents any limit of calls."""
        return any(self.quotas_of(operation) for operation in self.operations)

    def kind_of(self, operation: str) -> str:
        """What an operation asks for, as failures name the step: `token`, `statement`, `balance`, `accounts`."""
        return self.operations[operation].kind.value

    def host(self, role: str, environment: str = "production") -> str:
        """The host name that plays a role in an environment.

        Raises:
            KeyError: the environment or the role is not in the contract.
        """
        return self.environments[environment].hosts[role]

    def operation_for(self, method: str, host: str, path: str) -> str | None:
        """The name of the operation that a request is; None where the contract does not list it."""
        for environment in self.environments.values():
            for name, operation in self.operations.items():
                if environment.hosts.get(operation.host) == host and operation.matches(method, path):
                    return name
        return None

    def url(self, operation: str, environment: str = "production", **segments: str) -> str:
        """The URL of an operation, with its path segments filled in; names that its path does not have are left out.

        Raises:
            KeyError: the operation, the environment or a path segment is not known.
            ValueError: a path segment would lead to another path: ids come from banks and forms.
        """
        described = self.operations[operation]
        path = PLACE.sub(lambda place: segment_of(segments[place[1]]), described.path)
        return f"https://{self.host(described.host, environment)}{path}"

    def issuer(self, environment: str) -> str:
        """The issuer of authorizations, as named in the responses of the bank's page (RFC 9207).

        Raises:
            LookupError: the bank has no such page, or not in that environment.
        """
        if self.authorization is None:
            raise LookupError(f"{self.slug} has no authorization page")
        return f"https://{self.host(self.authorization.host, environment)}"

    def authorization_page(self, environment: str, query: Mapping[str, str]) -> str:
        """The URL of the page on which an account holder authorises the client, with these parameters.

        Raises:
            LookupError: the bank has no such page, or not in that environment.
        """
        issuer = self.issuer(environment)
        described = cast("Authorization", self.authorization)
        parameters = urlencode({"response_type": described.response_type, **query}, quote_via=quote)
        return f"{issuer}{described.path}?{parameters}"

    def facts(self) -> dict[str, Fact]:
        """Every group of facts, by the dotted path of its keys in bank.yaml."""
        found: dict[str, Fact] = {
            "authentication": self.authentication,
            "period": self.period,
            "paging": self.paging,
            "capabilities": self.capabilities,
            "enrolment": self.enrolment,
        }
        if self.limits is not None:
            found["limits"] = self.limits
            found |= {f"limits.quotas.{name}": quota for name, quota in self.limits.quotas.items()}
        if self.authorization is not None:
            found["authorization"] = self.authorization
        within: dict[str, Mapping[str, Fact]] = {
            "enrolment": self.enrolment.facts(),
            "environments": self.environments,
            "operations": self.operations,
            "readings": self.readings,
            "exemptions": self.exemptions,
            "symptoms": {f"{number}.{symptom.failure}": symptom for number, symptom in enumerate(self.symptoms)},
        }
        return found | {f"{group}.{name}": fact for group, facts in within.items() for name, fact in facts.items()}
