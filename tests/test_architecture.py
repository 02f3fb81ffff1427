"""The structure follows the design: the files of each bank, sizes, and which package may import which."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import contracts
from gateway import connectors
from gateway.connectors import connector_class
from simulators.banks import bank_class

ROOT = Path(__file__).parent.parent
PLACES = (
    "contracts/banks/{}/bank.yaml",
    "contracts/banks/{}/NOTES.md",
    "gateway/connectors/{}.py",
    "simulators/banks/{}.py",
    "tests/gateway/connectors/test_{}.py",
    "tests/simulators/banks/test_{}.py",
    "tests/served/clients/{}.py",
)
NOT_BANKS = {
    "__init__",
    "base",
    "days",
    "discovery",
    "fields",
    "in_turn",
    "kept",
    "lists",
    "parties",
    "tables",
    "https",
    "text_forms",
    "wording",
}


def slugs_in(pattern):
    """Slugs that a folder holds, by the names of its files."""
    before, after = pattern.split("{}")
    found = {
        str(path.relative_to(ROOT))[len(before) : len(str(path.relative_to(ROOT))) - len(after)]
        for path in ROOT.glob(pattern.replace("{}", "*"))
    }
    return {name for name in found if name not in NOT_BANKS}


@pytest.mark.parametrize("place", PLACES)
def test_each_bank_is_in_each_place(place):
    """Each bank has a file in each of its places, and no place has a file without a bank."""
    assert slugs_in(place) == set(contracts.banks())


@pytest.mark.parametrize("slug", contracts.banks())
def test_each_bank_has_both_sides(slug):
    """Each bank has one connector, one simulated bank, and exchanges."""
    assert connector_class(slug).__name__.lower() == slug.replace("_", "")
    assert bank_class(slug).__name__ == connector_class(slug).__name__
    assert len(contracts.exchanges(slug)) >= 4


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_simulated_bank_uses_its_own_files(slug):
    """Rows and reads beyond the contract are found under the bank's own slug, and no other's are used."""
    folder = ROOT / "simulators" / "banks"
    for file in (folder / f"{slug}.py", folder / "rows" / f"{slug}.py", folder / "beyond" / f"{slug}.py"):
        tree = ast.parse(file.read_text() if file.exists() else "")
        parts = [node.module.split(".") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        assert {name for module in parts if module[:2] == ["simulators", "banks"] for name in module[2:]} <= {
            "beyond",
            "rows",
            slug,
        }


def test_shared_code_names_no_bank():
    """Adding a bank edits none of it: what differs between banks is a fact of their contracts."""
    shows_one = ROOT / "gateway" / "commands" / "demo"
    files = [path for package in ("contracts", "gateway", "simulators") for path in (ROOT / package).rglob("*.py")]
    shared = (path for path in files if path.stem not in contracts.banks() and shows_one not in path.parents)
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in shared
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in set(contracts.banks())
    ]

    assert named == []


@pytest.mark.parametrize("folder", ["rows", "beyond"])
def test_what_stands_apart_is_of_a_bank(folder):
    """No file of rows or of reads beyond the contract is left without its bank."""
    names = {path.stem for path in (ROOT / "simulators" / "banks" / folder).glob("*.py")} - {"__init__"}

    assert names <= set(contracts.banks())


def test_import_rules_hold():
    """The import contracts of pyproject.toml are kept."""
    found = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert found.returncode == 0, found.stdout


def test_tables_of_packages_name_their_modules():
    """A docstring that has a table of a package's modules names each of them, and nothing that is gone."""
    for init in (*(ROOT / "gateway").rglob("__init__.py"), *(ROOT / "simulators").rglob("__init__.py")):
        text = ast.get_docstring(ast.parse(init.read_text())) or ""
        listed = set(re.findall(r"^    (\w+)  +\S", text, re.MULTILINE))
        modules = {path.stem for path in init.parent.glob("*.py")} - {"__init__", "__main__"}
        modules |= {path.parent.name for path in init.parent.glob("*/__init__.py")}
        if listed & modules:
            unnamed = {each for each in modules if not re.search(rf"\b{each}\b", text)}
            assert (listed - modules, unnamed) == (set(), set()), init


PRIVATE_MODULES = {"uvicorn._types"}
"""Private modules of libraries that are imported all the same: types alone, which have no public place."""


