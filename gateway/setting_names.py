"""The names of the environment variables that the gateway reads, and the error about any other.

A variable with our prefix that nothing reads stops the start. It is a mistake: the operator would believe, for example,
that a deadline holds.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

__all__ = ["FILE", "FROM_FILES", "NAMES", "PREFIX", "unknown"]

PREFIX = "GATEWAY_"
NAMES = frozenset(
    {
        "ANSWER_SECONDS",
        "BODY_LIMIT",
        "BODY_SECONDS",
        "CA_BUNDLE",
        "CLOCK_URL",
        "CONNECTIONS",
        "CONNECT_TO",
        "DAILY_IMPORT",
        "DATABASE_URL",
        "ENVIRONMENT",
        "HEADER_SECONDS",
        "IDLE_SECONDS",
        "IMPORTS_AT_ONCE",
        "LOG_LEVEL",
        "PAGE_SIZE",
        "PROXIES",
        "PUBLIC_URL",
        "REQUESTS_PER_MINUTE",
        "RETENTION_DAYS",
        "SECRET_KEYS",
        "STATEMENT_DEADLINE",
        "STATE_DIR",
        "WEBHOOK_NETWORKS",
    }
)
"""Every variable that is read, without the prefix."""
FROM_FILES = frozenset({"DATABASE_URL", "SECRET_KEYS"})
"""Variables whose value may stand in a file instead, named by the variable of that name and `_FILE`: others can see
what is in an environment."""
FILE = "_FILE"
SERVICE_LINK = re.compile(r"SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?")
"""Names of variables that Kubernetes sets in every container beside a service called `gateway`."""
ELSEWHERE = "docs/operations.md has all variables, and `gateway serve --help` what is no variable, such as the port"


def unknown(environ: Mapping[str, str]) -> str | None:
    """One line about a variable that nothing reads, and what was probably meant; None without one."""
    for key, value in sorted(environ.items()):
        name = key.removeprefix(PREFIX)
        known = name in NAMES or (name.endswith(FILE) and name.removesuffix(FILE) in FROM_FILES)
        if key.startswith(PREFIX) and not known and not _service_link(name, value):
            near = get_close_matches(name.upper(), sorted(NAMES), n=1)
            meant = f"did you mean {PREFIX}{near[0]}?" if near else ELSEWHERE
            return f"{PREFIX}{_plain(name)} is not known; {meant}"
    return None


def _service_link(name: str, value: str) -> bool:
    """Whether Kubernetes has set a variable; of a bare `PORT` only the value shows it."""
    return SERVICE_LINK.fullmatch(name) is not None and (name != "PORT" or "://" in value)


def _plain(name: str) -> str:
    """A name in one line, without anything that a terminal would act on."""
    return re.sub(r"[^A-Za-z0-9_]", "?", name[:60])
