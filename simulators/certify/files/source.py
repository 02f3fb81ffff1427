"""Where in an adapter's own files something happened."""

import ast
import inspect
from collections.abc import Generator, Iterable
from pathlib import Path
from types import FrameType, GeneratorType, TracebackType
from typing import Any

from gateway.causes import causes
from gateway.connectors import Connector
from simulators.certify.files.places import files_of_class

__all__ = ["Line", "field_line", "files_of", "line_of", "method_line", "raised_at", "shown"]

Line = tuple[str, int]
"""A file and a line of it."""


def files_of(adapter: type[Connector[Any]]) -> frozenset[str]:
    """The files in which an adapter and the adapters that it derives from are written."""
    mine = adapter.__mro__[: adapter.__mro__.index(Connector)]
    return frozenset(str(file) for each in mine for file in files_of_class(each))


def line_of(generator: object, files: frozenset[str]) -> Line | None:
    """The line of these files at which a generator waits, the innermost where one waits for another."""
    found = None
    while isinstance(generator, GeneratorType) and (frame := generator.gi_frame) is not None:
        if frame.f_code.co_filename in files:
            found = frame.f_code.co_filename, frame.f_lineno
        generator = generator.gi_yieldfrom or _driven_in(frame)
    return found


def raised_at(error: BaseException, files: frozenset[str]) -> Line | None:
    """The line of these files where an error, or what caused it, was raised."""
    found = None
    for cause in causes(error, hidden=False):
        lines = [line for line in _lines(cause.__traceback__) if line[0] in files]
        found = lines[-1] if lines else found
        if cause.__cause__ is None:
            break
    return found


def field_line(line: Line, field: str) -> Line:
    """Where the statement of that line gives a field its value; the line itself where it is not seen to."""
    file, number = line
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= number <= (node.end_lineno or node.lineno)
    ]
    if not around:
        return line
    innermost = min(around, key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
    given = (node for node in ast.walk(innermost) if isinstance(node, ast.keyword) and node.arg == field)
    return file, next((node.value.lineno for node in given), number)


def method_line(adapter: type[Connector[Any]], name: str) -> Line | None:
    """Where the adapter has a method; None where only the base class has it."""
    method = inspect.unwrap(getattr(adapter, name))
    file = inspect.getsourcefile(method)
    return (file, method.__code__.co_firstlineno) if file in files_of(adapter) else None


def shown(line: Line | None) -> str:
    """The line as `file:line`, the file as it is reached from here; empty for none."""
    if line is None:
        return ""
    file = Path(line[0])
    here = Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}:{line[1]}"


def _driven_in(frame: FrameType) -> object:
    """The conversation that one waiting here drives, to look at its answers: it was given it, and has begun it."""
    code = frame.f_code
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = (frame.f_locals.get(name) for name in arguments)
    return next((each for each in given if inspect.isgenerator(each) and _has_begun(each)), None)


def _has_begun(generator: Generator[Any, Any, Any]) -> bool:
    return inspect.getgeneratorstate(generator) == inspect.GEN_SUSPENDED


def _lines(trace: TracebackType | None) -> Iterable[Line]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