@pytest.mark.parametrize("package", ["contracts", "gateway", "simulators", "docs"])
def test_no_private_module_of_a_library_is_imported(package):
    """What a library keeps to itself changes without notice."""
    found = {
        node.module
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and "._" in node.module
    }

    assert found <= PRIVATE_MODULES


def test_storage_uses_the_core_of_sqlalchemy_alone():
    """Its mapper takes a tenth of a gateway's memory, and one way to speak to the database is enough."""
    found = {
        name
        for path in (ROOT / "gateway").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in names_imported_by(node)
        if name.split(".")[0] == "sqlalchemy"
    }

    assert "sqlalchemy.select" in found
    assert {name for name in found if name.split(".")[1:2] == ["orm"]} == set()


def names_imported_by(node):
    """What a statement imports, by full names: modules, and what is taken from them."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{each.name}" for each in node.names]
    return []


@pytest.mark.parametrize("package", ["contracts", "gateway", "simulators"])
def test_modules_stay_small(package):
    """A module above 300 lines gives its reason in its docstring, beginning with "Long because"."""
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text()
        if text.count("\n") > 300:
            assert "Long because" in (ast.get_docstring(ast.parse(text)) or ""), path


def place_in_module(node, structs):
    """Where a statement of a bank's module stands: tables, then structs, then the class, then functions."""
    if isinstance(node, ast.FunctionDef):
        return 3
    if isinstance(node, ast.ClassDef):
        bases = {ast.unparse(base).split("[")[0] for base in node.bases}
        return 2 if "Connector" in bases else 1
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return 1 if names & structs else 0


CONNECTORS = ROOT / "gateway" / "connectors"
ROWS = sorted(path.stem for path in (CONNECTORS / "rows").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", [*contracts.banks(), *(f"rows/{slug}" for slug in ROWS)])
def test_connectors_have_one_order(name):
    """A name for a kind of struct stands with the structs; what explains a line stands after it; rows have no class."""
    tree = ast.parse((CONNECTORS / f"{name}.py").read_text())
    assert ast.get_docstring(tree)
    structs = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    body = [node for node in tree.body if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom)]
    places = [place_in_module(node, structs) for node in body]

    assert places == sorted(places)
    assert places.count(2) == (0 if name.startswith("rows/") else 1)


@pytest.mark.parametrize("slug", contracts.banks())
def test_rows_are_read_by_the_connector_of_their_bank(slug):
    """A bank's connector imports the rows of its own bank, where it has such a module, and of no other."""
    tree = ast.parse((CONNECTORS / f"{slug}.py").read_text())
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    rows = {f"gateway.connectors.rows.{slug}"} if slug in ROWS else set()

    assert {name for name in modules if name.startswith("gateway.connectors.rows")} == rows


def test_rows_are_no_banks():
    """Every module of rows is that of a bank, and none is found as a connector."""
    assert set(ROWS) <= {*contracts.banks()}
    assert "rows" not in connectors.banks()
    with pytest.raises(KeyError):
        connector_class("rows")


@pytest.mark.parametrize(
    "module", sorted((ROOT / "gateway" / "completeness").glob("[a-z]*.py")), ids=lambda path: path.stem
)
def test_each_completeness_module_has_unit_tests(module):
    """Each kind of evidence is tested apart from the banks that give it."""
    assert (ROOT / "tests" / "gateway" / "completeness" / f"test_{module.name}").exists()


@pytest.mark.parametrize("path", sorted((ROOT / "gateway").rglob("*.py")), ids=lambda path: path.stem)
def test_what_is_wrong_with_a_field_is_said_in_portuguese(path):
    """Each refusal that names a field says for the person who filled it in what it has to be."""
    calls = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)]
    for call in (each for each in calls if getattr(each.func, "id", "") == "CallerError"):
        given = {each.arg for each in call.keywords}
        assert "field" not in given or given & {"portuguese", "errors"}, f"line {call.lineno}"


def test_no_secret_sleeps_in_the_tree():
    """No private key, host of a package registry or foreign path stands in a file of the project."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    forbidden = ("-----BEGIN " + "PRIVATE KEY", "-----BEGIN RSA " + "PRIVATE", "pypi" + ".org", "python" + "hosted.org")
    for name in tracked.stdout.splitlines():
        path = ROOT / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        assert not [word for word in forbidden if word in text], name
