"""The least that reading a statement costs: the same answers, decoded with exact decimals, one dictionary a row."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import httpx

from tests.benchmarks.large_forms import Form, rows_of

__all__ = ["bare_loop"]


def bare_loop(client: httpx.Client, requests: Iterable[httpx.Request], form: Form) -> list[dict[str, Any]]:
    """The entries of these statement requests, with nothing checked and nothing joined."""
    found: list[dict[str, Any]] = []
    for request in requests:
        response = client.send(httpx.Request(request.method, request.url, headers=request.headers))
        if response.is_success:
            page = json.loads(response.content, parse_float=Decimal)
            found += [form.plain(row) for row in rows_of(form, page)]
    return found
