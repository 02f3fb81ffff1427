"""Contracts of installed packages: a broken one stops no other bank, and no slug has two owners."""

import re
import shutil
import sys

import pytest

import contracts


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with a bank: `install(distribution, slug, change)`; `change` alters the text of bank.yaml."""
    monkeypatch.syspath_prepend(str(tmp_path))
    contracts._found.cache_clear()

    def put(distribution, slug, change=lambda text: text, module=None):
        package = tmp_path / distribution
        shutil.copytree(contracts.HERE / "banks" / "inter", package)
        (package / "__init__.py").write_text("raise RuntimeError('never run')\n")
        file = package / "bank.yaml"
        file.write_text(change(file.read_text().replace("slug: inter", f"slug: {slug}")))
        metadata = tmp_path / f"{distribution}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[extrato.contracts]\n{slug} = {module or distribution}\n")

    yield put
    contracts._found.cache_clear()
    for name in ("broken", "sound", "other"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("change", "module", "word"),
    [
        (lambda text: text + "\nmisspelt: 1\n", None, "misspelt"),
        (lambda text: "][", None, "bank.yaml"),
        (lambda text: "name: '\x00'", None, "bank.yaml"),
        (
            lambda text: re.sub("account_pattern: .*", "account_pattern: '('", text),
            None,
            "enrolment.account_pattern: the pattern '(' cannot be read",
        ),
        (lambda text: text.replace("body: no registered scope|invalid_scope", "body: '('"), None, "'('"),
        (lambda text: text.replace("scope: ", "scope: not.asked.", 1), None, "never asked for"),
        (lambda text: text.replace("cdpj.partners", "bücher.partners"), None, "hosts"),
        (lambda text: text.replace("cdpj.partners", f"{'a' * 64}.partners"), None, "hosts"),
        (lambda text: text, "absent", "no package absent"),
        (lambda text: text, "absent.deeper", "absent"),
    ],
)
def test_a_broken_package_stops_no_other(install, change, module, word):
    """It is left out with file and reason; all other banks are there."""
    install("broken", "broken_bank", change, module)
    install("sound", "sound_bank")

    (aside,) = contracts.quarantined()

    assert (aside.slug, "sound_bank" in contracts.banks(), "inter" in contracts.banks()) == ("broken_bank", True, True)
    assert "broken_bank" not in contracts.banks()
    assert word in aside.reason
    assert aside.package == "broken"
    assert aside.file.endswith("broken/bank.yaml" if module is None else module)


def test_two_owners_of_a_slug_are_refused_by_name(install):
    """Both are left out, and the reason of each names the other."""
    install("sound", "twice")
    install("other", "twice")

    assert {each.package for each in contracts.quarantined()} == {"sound", "other"}
    assert all("other, sound" in each.reason for each in contracts.quarantined())
    assert "twice" not in contracts.banks()


def test_no_package_replaces_a_bank_that_is_here(install):
    """The bank of this tree stays, the package is left out."""
    install("other", "inter")

    assert contracts.folder("inter") == contracts.HERE / "banks" / "inter"
    assert "extrato" in contracts.quarantined()[0].reason
