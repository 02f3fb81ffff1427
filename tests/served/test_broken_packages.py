"""Packages with broken banks stop neither gateway nor simulators, nor any other bank."""

from datetime import date, timedelta

import contracts
from tests import packages
from tests.served import processes

RAISES = "raise RuntimeError('spoilt')\n"


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


def test_broken_packages_are_named_and_stop_nobody(tmp_path, monkeypatch):
    """Both sides serve and name each with file and reason, and all other banks work; so do those whose bank breaks.

    An account is enrolled while its package is whole. With the broken one the gateway lists it, says what is wrong with
    it, and reads the others.
    """
    site = tmp_path / "site"
    site.mkdir()
    sound = install_all(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    own, logs = contracts.banks(), {name: tmp_path / f"{name}.log" for name in ("simulators", "gateway", "later")}

    with processes.simulators(tmp_path / "simulators", logs["simulators"]) as banks:
        played = banks.ask("GET", "/banks").json()
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        with processes.gateway(tmp_path, banks, log=logs["gateway"]) as gateway:
            offered = gateway.ask("GET", "/v1/banks").json()
            enrolled = {slug: gateway.enrol(banks.account(slug)) for slug in (*own, "sound")}
            ids = {slug: answer.json()["id"] for slug, answer in enrolled.items()}
            read_whole = read(gateway, ids["sound"], today)
            key = gateway.key
        (sound / "bank.yaml").write_text("][")
        with processes.gateway(tmp_path, banks, key=key, log=logs["later"]) as gateway:
            listed = gateway.ask("GET", "/v1/accounts").json()["accounts"]
            refused = read(gateway, ids["sound"], today).json()
            others = [read(gateway, ids[slug], today).status_code for slug in ("inter", "stone")]

    raised = "RuntimeError: spoilt"
    aside = named(offered)
    assert [bank["slug"] for bank in offered["banks"]] == sorted((*own, "no_simulator", "sound"))
    assert aside.keys() == {"broken_adapter", "ending_package", "broken_contract", "pirate"}
    assert aside["broken_adapter"] == {("no_adapter", "broken_adapter/connector.py", raised)}
    assert "ending_package/connector.py" in str(aside["ending_package"])
    assert "broken_contract/bank.yaml" in str(aside["broken_contract"])
    assert "unknown field `misspelt`" in str(aside["broken_contract"])
    assert {file for _, file, _ in aside["pirate"]} == {"pirate/__init__.py", "pirate/connector.py"}

    aside = named(played)
    assert played["banks"] == sorted((*own, "no_adapter", "sound"))
    assert aside.keys() == {"broken_simulator", "ending_package", "broken_contract", "pirate"}
    assert aside["broken_simulator"] == {("no_simulator", "broken_simulator/simulator.py", raised)}
    assert {file for _, file, _ in aside["pirate"]} == {"pirate/__init__.py", "pirate/simulator.py"}
    assert all("extrato, pirate" in reason for _, _, reason in aside["pirate"])

    assert "broken_simulator/simulator.py" in logs["simulators"].read_text()
    assert "broken_adapter/connector.py" in logs["gateway"].read_text()
    assert {slug: answer.status_code for slug, answer in enrolled.items()} == dict.fromkeys((*own, "sound"), 201)
    assert read_whole.json()["proof"]["verdict"] == "proved"

    assert {each["bank"]: each["compe"] is None for each in listed} == dict.fromkeys(own, False) | {"sound": True}
    assert (refused["code"], refused["bank"], refused["actor"]) == ("bank_not_installed", "sound", "operator")
    assert others == [200, 200]
