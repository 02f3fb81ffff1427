"""The environment as one frozen struct, refused with one clear line when a value is wrong.

Secrets are held in a type whose text never shows them, so that printing the settings is safe.

Long because each variable has its own check, with a line that says what is wrong with it.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from msgspec import Struct, field

from gateway.certificates.marked_authorities import is_loopback, marked_authorities
from gateway.limits import (
    BODY_BYTES,
    IMPORTS_AT_ONCE,
    REQUESTS_PER_MINUTE,
    RETENTION_DAYS,
    SETTING_FILE_BYTES,
    STATEMENT_DEADLINE_SECONDS,
    ConnectionLimits,
)
from gateway.setting_names import FILE, FROM_FILES, NAMES, PREFIX, unknown
from gateway.state_folder import DATABASE_FILE, KEY_FILE, DatabaseUnreadable, holds_secrets, state_dir_of, too_open

__all__ = ["Secrets", "Settings", "SettingsError", "load"]

T = TypeVar("T")

FERNET_KEY = r"[A-Za-z0-9_/+-]{43}="
URL_CHARACTERS = r"[A-Za-z0-9:/?#\[\]@!$&()*+,=._~%-]+"
"""Characters of an address (RFC 3986) but `'` and `;`, which end something where it stands."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class SettingsError(ValueError):
    """A variable of the environment has a value that cannot be used. The text names the variable, not its value."""


class Secrets(Struct, frozen=True):
    """Secret values in order. Their text never shows one."""

    values: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Secrets({len(self.values)})"


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of the gateway. Build them with `load`."""

    database_url: str
    """SQLAlchemy URL of a SQLite file or of a PostgreSQL database."""
    secret_keys: Secrets
    """Fernet keys of the vault, newest first."""
    connect_to: tuple[str, int] | None = None
    """Host and port where every bank connection goes, host names kept; None for the real banks. Where the host is not
    loopback, `ca_bundle` holds nothing but authorities of tests."""
    ca_bundle: str | None = None
    """Path of a PEM file with the authorities to trust; None for the usual ones."""
    clock_url: str | None = None
    """The simulators' clock; only together with `connect_to`."""
    page_size: int = 0
    """Entries to ask for in one page; 0 for the largest each bank accepts."""
    statement_deadline: float = STATEMENT_DEADLINE_SECONDS
    """Seconds after which a statement is given up."""
    retention_days: int = RETENTION_DAYS
    """How many days back entries are kept, from which changes are told."""
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of webhooks that are allowed although they are not public."""
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of the proxies in front, which are believed from which address a request has come; nobody else is."""
    daily_import: bool = False
    """Whether `gateway serve` imports every account on each business day. The environment turns it on by default; an
    application that is built by itself calls no bank that nobody asked for."""
    imports_at_once: int = IMPORTS_AT_ONCE
    """Imports under way in one process."""
    requests_per_minute: int = REQUESTS_PER_MINUTE
    """Requests of one API key that a process answers in a minute; 0 for any number."""
    body_limit: int = BODY_BYTES
    """Largest request body in bytes."""
    limits: ConnectionLimits = ConnectionLimits()
    """Limits of callers' connections."""
    log_level: str = "INFO"
    public_url: str | None = None
    """Address at which browsers reach the gateway; None for the one it listens on."""
    environment: str = "production"
    """Which of each bank's environments is called."""
    notes: tuple[str, ...] = field(default=())
    """Lines to show the operator at start-up, such as one about a key file that was just written."""

    def __repr__(self) -> str:
        shown = {
            "environment": self.environment,
            "public_url": self.public_url,
            "connect_to": self.connect_to,
            "page_size": self.page_size,
            "statement_deadline": self.statement_deadline,
            "log_level": self.log_level,
        }
        # The database URL may hold a password and is left out.
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from the environment (`os.environ` unless another is given).

    Writes the embedded database's key file when it is needed and not there yet.

    Raises:
        SettingsError: a variable is wrong or not known; the text is one line that names it.
    """
    environ = os.environ if environ is None else environ
    if (mistake := unknown(environ)) is not None:
        raise SettingsError(mistake)
    given = _Given(environ)
    database_url, embedded = _database(given)
    connect_to = given.get("CONNECT_TO", _address)
    ca_bundle = given.get("CA_BUNDLE", _authorities)
    if connect_to is not None and not is_loopback(connect_to[0]):
        _check_authorities(ca_bundle)
    clock_url = given.get("CLOCK_URL", _http_url)
    if clock_url is not None and connect_to is None:
        raise SettingsError(f"{PREFIX}CLOCK_URL is accepted only together with {PREFIX}CONNECT_TO")
    keys, notes = _keys(given, embedded)
    per_minute = given.get("REQUESTS_PER_MINUTE", _whole(0, 1_000_000))
    return Settings(
        database_url=database_url,
        secret_keys=Secrets(keys),
        connect_to=connect_to,
        ca_bundle=ca_bundle,
        clock_url=clock_url,
        page_size=given.get("PAGE_SIZE", _whole(0, 1_000_000)) or 0,
        statement_deadline=given.get("STATEMENT_DEADLINE", _seconds) or STATEMENT_DEADLINE_SECONDS,
        retention_days=given.get("RETENTION_DAYS", _whole(1, 3650)) or RETENTION_DAYS,
        webhook_networks=given.get("WEBHOOK_NETWORKS", _networks) or (),
        proxies=given.get("PROXIES", _networks) or (),
        daily_import=given.get("DAILY_IMPORT", _switch) is not False,
        imports_at_once=given.get("IMPORTS_AT_ONCE", _whole(1, 64)) or IMPORTS_AT_ONCE,
        requests_per_minute=REQUESTS_PER_MINUTE if per_minute is None else per_minute,
        body_limit=given.get("BODY_LIMIT", _whole(1024, 1 << 30)) or BODY_BYTES,
        limits=_limits(given),
        log_level=given.get("LOG_LEVEL", _level) or "INFO",
        public_url=given.get("PUBLIC_URL", _public_url),
        environment=given.get("ENVIRONMENT", _name) or "production",
        notes=notes,
    )


def _limits(given: "_Given") -> ConnectionLimits:
    usual = ConnectionLimits()
    return ConnectionLimits(
        connections=given.get("CONNECTIONS", _whole(1, 100_000)) or usual.connections,
        header_seconds=given.get("HEADER_SECONDS", _seconds) or usual.header_seconds,
        body_seconds=given.get("BODY_SECONDS", _seconds) or usual.body_seconds,
        idle_seconds=given.get("IDLE_SECONDS", _seconds) or usual.idle_seconds,
        answer_seconds=given.get("ANSWER_SECONDS", _seconds) or usual.answer_seconds,
    )


class _Given:
    """The variables of the environment that have a value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str:
        """The value of a variable, or of the file that stands for it; empty when it is not set.

        Raises:
            SettingsError: the file cannot be read, or the variable is set too.
        """
        if name not in NAMES:
            raise LookupError(f"{name} stands in no list of names")
        value = self._environ.get(PREFIX + name, "").strip()
        file = self._environ.get(PREFIX + name + FILE, "").strip() if name in FROM_FILES else ""
        if not file:
            return value
        if value:
            raise SettingsError(f"{PREFIX}{name} and {PREFIX}{name}{FILE} are both set; one of them is enough")
        return _content(f"{PREFIX}{name}{FILE}", Path(file))

    def get(self, name: str, read: Callable[[str], T]) -> T | None:
        value = self.text(name)
        if not value:
            return None
        try:
            return read(value)
        except ValueError as error:
            # `from None`: the original text of a conversion error shows the value.
            raise SettingsError(f"{PREFIX}{name} {_reason(error)}") from None

    def state_dir(self) -> Path:
        return state_dir_of(self._environ)


