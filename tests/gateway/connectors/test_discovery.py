"""Adapters of installed packages: one that is broken stops no other, and no slug has two owners."""

import shutil

import pytest

import contracts
from gateway import connectors

ADAPTER = "from gateway.connectors.inter import Inter\n\n\nclass Outside(Inter):\n    pass\n"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with a contract and an adapter: `install(distribution, slug, code)`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    caches = (contracts._found, contracts.load, connectors._aside, connectors.connector_class)
    for cache in caches:
        cache.cache_clear()

    def put(distribution, slug, code=ADAPTER, points="extrato.contracts extrato.connectors"):
        package = tmp_path / distribution
        shutil.copytree(contracts.HERE / "banks" / "inter", package)
        file = package / "bank.yaml"
        file.write_text(file.read_text().replace("slug: inter", f"slug: {slug}"))
        (package / "__init__.py").write_text("")
        (package / "adapter.py").write_text(code)
        metadata = tmp_path / f"{distribution}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        values = {"extrato.contracts": distribution, "extrato.connectors": f"{distribution}.adapter:Outside"}
        text = "".join(f"[{point}]\n{slug} = {values[point]}\n" for point in points.split())
        (metadata / "entry_points.txt").write_text(text)

    yield put
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("raise RuntimeError('spoilt')\n", "RuntimeError: spoilt"),
        ("Other = 1\n", "Outside"),
        ("Outside = 1\n", "no class of connector"),
        ("def broken(:\n", "SyntaxError"),
    ],
    ids=["raises", "absent", "no_class", "syntax"],
)
def test_a_broken_adapter_stops_no_other(install, code, word):
    """Its bank is put aside with the module and the reason; every other bank can be read."""
    install(f"broken_{len(code)}", "broken_bank", code)
    install(f"sound_{len(code)}", "sound_bank")

    (aside,) = connectors.quarantined()

    assert (aside.slug, aside.file) == ("broken_bank", f"broken_{len(code)}.adapter:Outside")
    assert word in aside.reason
    assert {"sound_bank", "inter"} <= {*connectors.banks()}
    assert "broken_bank" not in connectors.banks()
    assert connectors.find("sound_bank").contract.slug == "sound_bank"


def test_two_adapters_of_a_slug_are_refused_by_name(install):
    """Nobody decides which one is meant; a bank that is here is nobody else's."""
    install("first_owner", "twice")
    install("second_owner", "twice", points="extrato.connectors")
    install("pirate", "inter", points="extrato.connectors")

    reasons = {each.slug: each.reason for each in connectors.quarantined()}

    assert reasons["twice"] == "several packages have a connector of 'twice': first_owner, second_owner"
    assert reasons["inter"] == "several packages have a connector of 'inter': extrato, pirate"
    assert "twice" not in connectors.banks()
    assert connectors.find("inter").__class__.__module__ == "gateway.connectors.inter"
