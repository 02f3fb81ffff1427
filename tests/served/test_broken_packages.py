"""Packages with broken banks stop neither gateway nor simulators, nor any other bank."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

import contracts
from tests import packages
from tests.served import processes

OWN = contracts.banks()
RAISES = "raise RuntimeError('spoilt')\n"
RAISED = "RuntimeError: spoilt"


def install_all(site):
    """One sound bank, and what can be wrong with a package; the folder of the sound one."""
    packages.install(site, "sound_bank", "sound")
    packages.install(site, "broken_adapter", "no_adapter", connector=RAISES)
    packages.install(site, "broken_contract", "no_contract", contract=lambda text: text + "\nmisspelt: 1\n")
    packages.install(site, "broken_simulator", "no_simulator", simulator=RAISES)
    packages.install(site, "ending_package", "ending", connector="raise SystemExit(3)\n", simulator=None)
    packages.install(site, "pirate", "inter")
    return site / "sound_bank"


def named(answer):
    """What is put aside, by package: the last parts of the files, and the reasons."""
    found = {}
    for each in answer["quarantined"]:
        file = "/".join(each["file"].split("/")[-2:])
        found.setdefault(each["package"], set()).add((each["slug"], file, each["reason"].partition(" (")[0]))
    return found


def read(gateway, account_id, today):
    """The statement of ten days."""
    return gateway.statement(account_id, str(today - timedelta(days=10)), str(today - timedelta(days=1)))


@dataclass(frozen=True)
class Seen:
    """The output of both sides while packages are broken, and of the gateway when the sound one breaks later."""

    played: dict
    offered: dict
    enrolled: dict[str, int]
    """Statuses by bank."""
    whole: dict
    """A statement of the sound bank."""
    listed: list[dict]
    refused: dict
    others: list[int]
    logs: dict[str, str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """An account is enrolled while its package is whole; with the broken one the gateway is started again."""
    folder = tmp_path_factory.mktemp("packages")
    site = folder / "site"
    site.mkdir()
    sound = install_all(site)
    logs = {name: folder / f"{name}.log" for name in ("simulators", "gateway", "later")}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("PYTHONPATH", str(site))
        banks = stack.enter_context(processes.simulators(folder / "simulators", logs["simulators"]))
        played = banks.ask("GET", "/banks").json()
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        with processes.gateway(folder, banks, log=logs["gateway"]) as gateway:
            offered = gateway.ask("GET", "/v1/banks").json()
            enrolled = {slug: gateway.enrol(banks.account(slug)) for slug in (*OWN, "sound")}
            ids = {slug: answer.json()["id"] for slug, answer in enrolled.items()}
            whole = read(gateway, ids["sound"], today).json()
        (sound / "bank.yaml").write_text("][")
        with processes.gateway(folder, banks, key=gateway.key, log=logs["later"]) as gateway:
            listed = gateway.ask("GET", "/v1/accounts").json()["accounts"]
            refused = read(gateway, ids["sound"], today).json()
            others = [read(gateway, ids[slug], today).status_code for slug in ("inter", "stone")]
    return Seen(
        played=played,
        offered=offered,
        enrolled={slug: answer.status_code for slug, answer in enrolled.items()},
        whole=whole,
        listed=listed,
        refused=refused,
        others=others,
        logs={name: log.read_text() for name, log in logs.items()},
    )


def test_a_sound_bank_of_another_package_is_offered_enrolled_and_read(seen):
    """Over TLS by its own host name; so are all other banks."""
    assert [bank["slug"] for bank in seen.offered["banks"]] == sorted((*OWN, "no_simulator", "sound"))
    assert seen.enrolled == dict.fromkeys((*OWN, "sound"), 201)
    assert seen.whole["proof"]["verdict"] == "proved"


def test_the_gateway_names_what_is_broken(seen):
    """Each package with file and reason; it is in the log too."""
    aside = named(seen.offered)

    assert aside.keys() == {"broken_adapter", "ending_package", "broken_contract", "pirate"}
    assert aside["broken_adapter"] == {("no_adapter", "broken_adapter/connector.py", RAISED)}
    assert "ending_package/connector.py" in str(aside["ending_package"])
    assert "broken_contract/bank.yaml" in str(aside["broken_contract"])
    assert "unknown field `misspelt`" in str(aside["broken_contract"])
    assert {file for _, file, _ in aside["pirate"]} == {"pirate/__init__.py", "pirate/connector.py"}
    assert "broken_adapter/connector.py" in seen.logs["gateway"]


def test_the_simulators_name_what_is_broken(seen):
    """Likewise; the banks of all others are played."""
    aside = named(seen.played)

    assert seen.played["banks"] == sorted((*OWN, "no_adapter", "sound"))
    assert aside.keys() == {"broken_simulator", "ending_package", "broken_contract", "pirate"}
    assert aside["broken_simulator"] == {("no_simulator", "broken_simulator/simulator.py", RAISED)}
    assert {file for _, file, _ in aside["pirate"]} == {"pirate/__init__.py", "pirate/simulator.py"}
    assert all("extrato, pirate" in reason for _, _, reason in aside["pirate"])
    assert "broken_simulator/simulator.py" in seen.logs["simulators"]


def test_an_account_whose_package_breaks_later_is_listed_and_named(seen):
    """The gateway names its error, and reads the others."""
    assert {each["bank"]: each["compe"] is None for each in seen.listed} == dict.fromkeys(OWN, False) | {"sound": True}
    assert (seen.refused["code"], seen.refused["bank"], seen.refused["actor"]) == (
        "bank_not_installed",
        "sound",
        "operator",
    )
    assert seen.others == [200, 200]
