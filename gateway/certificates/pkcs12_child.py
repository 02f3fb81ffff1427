"""Opens one PKCS#12 in a process of its own: standard input to standard output, JSON both ways.

The PKCS#12 itself sets the work that it costs, partly under its password, so that the work cannot be limited from
outside. So this process has a limit of processor time and of memory, runs at a low priority where it may, and leaves no
core dump. It imports nothing of ours: it is run by its path.
"""

import base64
import contextlib
import json
import os
import resource
import sys

MEMORY_BYTES = 1 << 30
UNREADABLE: dict[str, object] = {"error": "unreadable"}


def main() -> None:
    """Read a bundle and its password, write its parts or an error. The one argument is the limit of processor time."""
    processor_seconds = int(sys.argv[1])
    # A sandbox may forbid it (systemd's `~@resources`); the limits hold all the same.
    with contextlib.suppress(PermissionError):
        os.nice(10)
    for what, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_AS, MEMORY_BYTES),
    ):
        resource.setrlimit(what, (limit, limit))
    form = json.load(sys.stdin)
    json.dump(parts_of(base64.b64decode(form["bundle"]), form["password"]), sys.stdout)


def parts_of(bundle: bytes, password: str) -> dict[str, object]:
    """The certificates, that of the key first, and the key, as PEM; or `error`."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - after the limits have been set
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        pkcs12,
    )

    try:
        key, certificate, others = pkcs12.load_key_and_certificates(bundle, password.encode() or None)
    except ValueError as error:
        return {"error": "password"} if "password" in str(error).lower() else UNREADABLE
    except (TypeError, UnsupportedAlgorithm):
        return UNREADABLE
    if key is None or certificate is None:
        return {"error": "incomplete"}
    return {
        "certificates": [each.public_bytes(Encoding.PEM).decode() for each in (certificate, *others)],
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }


if __name__ == "__main__":
    main()
