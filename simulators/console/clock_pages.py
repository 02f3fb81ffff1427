"""The page of the clock: the present of a world, how it is moved, and the days on which banks do not work."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from simulators.calendar import bank_holidays, is_business_day, next_business_day
from simulators.console.place import PREFIX, Asked, Here, Place, Problem
from simulators.console.reading import form_of, number_of
from simulators.console.rendering import page

__all__ = ["CLOCK_PAGES"]

HOUR_SECONDS, MINUTE_SECONDS = 3600, 60


@get(f"{PREFIX}/relogio")
async def clock_page(place: Here) -> Response[str]:
    """The present, the forms that move it, and the holidays of its year."""
    return await _clock(place)


@post(f"{PREFIX}/relogio", status_code=303)
async def put_clock(request: Asked, place: Here) -> Response[Any]:
    """Put the clock at an instant."""
    typed = (await form_of(request)).get("agora", "")
    try:
        datetime.fromisoformat(typed)
    except ValueError:
        return await _clock(place, Problem(422, "agora: data e hora como 2026-03-18T13:00"))
    return await _moved(
        place, "PUT", "/clock", {"now": typed if len(typed) > len("2026-03-18T13:00") else f"{typed}:00"}
    )


@post(f"{PREFIX}/relogio/avanco", status_code=303)
async def advance(request: Asked, place: Here) -> Response[Any]:
    """Move the clock, at once or evenly over some seconds."""
    form = await form_of(request)
    typed = {name: number_of(form.get(name) or "0") for name in ("dias", "horas", "minutos", "em")}
    for name, value in typed.items():
        if isinstance(value, str):
            return await _clock(place, Problem(422, f"{name}: um número"))
    numbers = {name: float(value) for name, value in typed.items()}
    seconds = numbers["horas"] * HOUR_SECONDS + numbers["minutos"] * MINUTE_SECONDS
    step = {"days": numbers["dias"], "seconds": seconds, "over_seconds": numbers["em"]}
    return await _moved(place, "POST", "/clock/advance", step)


async def _moved(place: Place, method: str, path: str, body: dict[str, Any]) -> Response[Any]:
    try:
        await place.ask(method, path, body)
    except Problem as error:
        return await _clock(place, error)
    return Redirect(place.url("relogio"), status_code=303)


async def _clock(place: Place, error: Problem | None = None) -> Response[str]:
    now = place.simulation.world.now()
    today = now.date()
    holidays = bank_holidays(today.year)
    return await page(
        "clock.html",
        place,
        error=error,
        now=now,
        is_business_day=is_business_day(today),
        holiday=holidays.get(today, ""),
        following=next_business_day(today),
        holidays=sorted(holidays.items()),
    )


CLOCK_PAGES = (clock_page, put_clock, advance)
