"""What the help says of each code fits the catalogue, and says nothing that nothing does."""

import re
import subprocess
import sys

import msgspec
import pytest

import contracts
from contracts.advice import Advice, Help, Part, Reach, faults_of
from contracts.fact import Evidence

TWO_AT_ONCE = """
import sys, threading
import contracts
sys.setswitchinterval(1e-6)
slugs = contracts.banks()[:4]
together = threading.Barrier(len(slugs))
def load(slug):
    together.wait()
    contracts.load(slug)
threads = [threading.Thread(target=load, args=(slug,)) for slug in slugs]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("loaded")
"""


def advice(**changed):
    """Advice that fits a failure which is not about banks."""
    plain = Advice(evidence=Evidence.ASSUMED, source="none", happened=("a",), why=("b",), steps=("c",))
    return msgspec.structs.replace(plain, **changed)


def texts():
    """Every text of the advice, with its code."""
    for code, each in contracts.help_texts().topics.items():
        steps = [step for bank in each.banks.values() for step in bank.steps]
        for text in (*each.happened, *each.why, *each.steps, *each.mends, *each.at_bank, *steps):
            yield code, text


def test_every_code_has_advice():
    """Of failures and of warnings, and nothing else has."""
    catalogue = contracts.failures()

    assert contracts.help_texts().topics.keys() == {*catalogue.failures, *catalogue.warnings}


def test_a_new_code_without_advice_is_refused():
    """Whether a failure or a warning."""
    known = contracts.failures()
    failures = {**known.failures, "brand_new": known.failures["rate_limited"]}
    warnings = {**known.warnings, "newly_warned": known.warnings["empty_statement"]}
    grown = msgspec.structs.replace(known, failures=failures, warnings=warnings)

    assert faults_of(contracts.help_texts(), grown) == ["brand_new has no advice", "newly_warned has no advice"]


@pytest.mark.parametrize(
    ("code", "given", "fault"),
    [
        ("nothing", advice(), "the catalogue does not have it"),
        ("empty_statement", advice(mends=("d",)), "a warning says who has to act"),
        ("empty_statement", advice(actor="user"), "a warning says who has to act"),
        ("rate_limited", advice(actor="user"), "who has to act stands in the catalogue"),
        ("rate_limited", advice(reach=Reach.EVERYWHERE), "nothing says what to do there"),
        ("rate_limited", advice(at_bank=("d",)), "it is not about banks"),
        ("rate_limited", advice(shows=(Part.HOURS,)), "it is not about banks"),
    ],
)
def test_advice_that_does_not_fit_the_catalogue_is_refused(code, given, fault):
    """Each fault is named with its code."""
    known = contracts.help_texts()

    (found,) = faults_of(Help(topics={**known.topics, code: given}), contracts.failures())

    assert found.startswith(f"{code}: ")
    assert fault in found


def test_a_file_that_does_not_fit_is_an_error(tmp_path, monkeypatch):
    """The text names the file; nothing of it is used."""
    (tmp_path / "help.yaml").write_text("topics: {}")
    catalogue = contracts.failures()
    monkeypatch.setattr(contracts, "failures", lambda: catalogue)
    monkeypatch.setattr(contracts, "HERE", tmp_path)

    with pytest.raises(contracts.ContractError, match=r"help\.yaml: bank_unavailable has no advice"):
        contracts.help_texts.__wrapped__()


def test_banks_with_steps_of_their_own_exist():
    """A misspelt slug would show a bank the general steps."""
    named = {slug for each in contracts.help_texts().topics.values() for slug in each.banks}

    assert named <= set(contracts.banks())
    assert named, "some banks have steps of their own"


def test_texts_promise_nothing_and_lead_nowhere_else():
    """The gateway sends no messages to people; addresses of others stand as words and never as links."""
    promising = re.compile(r"avisaremos|tentaremos|enviaremos|entraremos em contato|https?:|www\.", re.IGNORECASE)

    assert [(code, text) for code, text in texts() if promising.search(text)] == []


def test_texts_are_whole_sentences():
    """They begin with a capital or a digit and end with a full stop, in one line."""
    odd = [(code, text) for code, text in texts() if not re.fullmatch(r'["A-ZÀ-Ý0-9][^\n]*\.', text)]

    assert odd == []


def test_each_warning_and_failure_says_its_own():
    """No text of what happened was copied from another code."""
    happened = [each.happened for each in contracts.help_texts().topics.values()]

    assert len(set(happened)) == len(happened)


def test_contracts_load_in_several_threads_at_once():
    """In a process of its own: without the lock it would be killed by a segmentation fault."""
    done = subprocess.run([sys.executable, "-c", TWO_AT_ONCE], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "loaded"), done.stderr[-500:]