def _content(variable: str, path: Path) -> str:
    """The text of a file.

    Raises:
        SettingsError: it cannot be read, or holds nothing. An empty file is a mistake and not an unset variable.
    """
    try:
        with path.open("rb") as file:
            text = file.read(SETTING_FILE_BYTES + 1).decode("ascii").strip()
    except OSError as error:
        raise SettingsError(f"{variable}: the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        # `from None`: the original text shows a part of the file.
        raise SettingsError(f"{variable}: the file is not ASCII text") from None
    if not 0 < len(text) <= SETTING_FILE_BYTES:
        raise SettingsError(f"{variable}: the file must have 1 to {SETTING_FILE_BYTES} characters")
    return text


class _Refused(ValueError):
    """A value that one of the checks below refuses; the text says what is expected and never shows the value."""


def _reason(error: ValueError) -> str:
    return str(error) if isinstance(error, _Refused) else "has a value that cannot be read"


def _database(given: _Given) -> tuple[str, Path | None]:
    """The database URL, and the directory of the embedded database when none is given."""
    if (url := given.get("DATABASE_URL", _database_url)) is not None:
        return url, None
    directory = given.state_dir()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{PREFIX}STATE_DIR: {directory} cannot be created: {error.strerror}") from error
    if (wrong := too_open(directory)) is not None:
        raise SettingsError(f"{PREFIX}STATE_DIR: {wrong}")
    return f"sqlite:///{directory / DATABASE_FILE}", directory


def _database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    driver = DRIVERS.get(scheme.lower())
    if not separator or driver is None:
        raise _Refused("must begin with sqlite:/// or postgresql://")
    if driver == "sqlite" and "?" in rest:
        raise _Refused("must name a file alone, without parameters behind it")
    if driver != "sqlite":
        try:
            _ = urlsplit(value).port
        except ValueError as error:
            hint = "a character such as / or ? in the password is written as %2F or %3F"
            raise _Refused(f"must be postgresql://user:password@host:port/database; {hint}") from error
    return f"{driver}://{rest}"


def _check_nothing_sealed(path: Path, database: Path) -> None:
    """Refuse to make a vault key beside a database that may hold values sealed with another.

    Raises:
        SettingsError: it holds some, or cannot be read.
    """
    lost = f"the vault key file {path} is lost, and the database beside it"
    back = f"put the file back, or give the key in {PREFIX}SECRET_KEYS"
    try:
        if not holds_secrets(database):
            return
    except DatabaseUnreadable as error:
        raise SettingsError(
            f"{lost} cannot be read ({error}), so that nobody knows what it holds: {back}, and where the database is "
            f"damaged put back a copy of {database} too; to begin anew, move {database} away"
        ) from error
    raise SettingsError(f"{lost} holds secrets sealed with it: {back}")


def _keys(given: _Given, embedded: Path | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if keys := given.get("SECRET_KEYS", _fernet_keys):
        return keys, ()
    if embedded is None:
        raise SettingsError(
            f"{PREFIX}SECRET_KEYS is not set: with {PREFIX}DATABASE_URL the vault keys must be given, newest first"
        )
    path = embedded / KEY_FILE
    notes: tuple[str, ...] = ()
    if not path.exists():
        _check_nothing_sealed(path, embedded / DATABASE_FILE)
    try:
        # Exclusive creation: of two processes that start at once, one writes and the other reads.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"{PREFIX}SECRET_KEYS is not set and {path} cannot be written: {error.strerror}") from error
    else:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
        notes = (f"a new vault key was written to {path}; without that file the stored credentials cannot be read",)
    try:
        return _fernet_keys(path.read_text("ascii")), notes
    except (OSError, ValueError) as error:
        raise SettingsError(f"{PREFIX}SECRET_KEYS is not set and {path} holds no vault key") from error


def _fernet_keys(value: str) -> tuple[str, ...]:
    keys = tuple(part for part in re.split(r"[\s,]+", value) if part)
    if not keys:
        raise _Refused("holds no key")
    for number, key in enumerate(keys, start=1):
        # Fernet itself skips what is no base64 and stops at the first `=`: of two keys with anything but a comma
        # between them it would take the first, and what is sealed with the second would never open.
        if not re.fullmatch(FERNET_KEY, key):
            expected = "32 bytes in URL-safe base64, 44 characters without quotes; commas stand between keys"
            raise _Refused(f"key {number} is not a Fernet key ({expected})")
    return keys


def _address(value: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _Refused("must be host:port") from error
    if not host or not port or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise _Refused("must be host:port")
    return host, port


def _check_authorities(bundle: str | None) -> None:
    """Refuse to send connections to banks elsewhere, unless no real bank can be met or believed there.

    Raises:
        SettingsError: there is no bundle, or it holds another authority than those of tests.
    """
    refused = (
        f"{PREFIX}CONNECT_TO must be a loopback address, or {PREFIX}CA_BUNDLE must name the simulators' test "
        "authorities and no other"
    )
    if bundle is None:
        raise SettingsError(refused)
    try:
        marked_authorities(bundle)
    except ValueError as error:
        raise SettingsError(f"{refused}: {error}") from error


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each) for each in re.split(r"[\s,]+", value) if each)
    except ValueError as error:
        raise _Refused("must be networks such as 127.0.0.0/8, with commas between them") from error


def _http_url(value: str) -> str:
    # Such an address stands in headers, in policies and in pages. Python passes over line ends in it.
    if not re.fullmatch(URL_CHARACTERS, value):
        raise _Refused("must be an http:// or https:// address without blanks, quotes and accents")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise _Refused("must be an http:// or https:// address")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(_http_url(value))
    if parts.query or parts.fragment or parts.username is not None:
        raise _Refused("must be an http:// or https:// address without query")
    return value.rstrip("/")


def _readable_file(value: str) -> str:
    if not Path(value).is_file() or not os.access(value, os.R_OK):
        raise _Refused("must name a readable file")
    return value


def _authorities(value: str) -> str:
    """The path of a bundle; one without authorities would have every bank taken for unreachable."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(_readable_file(value))
    except OSError as error:  # SSLError is one
        raise _Refused("must name a file with certificates of authorities in PEM") from error
    return value


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdecimal() or not least <= int(value) <= most:
            raise _Refused(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def _seconds(value: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", value) or not 0 < float(value) <= 3600:
        raise _Refused("must be seconds, more than 0 and at most 3600")
    return float(value)


def _level(value: str) -> str:
    if value.upper() not in LEVELS:
        raise _Refused(f"must be one of {', '.join(LEVELS)}")
    return value.upper()


def _switch(value: str) -> bool:
    if value.lower() not in {"on", "off"}:
        raise _Refused("must be on or off")
    return value.lower() == "on"


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", value):
        raise _Refused("must be a name such as production or sandbox")
    return value
