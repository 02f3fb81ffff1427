"""Banks in packages of others, as an installer leaves them: a folder with a module for each part, and its metadata."""

import shutil
import tomllib
from pathlib import Path

import contracts
from gateway import connectors
from simulators import banks

__all__ = [
    "CONNECTOR",
    "HOST",
    "SIMULATOR",
    "UNUSED_PLUGINS",
    "add_metadata",
    "forget",
    "install",
    "install_project",
    "plugin_path",
]

CONNECTOR = "from gateway.connectors.inter import Inter\n\n\nclass Connector(Inter):\n    pass\n"
SIMULATOR = "from simulators.banks.inter import Inter\n\n\nclass Simulator(Inter):\n    pass\n"
ROOT = Path(__file__).parent.parent
HOST = "cdpj.partners.bancointer.com.br"
SANDBOX = "cdpj-sandbox.partners.uatinter.co"
UNUSED_PLUGINS = ("-pno:faker", "-pno:schemathesis")
"""Plugins of pytest that are here for this project, and whose loading takes longer than the tests of a small one."""


def install(site, distribution, slug, *, contract=lambda text: text, host="", **parts):
    """Install a bank that is like Inter but for its hosts.

    Args:
        site: folder on the path of modules.
        distribution: name of the package; a module of the same name.
        slug: of the bank.
        contract: changes the text of its `bank.yaml`.
        host: of its API; one of its own when empty.
        parts: `connector`, `simulator`: the code of the module; None for no such part; `contract_in`: None for no
            contract.
    """
    package = site / distribution
    package.mkdir()
    (package / "__init__.py").write_text("")
    named = []
    if parts.pop("contract_in", True) is not None:
        named.append(("contracts", distribution))
        shutil.copytree(contracts.HERE / "banks" / "inter", package, dirs_exist_ok=True)
        for file in package.rglob("*.yaml"):
            text = file.read_text().replace(HOST, host or f"api.{slug.replace('_', '-')}.example")
            text = text.replace(SANDBOX, f"sandbox.{slug.replace('_', '-')}.example")
            file.write_text(text.replace("slug: inter", f"slug: {slug}"))
        file = package / "bank.yaml"
        file.write_text(contract(file.read_text()))
    for part, code in {"connector": CONNECTOR, "simulator": SIMULATOR, **parts}.items():
        if code is not None:
            (package / f"{part}.py").write_text(code)
            named.append((f"{part}s", f"{distribution}.{part}:{part.title()}"))
    add_metadata(site, distribution, {f"extrato.{group}": {slug: value} for group, value in named})


def install_project(site):
    """Install the project that is in the folder `site` by its pyproject.toml, as `pip install -e` does."""
    project = tomllib.loads(Path(site, "pyproject.toml").read_text())["project"]
    add_metadata(site, project["name"], project["entry-points"])


def plugin_path(site):
    """The path of modules on which other projects find `extrato_testing` and its pytest plugin, as it is in this tree.

    Args:
        site: a folder for the metadata, which is made.
    """
    site.mkdir(exist_ok=True)
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    add_metadata(site, "extrato_of_this_tree", entry_points)
    return [str(site), str(ROOT / "simulators" / "published")]


def add_metadata(site, distribution, entry_points):
    """The metadata of an installed distribution.

    Args:
        site: folder on the path of modules.
        distribution: its name.
        entry_points: by group and name, what is named.
    """
    metadata = site / f"{distribution}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    groups = (
        "".join([f"[{group}]\n", *(f"{name} = {value}\n" for name, value in named.items())])
        for group, named in entry_points.items()
    )
    (metadata / "entry_points.txt").write_text("".join(groups))


def forget():
    """Clear the caches of packages, before and after some are installed."""
    found = (contracts._found, contracts.load, contracts.exchanges)
    for cache in (*found, connectors._aside, connectors.connector_class, banks.quarantined, banks.bank_class):
        cache.cache_clear()
