"""The operation that a call meant most likely, where method, host and path are not quite those of one."""

from contracts.schema import Contract, Operation

__all__ = ["Nearest"]

LONGEST_PATH = 200
"""Characters of a path that are compared: the work grows with their number."""
MOST_REMEMBERED = 200
PLACE = 1
"""What it costs that a segment stands where the template has a placeholder; less than any difference of texts."""


class Nearest:
    """The operations of a contract, to compare a call with.

    Args:
        contract: lists them.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._found: dict[tuple[str, str, str], tuple[str, str]] = {}

    def to(self, method: str, host: str, path: str) -> tuple[str, str]:
        """The name of the nearest operation, and why the call is not one of it, in words."""
        asked = method, host, path[:LONGEST_PATH]
        if asked not in self._found:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            self._found[asked] = self._compared(*asked)
        return self._found[asked]

    def _compared(self, method: str, host: str, path: str) -> tuple[str, str]:
        def cost(name: str) -> tuple[int, int, int]:
            operation = self._contract.operations[name]
            return _distance(path, operation.path), host not in self._hosts(operation), operation.method != method

        name = min(self._contract.operations, key=cost)
        operation = self._contract.operations[name]
        elsewhere = "" if host in self._hosts(operation) else f" at the host {self._host(operation, host)}"
        return name, f"no operation has {method} {path}; {operation.method} {operation.path} is {name}{elsewhere}"

    def _hosts(self, operation: Operation) -> set[str]:
        each = self._contract.environments.values()
        return {environment.hosts[operation.host] for environment in each if operation.host in environment.hosts}

    def _host(self, operation: Operation, host: str) -> str:
        """The operation's host in the environment that the call means."""
        for environment in self._contract.environments.values():
            if host in environment.hosts.values() and operation.host in environment.hosts:
                return environment.hosts[operation.host]
        return min(self._hosts(operation))


def _distance(path: str, template: str) -> int:
    """The edit distance of a path to a template: by segments, and within a segment by characters."""
    ours, theirs = path.strip("/").split("/"), template.strip("/").split("/")
    row = [0]
    for segment in theirs:
        row.append(row[-1] + len(segment) + 1)
    for mine in ours:
        above, row = row, [row[0] + len(mine) + 1]
        for place, segment in enumerate(theirs):
            put = above[place] + _between(mine, segment)
            row.append(min(put, above[place + 1] + len(mine) + 1, row[place] + len(segment) + 1))
    return row[-1]


def _between(segment: str, wanted: str) -> int:
    if wanted.startswith("{"):
        return PLACE
    if segment == wanted:
        return 0
    row = list(range(len(wanted) + 1))
    for count, character in enumerate(segment, 1):
        above, row = row, [count]
        for place, other in enumerate(wanted):
            row.append(min(above[place] + (character != other), above[place + 1] + 1, row[place] + 1))
    return row[-1]
