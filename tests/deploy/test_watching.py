"""Dashboard, alert rules and the page for operators name what there is, and all of it."""

import contextlib
import json
import re
import sqlite3
import subprocess
from pathlib import Path

import msgspec
import pytest

import contracts
from gateway.limits import SHUTDOWN_SECONDS
from gateway.setting_names import NAMES
from tests.deploy import commands

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text()
DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text())
RULES = [
    rule
    for group in msgspec.yaml.decode((ROOT / "deploy" / "alerts.yaml").read_bytes())["groups"]
    for rule in group["rules"]
]
QUERIES = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    },
}
OF_EVERY_METRIC = {"le", "instance", "job"}


@pytest.fixture(scope="module")
def metrics():
    """All metrics of the gateway."""
    return commands.metrics()


def asked(query, metrics):
    """The metrics of a query, those of a histogram under its own name."""
    names = set(re.findall(r"\bgateway_\w+(?=[{\[ )]|$)", re.sub(r"\b(?:by|without) *\([^)]*\)", "", query)))
    kinds = {name: metrics[name][0] for name in metrics}
    histograms = {
        f"{name}{end}": name for name in kinds if kinds[name] == "histogram" for end in ("_bucket", "_count", "_sum")
    }
    return {histograms.get(name, name) for name in names}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_metrics_and_labels_that_exist(name, metrics):
    """A misspelt one would stay silent for ever."""
    query = QUERIES[name]
    names = asked(query, metrics)

    assert names or query.startswith("up{")
    assert names <= set(metrics)
    labels = {label for each in names for label in metrics[each][1]} | OF_EVERY_METRIC
    labels |= {each for each in names if metrics[each][0] == "stateset"}
    assert commands.labels_of(query) <= labels
    assert query.count("(") == query.count(")")


@pytest.mark.parametrize("name", ["GatewayErrors", "TokenRenewalFails", "WebhooksDie"])
def test_one_event_is_enough_where_one_counts(name):
    """Prometheus sees no increase from a counter that is not there to one, which the first event of a process is."""
    counted = re.findall(r"(?:rate|increase)\((gateway_\w+\{[^}]*\})\[(\w+)\]\)", QUERIES[name])

    ((counter, time),) = counted
    assert f"({counter} unless {counter} offset {time})" in QUERIES[name]


def test_every_job_that_is_scraped_is_missed_when_it_is_gone():
    """A worker that has died takes the gauges of the import with it, by which its accounts would be late."""
    scraped = msgspec.yaml.decode((ROOT / "deploy" / "prometheus.yaml").read_bytes())["scrape_configs"]

    (jobs,) = re.findall(r'up\{job=~"([^"]+)"\}', QUERIES["GatewayDown"])
    assert set(jobs.split("|")) == {each["job_name"] for each in scraped}


def test_an_ordinary_stop_is_no_alert():
    """A process that ends its statements gives no metrics meanwhile."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "GatewayDown")

    assert int(rule["for"].removesuffix("m")) * 60 > SHUTDOWN_SECONDS + 30


def test_a_bank_that_nobody_asks_is_not_down():
    """What only an attempt sets stays as it was: the rule wants attempts, within less than its own time."""
    (rule,) = (rule for rule in RULES if rule["alert"] == "BankDown")

    (minutes,) = re.findall(r"increase\(gateway_bank_requests_total\[(\d+)m\]\)", rule["expr"])
    assert int(minutes) < int(rule["for"].removesuffix("m"))


def test_the_dashboard_shows_every_metric(metrics):
    """And each panel has a place of its own, and a text that says what it shows."""
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    shown = {name for panel in panels for target in panel["targets"] for name in asked(target["expr"], metrics)}

    assert shown == set(metrics)
    assert all(panel["description"] for panel in panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_codes_of_the_alerts_stand_in_the_catalogue():
    """Each code that a rule chooses is one."""
    chosen = {
        code for rule in RULES for codes in re.findall(r'code=~?"([^"]+)"', rule["expr"]) for code in codes.split("|")
    }

    assert chosen
    assert chosen <= set(contracts.failures().failures)


def test_the_page_explains_every_metric_and_every_alert(metrics):
    """And none that there is not."""
    assert set(re.findall(r"^\| `(gateway_\w+)`", PAGE, re.MULTILINE)) == set(metrics)
    assert re.findall(r"^\*\*(\w+)\.\*\*", PAGE.partition("## Alerts")[2], re.MULTILINE) == [
        rule["alert"] for rule in RULES
    ]


def test_the_page_explains_every_setting():
    """And none that there is not; those in the text exist too."""
    assert set(re.findall(r"^\| `GATEWAY_(\w+)`", PAGE, re.MULTILINE)) == NAMES
    assert not commands.unknown_settings(commands.settings_named(PAGE))


def test_commands_of_the_page_exist():
    """With their options."""
    lines = re.findall(r"^    (gateway .+)$", PAGE, re.MULTILINE)
    inline = re.findall(r"`(gateway [^`]+)`", PAGE)

    assert len(lines) > 8
    for line in (*lines, *inline):
        words = commands.words_of(line)
        if words[-1] != "--version":
            commands.understood(words)


def test_files_of_the_page_exist():
    """Those of the project."""
    for name in re.findall(r"`(deploy/[^`]+)`|\]\(([a-z.]+\.md)\)", PAGE):
        path = ROOT / name[0] if name[0] else ROOT / "docs" / name[1]
        assert path.exists(), path


def test_the_backup_of_the_page_copies_a_database_that_is_in_use(tmp_path):
    """For its owner alone; in a folder without a database it fails, and makes no empty copy of nothing."""
    lines = re.findall(r"^    (umask .+|python3 -c '.*backup.*)$", PAGE, re.MULTILINE)

    def backup():
        return subprocess.run(["sh", "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, check=False).returncode

    assert backup() != 0
    assert list(tmp_path.iterdir()) == []
    with contextlib.closing(sqlite3.connect(tmp_path / "gateway.sqlite")) as used:
        used.execute("PRAGMA journal_mode=WAL")
        used.execute("CREATE TABLE kept (number)")
        used.execute("INSERT INTO kept VALUES (1)")
        used.commit()
        assert backup() == 0
    copy = tmp_path / "backup.sqlite"
    assert copy.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as read:
        assert read.execute("SELECT number FROM kept").fetchall() == [(1,)]
