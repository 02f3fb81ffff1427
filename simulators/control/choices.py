"""Names that calls of the control API choose by, such as banks, faults and scenarios."""

from collections.abc import Collection

from litestar.exceptions import HTTPException

__all__ = ["check_known"]


def check_known(kind: str, name: str, known: Collection[str], *, status: int = 422) -> None:
    """Refuse a name that is unknown, and say which are known.

    Args:
        kind: of what it is the name, which is also the name of the field: `bank`, `fault`, `scenario`.
        name: as it was sent.
        known: all names of that kind.
        status: of the refusal.

    Raises:
        HTTPException: the name is unknown.
    """
    if name not in known:
        detail = f"{kind}: there is no {kind} {name!r}, only {', '.join(known)}"
        raise HTTPException(detail, status_code=status)
