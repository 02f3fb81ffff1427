"""The files of an installation: what they name exists, and they agree with each other."""

import configparser
import re
import shlex
from pathlib import Path

import msgspec
import pytest
import rich_click as click

from gateway.limits import SHUTDOWN_SECONDS
from gateway.setting_names import PREFIX
from tests.deploy import commands, locks

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
COMPOSE = msgspec.yaml.decode((DEPLOY / "compose.yaml").read_bytes())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
GRACE_SECONDS = 170
"""What processes get to stop."""


def instructions(name):
    """What stands after an instruction, each time."""
    return re.findall(rf"^\s*{name} (.+)$", CONTAINERFILE, re.MULTILINE)


def stage(name):
    """The part of the Containerfile that makes a stage."""
    return re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", CONTAINERFILE, re.MULTILINE | re.DOTALL).group(1)


def unit(path):
    """A unit's section `Service`: its keys, each with all its values."""
    parser = configparser.RawConfigParser(strict=False, delimiters="=")
    parser.optionxform = str
    parser.read(path)
    lines = [line.partition("=") for line in path.read_text().splitlines() if re.match(r"^[A-Za-z]+=", line)]
    found = {}
    for key, _, value in lines:
        found.setdefault(key, []).append(value)
    assert set(parser["Service"]) <= set(found)
    return found


@pytest.mark.parametrize("name", locks.LOCKS)
def test_a_lock_is_what_its_extras_ask_for(name):
    """With the versions and hashes of the lock of everything, and with nothing else."""
    everything = locks.pinned((ROOT / "requirements.lock").read_text())
    written = (DEPLOY / name).read_text()

    assert written == locks.lock(everything, *locks.LOCKS[name])
    assert all("--hash=sha256:" in part for part in locks.pinned(written).values())
    assert not {"pytest", "mypy", "ruff", "coverage", "schemathesis"} & set(locks.pinned(written))


def test_what_is_copied_into_the_image_exists_and_is_not_ignored():
    """From the folder of the project; the other copies are from earlier stages."""
    copied = [words.split()[:-1] for words in instructions("COPY") if not words.startswith("--from")]
    ignore = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    let_in = [line.removeprefix("!") for line in ignore if line.startswith("!")]

    assert copied
    for name in (each for names in copied for each in names):
        assert (ROOT / name).exists(), name
        assert any(Path(name).match(pattern) for pattern in let_in), name
    stages = set(re.findall(r" AS (\S+)", CONTAINERFILE))
    assert set(re.findall(r"--from=(\S+)", CONTAINERFILE)) <= stages


def test_the_image_installs_what_is_pinned_and_nothing_else():
    """Each `pip install` has hashes, or installs our own wheel alone; no index is named."""
    installs = re.findall(r"pip install ([^&\n]+)", CONTAINERFILE)

    assert len(installs) == 4
    assert all("--require-hashes" in each or "--no-deps /wheels" in each for each in installs)
    assert not re.search(r"index-url|https?://(?!127\.0\.0\.1)", CONTAINERFILE)
    bases = [each.split()[0] for each in instructions("FROM")]
    assert [each for each in bases if "/" in each] == ["docker.io/library/python:3.11-slim"]


@pytest.mark.parametrize("name", ["gateway", "simulators"])
def test_the_image_starts_the_process_itself(name):
    """Without a shell, so that it gets the signal to stop, as a user of its own, with a command that exists."""
    text = stage(name)
    entry, command = (re.search(rf"^{each} (.+)$", text, re.MULTILINE).group(1) for each in ("ENTRYPOINT", "CMD"))

    commands.understood([*msgspec.json.decode(entry), *msgspec.json.decode(command)])
    assert re.search(r"^USER 10001:10001$", stage("bare"), re.MULTILINE)
    assert f"FROM bare AS {name}" in CONTAINERFILE


def test_the_health_of_the_image_is_asked_with_python():
    """The program of the check can be compiled, and asks the route of readiness on the port that is served."""
    for name, address in (("gateway", "127.0.0.1:8000/health/ready"), ("simulators", "127.0.0.1:9000/_sim/health")):
        check = msgspec.json.decode(re.search(r"HEALTHCHECK .*?CMD (\[.*\])", stage(name)).group(1))
        assert check[:2] == ["python", "-c"]
        compile(check[2], "check", "exec")
        assert address in check[2]
    assert "curl" not in CONTAINERFILE


