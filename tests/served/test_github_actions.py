"""The example for GitHub Actions: it can be read, and its commands do what they say, here without a container."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.served import processes

FILE = processes.ROOT / "deploy" / "github-actions" / "simulated-banks.yaml"
WORKFLOW = msgspec.yaml.decode(FILE.read_bytes())
(JOB,) = WORKFLOW["jobs"].values()
RUN = "4711"
ERP_TEST = """
import json, os, urllib.request

def test_the_banks():
    address = f"{os.environ['SIMULATORS_URL']}/worlds/{os.environ['SIMULATORS_WORLD']}/scenarios"
    with urllib.request.urlopen(address) as answer:
        assert json.load(answer)
"""


def commands():
    """What the steps run, in order, with their environment."""
    for step in JOB["steps"]:
        if "run" in step and not step["run"].startswith("pip "):
            filled = {"run": step["run"], "env": step.get("env", {})}
            yield msgspec.json.decode(msgspec.json.encode(filled).replace(b"${{ github.run_id }}", RUN.encode()))


def test_the_workflow_is_one():
    """A service whose ports only the runner reaches, on those that the environment names."""
    (service,) = JOB["services"].values()

    assert WORKFLOW["on"] == ["push"]
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert JOB["env"]["SIMULATORS_URL"] == "http://127.0.0.1:9000/_sim"
    assert all(("run" in step) is not ("uses" in step) for step in JOB["steps"])
    assert set(re.findall(r"\$\{\{ (.+?) \}\}", FILE.read_text())) == {"github.run_id"}


@pytest.mark.timeout(180)
def test_its_commands_do_what_they_say(tmp_path):
    """Waiting for the banks, a world of the run, the tests, and what is shown when they fail."""
    (tmp_path / "test_erp.py").write_text(ERP_TEST)
    with processes.simulators(tmp_path / "state") as banks:
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        environment = {**processes.plain_environment(), "PATH": path, "SIMULATORS_URL": banks.control}
        environment.pop("PYTHONPATH", None)
        outputs = []
        for each in commands():
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", each["run"]],
                env={**environment, **each["env"]},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, (each, done.stdout, done.stderr)
            outputs.append(done.stdout)
        assert [each["name"] for each in banks.ask("GET", "/worlds").json()] == [f"run-{RUN}"]

    health, world, tests, seen = outputs
    assert '"status":"ok"' in health
    assert f'"name":"run-{RUN}"' in world
    assert "1 passed" in tests
    assert seen == "[]"
