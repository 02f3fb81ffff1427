"""The acceptance suite passes what is right and notices what is wrong."""

import json
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from simulators.certify.bench import Bench, Check
from simulators.certify.checks import CHECKS, LEVELS
from simulators.certify.report import FORMATS, write
from simulators.certify.suite import Certificate, Result, run_check
from tests.served.processes import plain_environment
from tests.simulators.certify.planted import PLANTED

BY_NAME = {check.name: check for check in CHECKS}


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_noticed(error):
    """An adapter with an error that people make falls short, with the smallest case of it."""
    adapter, name = PLANTED[error]

    shortfall, case = run_check(BY_NAME[name], Bench("inter", adapter), 1, 40)

    assert shortfall
    assert "period" in case or not BY_NAME[name].drawn


def test_the_same_seed_finds_the_same_case():
    """A failure can be repeated."""
    adapter, name = PLANTED["merged twins"]

    assert run_check(BY_NAME[name], Bench("inter", adapter), 7, 100) == run_check(
        BY_NAME[name], Bench("inter", adapter), 7, 100
    )


def result(level, passed=True, **more):
    return Result(name="n", level=level, what="w <&>", passed=passed, **more)


def certificate(*results):
    return Certificate(bank="inter", adapter="a:B", seed=1, examples=2, results=results)


def test_a_level_needs_all_below_it():
    """The level reached is the highest with nothing short at or below it."""
    assert certificate(*map(result, LEVELS)).level == "polite"
    assert certificate(result("reads"), result("exact", passed=False), result("resilient")).level == "reads"
    assert not certificate(result("reads", passed=False)).level


@pytest.mark.parametrize("suffix", FORMATS)
def test_reports(tmp_path, suffix):
    """A report says what falls short, the smallest case and how to repeat it, in each format."""
    file = tmp_path / f"report{suffix}"
    write(
        certificate(
            result("reads"),
            result("exact", passed=False, shortfall="1 < 2", case="period\x00"),
            result("polite", exempt="no ids"),
        ),
        file,
    )
    text = file.read_text()

    assert "no ids" in text
    if suffix == ".json":
        told = json.loads(text)
        assert (told["passed"], told["level"], told["results"][1]["shortfall"]) == (False, "reads", "1 < 2")
    elif suffix == ".xml":
        failure = ET.fromstring(text).find("testcase/failure")  # noqa: S314 - our own text
        assert failure.get("message") == "1 < 2"
        assert "--seed 1" in failure.text
    else:
        assert "1 &lt; 2" in text
        assert "--seed 1" in text


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "simulators", "certify", *arguments],
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_command(tmp_path):
    """The command certifies an adapter given by name, writes the report, and its exit status is the verdict."""
    report = tmp_path / "report.json"
    good = run("inter", "--examples", "3", "--report", str(report))
    bad = run("inter", "--examples", "10", "--adapter", "tests.simulators.certify.planted:WrongSign")

    assert (good.returncode, json.loads(report.read_text())["passed"]) == (0, True), good.stdout
    assert bad.returncode == 1
    assert "not certified" in bad.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nubank",), "nubank"),
        (("inter", "--adapter", "nowhere:X"), "nowhere"),
        (("inter", "--report", "x.pdf"), ".html"),
    ],
)
def test_wrong_arguments(arguments, word):
    """A wrong argument is named, with exit status 2."""
    told = run(*arguments)

    assert told.returncode == 2
    assert word in told.stderr


def test_what_an_adapter_raises_is_its_shortfall():
    """Whatever an adapter raises is reported and ends nothing."""

    def breaks(bench):
        raise RuntimeError("broken")

    assert run_check(Check("x", "reads", "x", breaks), Bench("inter"), 1, 1) == ("RuntimeError: broken", "")