def test_settings_of_the_files_are_known():
    """A variable that the gateway does not know would stop its start."""
    for path in (*DEPLOY.glob("*"), *UNITS):
        if path.is_file() and path.suffix != ".lock":
            assert not commands.unknown_settings(commands.settings_named(path.read_text())), path.name


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_can_be_composed(name):
    """Its command exists; what it depends on, mounts and joins is there under the same profile."""
    service, services = COMPOSE["services"][name], COMPOSE["services"]
    others = dict.fromkeys(service.get("depends_on", ()))
    if (mode := service.get("network_mode")) is not None:
        assert "networks" not in service, "both cannot be"
        assert "ports" not in service, "ports are those of the service whose network it is"
        others[mode.removeprefix("service:")] = None

    for other in others:
        assert services[other]["profiles"] == service["profiles"]
        healthy = service.get("depends_on", {}).get(other, {}).get("condition") == "service_healthy"
        checked = "healthcheck" in services[other] or services[other]["image"] == "extrato"
        assert not healthy or (checked and services[other].get("healthcheck") != {"disable": True})
    assert set(service.get("networks", ())) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
    volumes = {each.split(":")[0] for each in service.get("volumes", ())}
    assert volumes <= set(COMPOSE["volumes"])
    if "build" in service:
        target = service["build"]["target"]
        default = msgspec.json.decode(re.search(r"^CMD (.+)$", stage(target), re.MULTILINE).group(1))
        commands.understood([target, *service.get("command", default)])
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["stop_grace_period"] == f"{GRACE_SECONDS}s"
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve().exists()


def test_secrets_of_the_composition_stand_in_files():
    """And in no environment, in which anyone who may look at containers could read them."""
    for name, service in COMPOSE["services"].items():
        secret = {key for key in service.get("environment", {}) if re.search("PASSWORD|SECRET|DATABASE_URL|KEYS", key)}
        assert all(key.endswith("_FILE") for key in secret), name
        for key in secret:
            path = Path(service["environment"][key])
            assert path.parent == Path("/run/secrets")
            assert path.name in service["secrets"]
    assert "secrets/" in (DEPLOY / ".gitignore").read_text().splitlines()


def test_simulated_banks_are_reached_by_gateways_that_can_reach_no_real_one():
    """Those trust the simulators' authority alone; a gateway of real banks has no such setting. Beyond this machine
    nobody reaches the banks, whose control has no password.
    """
    services = COMPOSE["services"]
    simulated = {name: each for name, each in services.items() if each["profiles"] == ["simulators"]}
    connected = {name for name, each in services.items() if f"{PREFIX}CONNECT_TO" in each.get("environment", {})}

    assert connected == {"simulated-gateway", "simulated-worker"}
    for name in connected:
        given = simulated[name]["environment"]
        assert given[f"{PREFIX}CONNECT_TO"] == "simulators:9443"
        assert given[f"{PREFIX}CA_BUNDLE"] == "/simulators/ca.pem"
        assert "simulated:/simulators:ro" in simulated[name]["volumes"]
        assert set(simulated[name]["networks"]) & set(simulated["simulators"]["networks"])
    for each in simulated.values():
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", ()))
    databases = {each.split(":")[0] for each in services["postgres"]["volumes"]}
    for each in simulated.values():
        assert not databases & {volume.split(":")[0] for volume in each.get("volumes", ())}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists_and_shuts_everything_else(path):
    """Its secrets are credentials of the unit, and its folders are those that it is given."""
    found = unit(path)
    (start,) = found["ExecStart"]
    program, *rest = shlex.split(start.replace("%i", "1"))

    commands.understood([Path(program).name, *rest])
    given = {each.split(":")[0] for each in found["LoadCredential"]}
    named = {each.partition("%d/")[2] for each in found["Environment"] if "%d/" in each}
    assert given == named == {"vault_keys", "database_url"}
    assert found["TimeoutStopSec"] == [f"{GRACE_SECONDS}s"]
    hard = ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute", "DynamicUser")
    assert {key: found[key] for key in hard} == {key: ["yes"] for key in hard}
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    (state,), (cache,) = found["StateDirectory"], found["CacheDirectory"]
    assert found["WorkingDirectory"] == [f"/var/lib/{state}"]
    assert f"TMPDIR=/var/cache/{cache}" in found["Environment"]
    if "serve" in rest:
        # Where there is no PostgreSQL: a user made for the unit has no home folder that can be written.
        assert f"GATEWAY_STATE_DIR=%S/{state}" in found["Environment"]
        # And what opens a PKCS#12 calls it.
        assert found["SystemCallFilter"][-1] == "setpriority"


def test_a_process_that_stops_has_longer_than_its_statements():
    """Or it would be killed with statements under way."""
    assert GRACE_SECONDS > SHUTDOWN_SECONDS + 30


def test_a_command_that_does_not_exist_is_found():
    """The check of these tests sees what is wrong."""
    for words in (["gateway", "serv"], ["gateway", "serve", "--prot", "1"], ["gateway", "keys", "make", "x"]):
        with pytest.raises(click.ClickException):
            commands.understood(words)
    assert commands.unknown_settings({"GATEWAY_LOG_LEVL", "GATEWAY_LOG_LEVEL", "GATEWAY_LOG_LEVEL_FILE"}) == {
        "GATEWAY_LOG_LEVL",
        "GATEWAY_LOG_LEVEL_FILE",
    }
