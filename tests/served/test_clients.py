"""Clients written from each bank's documentation read the simulated banks as they would the real ones."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from importlib import import_module

import pytest

import contracts
from tests.served.clients.https import HttpsClient
from tests.served.test_statements import days_before

every_bank = pytest.mark.parametrize("slug", contracts.banks())


@every_bank
def test_a_client_of_the_bank_reads_the_truth(banks, today, slug):
    """Over TLS, with the real host names: a token, then every movement of a week, to the cent."""
    listed = banks.new_account(slug, page_size=7, busy_day_entries=20)
    given = listed["credentials"]
    now = datetime.fromisoformat(banks.ask("GET", "/clock").json()["now"]).timestamp()
    https = HttpsClient(banks.tls, banks.ca, given.get("certificate", ""), given.get("private_key", ""), now=now)
    period = days_before(today, 9, 2)

    read = import_module(f"tests.served.clients.{slug}").read(https, listed, *period)

    truth = banks.truth(listed, *period)["entries"]
    assert truth
    assert Counter(read) == Counter((entry["date"], Decimal(entry["amount"])) for entry in truth)
