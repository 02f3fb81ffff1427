"""The command `gateway`.

`--help` must be instant, so nothing heavy is imported before a command runs: the commands are listed here by name and
first sentence, and each is loaded when it runs (`gateway.commands`). The operator's commands see all tenants.
"""

import os
import resource
import sys
from typing import Any

import rich_click as click
from click.exceptions import Abort

from gateway import __version__
from gateway.commands.lazy import LazyGroup, Listed

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "Begin": {
        "demo": Listed("demo", "demo", "Start simulated banks and a gateway, and read one account of every bank."),
        "serve": Listed("serving", "serve", "Serve the HTTP interface, and import every account on each business day."),
        "keys": Listed("tenants", "keys", "API keys of tenants: create, list, rotate, revoke."),
        "tenants": Listed("tenants", "tenants", "Tenants: list them, or remove one."),
    },
    "Accounts and statements": {
        "banks": Listed("banks", "banks", "List the banks, or show what one of them needs."),
        "accounts": Listed("accounts", "accounts", "Accounts of all tenants: add, list, show, enable, change, remove."),
        "statement": Listed("statements", "statement", "Read the statement of an ACCOUNT (its id) from the bank."),
    },
    "Daily import": {
        "sync": Listed("syncing", "sync", "Import now what is due today, also what has failed."),
        "worker": Listed("syncing", "worker", "Run the daily import without HTTP, over PostgreSQL."),
    },
    "Operation": {
        "pause": Listed("pausing", "pause", "Stop asking a BANK (its slug), or asking it for one account."),
        "resume": Listed("pausing", "resume", "End the pause of a BANK (its slug), or of one account."),
        "pauses": Listed("pausing", "pauses", "List the pauses in force."),
        "revive": Listed("pausing", "revive", "Try stopped connections again, with their present credentials."),
        "audit": Listed("auditing", "audit", "List management actions, newest first: when, who, what, about what."),
        "vault": Listed("vault", "vault", "The credential vault: encrypt it with a new key."),
    },
    "Reference": {
        "explain": Listed("explaining", "explain", "Explain the CODE of a failure or warning, in Portuguese."),
        "exit-codes": Listed("exit_codes", "exit_codes", "List the exit statuses of all commands."),
        "openapi": Listed("openapi", "openapi", "Print the OpenAPI document of the HTTP interface."),
        "completion": Listed("completion", "completion", "Print the script with which a SHELL completes `gateway`."),
    },
}
"""All commands, by part of the help and name."""

STATUSES = (
    "Exit status: 0 done, 1 refused, 2 written wrongly, 3 try again later, 4 the bank failed, 5 somebody must act, "
    "6 the gateway cannot work here; `gateway exit-codes` says more."
)


def main() -> None:
    """Run the command of this process's arguments, and exit with its status."""
    status: Any
    # A core dump would write keys and credentials of the memory to a disk, of this process or of one that it starts.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        # Text that the terminal's encoding lacks is shown as a question mark, and stops nothing.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        status = cli(standalone_mode=False, prog_name="gateway")
        sys.stdout.flush()
    except Abort:
        click.echo("gateway: stopped", err=True)
        status = 130
    except BrokenPipeError:
        status = _reader_gone()
    except click.ClickException as error:
        status = _written(error)
    except SystemExit as end:
        # Click raises this when a pipe breaks.
        status = _reader_gone() if isinstance(end.__context__, BrokenPipeError) else _flushed(end.code)
    except UnicodeEncodeError as error:
        status = _not_text(error)
    except Exception as error:  # noqa: BLE001 - the last net: a defect, shown in one line and logged without secrets
        status = _defect(error)
    sys.exit(status if isinstance(status, int) else 0)


def _written(error: click.ClickException) -> int:
    from gateway.commands.complaints import written  # noqa: PLC0415 - only here: it loads what help does not need

    return written(error, as_json="--json" in sys.argv[1:])


def _not_text(error: UnicodeEncodeError) -> int:
    """An argument has bytes that are no text, which nothing but a file's name may have; else a defect."""
    from gateway.commands.complaints import complain  # noqa: PLC0415 - only here: it loads what help does not need
    from gateway.commands.parameters import is_text  # noqa: PLC0415 - likewise

    if all(map(is_text, sys.argv[1:])):
        return _defect(error)
    return complain("an argument is not text in UTF-8", 2)


def _flushed(status: Any) -> Any:
    """The status, once everything is written; that of a reader who has gone where that is not possible."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_gone()
    return status


def _reader_gone() -> int:
    """End in silence as a process does that is ended by SIGPIPE, which Python ignores."""
    # What the interpreter flushes at its end goes nowhere; 1 is standard output.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 141


def _defect(error: Exception) -> int:
    import structlog  # noqa: PLC0415 - only here: it loads what help does not need

    from gateway.commands.complaints import complain  # noqa: PLC0415 - likewise
    from gateway.logs import configure  # noqa: PLC0415 - likewise

    configure("ERROR")
    structlog.get_logger("gateway.cli").error("unexpected_error", exc_info=error)
    return complain(f"internal error: {type(error).__name__}; the log line above says where", 1)


@click.group(
    cls=LazyGroup,
    listed=COMMANDS,
    epilog=STATUSES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="gateway")
def cli() -> None:
    """One read-only statement endpoint in front of Brazilian banks.

    `gateway demo` shows all of it with simulated banks; `gateway COMMAND --help` tells of one command, with an example.
    """
