"""Logs hold no secret, wherever it hides."""

import asyncio
import io
import json
import logging
from typing import Any

import pytest
import structlog

from gateway import logs
from gateway.errors import ForbiddenRequest

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.c2lnbmF0dXJl"
CNPJ = "11.222.333/0001-81"


def lines(logged: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged.getvalue().splitlines()]


def test_nested_values_are_redacted_and_credential_keys_dropped(logged: io.StringIO) -> None:
    """Dicts in lists in dicts, objects, bytes, and keys whatever they hold."""

    class Thing:
        def __str__(self) -> str:
            return f"Bearer {JWT}"

    structlog.get_logger("t").info(
        "logged_event",
        deep={"list": [{"text": f"token={JWT}"}, (CNPJ,)]},
        thing=Thing(),
        raw=JWT.encode(),
        authorization="CANARY",
        Credentials={"client_secret": "CANARY"},
        plain=1,
    )

    assert "CANARY" not in logged.getvalue()
    assert JWT not in logged.getvalue()
    assert CNPJ not in logged.getvalue()
    assert lines(logged)[0]["plain"] == 1


def test_endless_nesting_ends(logged: io.StringIO) -> None:
    """A value that contains itself does not stop the gateway."""
    value: dict[str, Any] = {}
    value["self"] = value

    structlog.get_logger("t").info("logged_event", value=value)

    assert "[left out]" in logged.getvalue()


@pytest.mark.parametrize("code", [0x7F, 0x85, 0x9B, 0x202E, 0x2028, 0xE0001, 0x1B, 0x0A])
def test_no_text_moves_a_terminals_cursor(logged: io.StringIO, code: int) -> None:
    """A bank's header or a library's message may hold signs that a terminal obeys, or that no file takes."""
    sign = chr(code)
    structlog.get_logger("t").info("logged_event", media_type=f"a{sign}b", **{f"k{sign}": "ação"})
    logging.getLogger("another").error("a%sb", sign)

    written = logged.getvalue().splitlines()
    assert len(written) == 2
    assert all(line.isprintable() for line in written)
    assert [json.loads(line).get("media_type", f"a{sign}b") for line in written] == [f"a{sign}b"] * 2
    assert "ação" in written[0]


def test_half_a_character_is_written(logged: io.StringIO) -> None:
    """No file takes it, and with it the other lines of the moment would be lost."""
    structlog.get_logger("t").info("logged_event", media_type="a\ud800b")

    assert logged.getvalue().encode()
    assert lines(logged)[0]["media_type"] == "a\ud800b"


def test_libraries_log_in_the_same_form(logged: io.StringIO) -> None:
    """The standard library's loggers, uvicorn's included, are redacted JSON too."""
    logging.getLogger("uvicorn.error").warning("Authorization: Bearer %s", JWT)
    logging.getLogger("another").info("password=%s", "CANARY")

    assert [line["logger"] for line in lines(logged)] == ["uvicorn.error", "another"]
    assert JWT not in logged.getvalue()
    assert "CANARY" not in logged.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore", "procrastinate", "sqlalchemy", "asyncio", "uvicorn.access"])
def test_libraries_that_quote_addresses_and_parameters_are_quiet(logged: io.StringIO, name: str) -> None:
    """Their lower levels are not written at all."""
    logging.getLogger(f"{name}.child").info("GET https://bank.example/?account=CANARY")

    assert logged.getvalue() == ""


def test_exceptions_tell_types_and_places_without_values(logged: io.StringIO) -> None:
    """Neither locals nor the text of a foreign exception are written; our own texts are, redacted."""
    local = "CANARY-local"
    try:
        try:
            raise KeyError("CANARY-text", local)
        except KeyError as error:
            raise ForbiddenRequest(f"GET outside the contract, {JWT}") from error
    except ForbiddenRequest:
        structlog.get_logger("t").exception("failed")
        logging.getLogger("foreign").exception("failed too")

    assert "CANARY" not in logged.getvalue()
    assert JWT not in logged.getvalue()
    for line in lines(logged):
        ours, foreign = line["exception"]
        assert ours["type"] == "gateway.errors.ForbiddenRequest"
        assert ours["text"] == "GET outside the contract, [jwt]"
        assert foreign["type"] == "builtins.KeyError"
        assert foreign["text"] is None
        assert "test_logs.py" in foreign["frames"][0]


def test_levels_are_kept(logged: io.StringIO) -> None:
    """Lines below the level are not written."""
    logs.configure("WARNING", logged)

    structlog.get_logger("t").info("quiet")
    structlog.get_logger("t").warning("loud")

    assert [line["event"] for line in lines(logged)] == ["loud"]


@pytest.mark.anyio
async def test_lines_of_one_pass_of_the_loop_are_written_at_once() -> None:
    """One write for all of them, in order, before anything else happens."""

    class Counting(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            return super().write(text)

    stream = Counting()
    logs.configure("INFO", stream)
    log = structlog.get_logger("gateway.access")
    for number in range(5):
        log.info("request", number=number)
    assert stream.writes == 0
    await asyncio.sleep(0)
    assert stream.writes == 1
    assert [json.loads(line)["number"] for line in stream.getvalue().splitlines()] == list(range(5))


def test_without_a_loop_lines_are_written_at_once() -> None:
    """Threads and commands lose nothing when they end."""
    stream = io.StringIO()
    logs.configure("INFO", stream)
    structlog.get_logger("gateway.access").info("one")
    assert json.loads(stream.getvalue())["event"] == "one"


class Full(io.StringIO):
    """A stream on a full disk, or whose reader has gone, until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full, self.attempts = True, 0

    def write(self, text: str) -> int:
        self.attempts += 1
        if self.is_full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_lines_that_cannot_be_written_disturb_nothing(logged: io.StringIO) -> None:
    """They are tried once, whoever logs goes on, and their number is told when lines can be written again."""
    full = Full()
    logs.configure(stream=full)
    log = structlog.get_logger("gateway.test")

    async def in_a_loop() -> int:
        unhandled: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        log.info("second")
        for _ in range(5):
            await asyncio.sleep(0)
        return len(unhandled)

    log.info("first")
    assert asyncio.run(in_a_loop()) == 0
    assert full.attempts == 2

    full.is_full = False
    log.info("third")
    log.info("fourth")
    written = lines(full)
    assert [line["event"] for line in written] == ["third", "log_not_written", "fourth"]
    assert (written[1]["lines"], written[1]["level"]) == (2, "error")
