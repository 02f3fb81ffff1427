"""The checks of certify: what is demanded of every adapter. They name capabilities and no bank.

Levels, each above the one before: `contract` (facts fit together, both sides keep the exchanges), `reads` (statements
come), `exact` (they are the truth and keep their ids), `resilient` (nothing that goes wrong makes a wrong statement),
`polite` (the bank would not complain).
"""

from simulators.certify.bench import Check
from simulators.certify.checks.breaks import survives_breaks
from simulators.certify.checks.computing import computes_only
from simulators.certify.checks.consent import plays_consent
from simulators.certify.checks.contract import keeps_exchanges, plays_exchanges, states_facts_that_fit
from simulators.certify.checks.decimals import keeps_decimals
from simulators.certify.checks.exact import (
    equals_ledger,
    has_its_capabilities,
    keeps_accounts_apart,
    keeps_ids,
    keeps_other_ids,
    reads_below_zero,
    reads_ends_of_days,
    reads_windows,
)
from simulators.certify.checks.faults import faults_act
from simulators.certify.checks.kinds import reads_unknown_words
from simulators.certify.checks.loops import survives_loops
from simulators.certify.checks.polite import (
    asks_for_no_day_to_come,
    asks_for_the_period,
    asks_nothing_twice,
    asks_what_it_announces,
    only_reads,
    reuses_tokens,
    takes_refusals,
)
from simulators.certify.checks.reads import reads_a_month, reads_nothing, reads_today
from simulators.certify.checks.resilient import (
    names_each_failure,
    renews_tokens,
    survives_moved_pages,
    survives_refusals,
    survives_rubbish,
    survives_spoiled_rows,
)
from simulators.certify.checks.secrets import betrays_no_secret
from simulators.certify.checks.words import keeps_words

__all__ = ["CHECKS", "LEVELS"]

LEVELS = ("contract", "reads", "exact", "resilient", "polite")

CHECKS = (
    Check("facts", "contract", "The contract's facts fit together", states_facts_that_fit),
    Check("exchanges", "contract", "The adapter asks and reads as the exchanges show", keeps_exchanges),
    Check("simulator", "contract", "The simulated bank answers as the exchanges show", plays_exchanges),
    Check("faults", "contract", "The faults of the other checks act on the simulated bank", faults_act),
    Check("month", "reads", "The statement of a month of a realistic account equals the ledger", reads_a_month),
    Check("empty", "reads", "A period without movement is empty, proved, and warned of", reads_nothing),
    Check("today", "reads", "A period that includes today is read, today's entries provisional", reads_today),
    Check("computing", "reads", "The adapter computes: no clock, chance, file, environment or thread", computes_only),
    Check("capabilities", "exact", "What the contract declares comes, what it denies does not", has_its_capabilities),
    Check("words", "exact", "What the bank says of an entry in texts and ids stands in it", keeps_words),
    Check(
        "exact", "exact", "Any ledger, at any page size and token life, is read as it is", equals_ledger, drawn="any"
    ),
    Check("decimals", "exact", "An amount finer than a cent is read as it is, or refused", keeps_decimals),
    Check(
        "identity", "exact", "An entry keeps its id in any period and page size, twins included", keeps_ids, drawn="any"
    ),
    Check("late_entry", "exact", "An entry that comes late changes no other entry's id", keeps_other_ids, drawn="any"),
    Check("windows", "exact", "Long periods, month ends, a leap day, the turn of a year are read", reads_windows),
    Check("day_ends", "exact", "Entries about midnight, in Brasília and in UTC, keep their day", reads_ends_of_days),
    Check("overdraft", "exact", "An account below zero is read as it is", reads_below_zero),
    Check("accounts", "exact", "Accounts that are read in turn are not mixed up", keeps_accounts_apart),
    Check(
        "paging",
        "resilient",
        "A lost, repeated or shifted page is noticed",
        survives_moved_pages,
        parted=True,
        drawn="attacked",
    ),
    Check("loops", "resilient", "A list that never ends is noticed", survives_loops, parted=True),
    Check("tokens", "resilient", "A token may expire at any call", renews_tokens),
    Check(
        "consent",
        "resilient",
        "Consent and refusal on a page, stale codes and ended consents are told apart",
        plays_consent,
    ),
    Check("failures", "resilient", "Each scenario is reported as its failure", names_each_failure, parted=True),
    Check(
        "rubbish",
        "resilient",
        "A web page, half an answer and an empty one are no statement",
        survives_rubbish,
        parted=True,
    ),
    Check("statuses", "resilient", "A refusal by its status alone is no statement", survives_refusals, parted=True),
    Check(
        "breaks",
        "resilient",
        "Half a list is no statement, wherever the bank stops answering",
        survives_breaks,
        parted=True,
    ),
    Check(
        "rows",
        "resilient",
        "Rows that cannot be read, or are of other days, make no entry",
        survives_spoiled_rows,
        parted=True,
    ),
    Check(
        "kinds",
        "resilient",
        "A row with an unknown word is not lost, and the word is named",
        reads_unknown_words,
        parted=True,
    ),
    Check(
        "secrets",
        "resilient",
        "No secret in an address, an extra header, a text or the log",
        betrays_no_secret,
        parted=True,
    ),
    Check("refusals", "polite", "What the bank has refused is not asked again", takes_refusals, parted=True),
    Check("future", "polite", "No request names a day to come", asks_for_no_day_to_come),
    Check("period", "polite", "No request names days far from the period", asks_for_the_period),
    Check("read_only", "polite", "The adapter makes only requests that the contract lists", only_reads),
    Check("token_reuse", "polite", "One token serves many requests", reuses_tokens),
    Check("no_repetition", "polite", "No request is made twice", asks_nothing_twice),
    Check(
        "ahead",
        "polite",
        "What a request announces is asked after it, and what is optional last",
        asks_what_it_announces,
    ),
)
