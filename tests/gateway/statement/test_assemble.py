"""From movements to a statement: identity, order, balances, proof."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import contracts
from contracts.schema import Evidence
from gateway.errors import IncoherentPages
from gateway.limits import KINDS_NAMED
from gateway.model import (
    BRASILIA,
    Account,
    BalanceAt,
    Balances,
    Contradiction,
    Credentials,
    IdBasis,
    Movement,
    Period,
    Stability,
    Undecided,
    Verdict,
)
from gateway.statement.assemble import assemble

INTER = contracts.load("inter")
ACCOUNT = Account(
    id="1", bank="inter", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({"k": "canary"})
)
NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))


def movement(day, amount, **more):
    return Movement(
        date=date(2026, 3, day),
        amount=Decimal(amount),
        content=f"{more.get('description')} {Decimal(amount).normalize():f}".encode(),
        **more,
    )


def statement(*movements, balances=None, period=WEEK):
    return assemble(INTER, ACCOUNT, period, movements, balances or Balances(), NOW)


def between(opening, closing, opening_day=8, closing_day=13):
    return Balances(
        opening=BalanceAt(date(2026, 3, opening_day), Decimal(opening)),
        closing=BalanceAt(date(2026, 3, closing_day), Decimal(closing)),
    )


def test_zeros_behind_the_cents_are_not_given():
    """Some banks tell four decimals of every amount; what has more than zeros there is given as it came."""
    told = statement(
        movement(9, "10.5000", balance=Decimal("110.5000")),
        movement(10, "-3.2550", balance=Decimal("107.24500")),
        balances=between("100.0000", "107.2451"),
    )

    assert [str(entry.amount) for entry in told.entries] == ["10.50", "-3.255"]
    assert [str(entry.balance) for entry in told.entries] == ["110.50", "107.245"]
    assert (str(told.opening_balance), str(told.closing_balance)) == ("100.00", "107.2451")
    assert (told.proof.verdict, str(told.proof.difference)) == (Verdict.DISPROVED, "0.0001")
    assert str(statement(movement(9, "0.5000"), balances=between("1.0000", "3.0000")).proof.difference) == "1.50"


def test_twins_are_two_entries():
    """Two equal movements are two entries with two ids, the same ones whenever they are asked for."""
    first = statement(movement(10, "-5"), movement(10, "-5"))
    again = statement(movement(10, "-5"), movement(10, "-5"), period=Period(date(2026, 3, 10), date(2026, 3, 10)))

    ids = [entry.id for entry in first.entries]
    assert len(set(ids)) == 2
    assert ids == [entry.id for entry in again.entries]
    assert {entry.id_basis for entry in first.entries} == {IdBasis.DERIVED}


@given(st.permutations([("-5", "a"), ("-5", "a"), ("-5", "b"), ("7", "a")]))
def test_ids_do_not_depend_on_order(rows):
    """The same movements in another order have the same ids."""
    ids = {e.id for e in statement(*(movement(10, amount, description=text) for amount, text in rows)).entries}

    assert ids == {
        e.id
        for e in statement(
            *(movement(10, a, description=t) for a, t in [("-5", "a"), ("-5", "a"), ("-5", "b"), ("7", "a")])
        ).entries
    }


def test_a_banks_id_comes_once():
    """The same bank id twice means that pages overlapped."""
    with pytest.raises(IncoherentPages):
        statement(movement(10, "1", bank_id="x"), movement(11, "1", bank_id="x"))


def test_control_characters_are_no_part_of_what_is_shown():
    """The id of an entry is made of the bank's id as it came."""
    sent = ["A\x001", "A 1"]
    found = statement(*(movement(9, 1, bank_id=each, document=f"{each}\u202e2", description=each) for each in sent))

    assert [(entry.bank_id, entry.document) for entry in found.entries] == [("A 1", "A 1 2"), ("A 1", "A 1 2")]
    assert len({entry.id for entry in found.entries}) == 2


def test_amounts_of_equal_value_are_equal():
    """1.5 and 1.50 are the same amount for an id that is made from the content."""
    one, other = statement(movement(10, "1.5")), statement(movement(10, "1.50"))

    assert one.entries[0].id == other.entries[0].id


def test_order_is_by_day_then_the_banks():
    """Entries stand by day; within a day the bank's own order holds."""
    found = statement(movement(11, "1"), movement(10, "2"), movement(11, "3"), movement(10, "4"))

    assert [entry.amount for entry in found.entries] == [2, 4, 1, 3]


def test_proved():
    """Opening balance plus entries is the closing balance."""
    found = statement(movement(10, "5"), balances=between("10", "15"))

    assert found.proof.verdict is Verdict.PROVED
    assert (found.opening_balance, found.closing_balance) == (10, 15)


def test_disproved_names_the_difference():
    """Balances that do not add up are disproved, with the difference and a warning, and nothing is invented."""
    found = statement(movement(10, "5"), balances=between("10", "16"))

    assert found.proof.verdict is Verdict.DISPROVED
    assert found.proof.difference == 1
    assert [warning.code for warning in found.warnings] == ["statement_not_ready", "balance_mismatch"]
    assert len(found.entries) == 1


def test_disproved_posts_nothing():
    """Of a statement that its balances contradict no entry is final and no day is complete."""
    found = statement(movement(9, "5"), movement(10, "5"), balances=between("10", "120"))

    assert {entry.stability for entry in found.entries} == {Stability.PROVISIONAL}
    assert found.complete_through == WEEK.first - timedelta(days=1)


@pytest.mark.parametrize("evidence", [Evidence.OBSERVED, Evidence.DOCUMENTED])
def test_what_is_known_of_a_bank_withholds_a_statement(evidence):
    """Entries that contradict what the bank is known to mean are no statement."""
    contradicted = replace(between("10", "15"), contradictions=(Contradiction("the total is another", evidence),))

    with pytest.raises(IncoherentPages, match="the total is another"):
        statement(movement(10, "5"), balances=contradicted)


@pytest.mark.parametrize(
    ("closing", "verdict", "difference"),
    [("15", Verdict.NOT_PROVABLE, 0), ("20", Verdict.DISPROVED, 5), (None, Verdict.NOT_PROVABLE, None)],
)
def test_what_is_assumed_of_a_bank_withholds_nothing(closing, verdict, difference):
    """The entries are given, unproved, with the reason and a warning."""
    balances = between("10", "0") if closing is None else between("10", closing)
    balances = replace(balances, closing=None) if closing is None else balances
    contradicted = replace(balances, contradictions=(Contradiction("the limit is another", Evidence.ASSUMED),))

    found = statement(movement(10, "5"), balances=contradicted)

    assert (found.proof.verdict, found.proof.difference) == (verdict, difference)
    assert found.proof.reason == "the limit is another"
    assert "balance_mismatch" in [warning.code for warning in found.warnings]
    assert [entry.stability for entry in found.entries] == [
        Stability.PROVISIONAL if difference != 0 else Stability.FINAL
    ]
    assert found.complete_through == WEEK.first - timedelta(days=1)
    assert found.contradicted


def test_what_may_still_change_contradicts_nothing_more():
    """Balances that agree together with the entries of today agree, whatever else contradicts the list."""
    contradicted = replace(
        between("10", "22", closing_day=18), contradictions=(Contradiction("a count", Evidence.ASSUMED),)
    )

    found = statement(
        movement(17, "5"), movement(18, "7"), balances=contradicted, period=Period(date(2026, 3, 9), NOW.date())
    )

    assert (found.proof.verdict, found.proof.difference) == (Verdict.NOT_PROVABLE, 0)
    assert found.proof.reason == "a count"
    assert [entry.stability for entry in found.entries] == [Stability.FINAL, Stability.PROVISIONAL]


def test_one_id_with_two_contents_is_two_entries_where_the_balances_prove_both():
    """Their ids are derived, with a warning; without proof it is no statement."""
    rows = movement(10, "5", bank_id="x"), movement(11, "7", bank_id="x"), movement(11, "1", bank_id="y")

    found = statement(*rows, balances=between("10", "23"))

    assert [entry.id_basis for entry in found.entries] == [IdBasis.DERIVED, IdBasis.DERIVED, IdBasis.BANK]
    (duplicate,) = found.warnings
    assert (duplicate.code, duplicate.days) == ("duplicate_suspected", (date(2026, 3, 10), date(2026, 3, 11)))
    for balances in (between("10", "22"), None):
        with pytest.raises(IncoherentPages, match="share an id"):
            statement(*rows, balances=balances)


def test_not_provable_has_a_reason():
    """Without balances nothing can be proved, and the reason is given."""
    assert statement(movement(10, "5")).proof.reason
    assert statement(movement(10, "5"), balances=Balances(reason="because")).proof.reason == "because"


def test_balances_are_carried_to_the_ends_of_the_period():
    """Movements before and after the period carry the bank's balances to its ends and are not entries of it."""
    found = statement(movement(7, "1"), movement(10, "5"), movement(16, "100"), balances=between("10", "116", 6, 16))

    assert (found.opening_balance, found.closing_balance) == (11, 16)
    assert found.proof.verdict is Verdict.PROVED
    assert len(found.entries) == 1


@pytest.mark.parametrize("opening_day", [6, 7, 8])
def test_a_balance_includes_the_entries_of_its_day(opening_day):
    """The bank's balance is that at the end of the day: what moved on it is in it already."""
    opening = {6: "1", 7: "11", 8: "111"}[opening_day]
    rows = [movement(6, "1"), movement(7, "10"), movement(8, "100"), movement(10, "5")]

    found = statement(*rows, balances=between(opening, "116", opening_day))

    assert (found.opening_balance, found.proof.verdict) == (111, Verdict.PROVED)


def test_today_is_provisional():
    """Entries of the current day may still change; the statement is complete only through yesterday."""
    found = statement(
        movement(17, "5"),
        movement(18, "7"),
        balances=between("0", "12", 15, 18),
        period=Period(date(2026, 3, 16), NOW.date()),
    )

    assert [entry.stability for entry in found.entries] == [Stability.FINAL, Stability.PROVISIONAL]
    assert found.complete_through == date(2026, 3, 17)
    assert found.proof.verdict is Verdict.NOT_PROVABLE
    assert "statement_not_ready" in [warning.code for warning in found.warnings]


def test_the_bank_may_say_less_is_complete():
    """What the bank does not declare complete is provisional."""
    found = statement(movement(10, "5"), movement(12, "7"), balances=Balances(complete_through=date(2026, 3, 11)))

    assert [entry.stability for entry in found.entries] == [Stability.FINAL, Stability.PROVISIONAL]
    assert found.complete_through == date(2026, 3, 11)


def test_days_are_complete_before_the_first_row_of_which_nothing_tells_whether_it_is_an_entry():
    """Later entries that are known are final all the same; the warning names kind and days, the proof what is open."""
    around = Undecided(date(2026, 3, 6), "X9"), Undecided(date(2026, 3, 20), "X" * 1000)
    open_rows = frozenset({*around, Undecided(date(2026, 3, 11), "X9")})
    rows = movement(10, "5"), movement(11, "7", provisional=True), movement(12, "9")

    found = statement(*rows, balances=Balances(undecided=open_rows))

    assert [entry.stability.value for entry in found.entries] == ["final", "provisional", "final"]
    assert found.complete_through == date(2026, 3, 10)
    warnings = {warning.code: warning for warning in found.warnings}
    assert set(warnings) == {"statement_not_ready", "undecided_rows"}
    assert warnings["undecided_rows"].days == (date(2026, 3, 11),)
    assert "'X9'" in warnings["undecided_rows"].detail
    assert "'X9'" in found.proof.reason
    assert len(found.proof.reason) < 300


@pytest.mark.parametrize("text", ["SALDO ANTERIOR", "Saldo do dia", " S A L D O ", "SALDO TOTAL - Conta corrente"])
@pytest.mark.parametrize("half", [Balances(), replace(between("100", "0"), closing=None)], ids=["none", "opening"])
def test_a_row_that_is_called_a_balance_is_noticed(text, half):
    """It may be one, and no balance would tell: it is given, not final, and no day from it on is complete."""
    rows = movement(10, "5"), movement(11, "1000", description=text), movement(12, "9")

    found = statement(*rows, balances=half)

    assert [entry.stability.value for entry in found.entries] == ["final", "provisional", "final"]
    assert found.complete_through == date(2026, 3, 10)
    (warning,) = [each for each in found.warnings if each.code == "undecided_rows"]
    assert warning.days == (date(2026, 3, 11),)


@pytest.mark.parametrize("text", ["Saldo de venda 12", "Saldo anterior FGTS", "PIX - SALDO", ""])
def test_a_row_that_only_begins_like_a_balance_is_an_entry(text):
    """As is anything else."""
    found = statement(movement(11, "1000", description=text))

    assert ([entry.stability.value for entry in found.entries], found.complete_through) == (["final"], WEEK.last)


def test_a_row_that_is_called_a_balance_and_moves_money_is_proved():
    """The balances count it."""
    found = statement(movement(11, "1000", description="SALDO ANTERIOR"), balances=between("100", "1100"))

    assert found.proof.verdict is Verdict.PROVED
    assert (found.entries[0].stability, found.complete_through) == (Stability.FINAL, WEEK.last)


def test_balances_that_fit_both_ways_prove_and_complete_nothing_further():
    """Rows that cancel each other may be entries or not, though the others are proved."""
    rows = movement(10, "5"), movement(11, "7", provisional=True), movement(11, "-7", provisional=True)
    proof = between("100", "105")

    found = statement(*rows, balances=replace(proof, undecided=frozenset({Undecided(date(2026, 3, 11), "X9")})))

    assert (found.proof.verdict, found.complete_through) == (Verdict.PROVED, date(2026, 3, 10))


@pytest.mark.parametrize(
    ("now", "complete", "final"),
    [
        ("2026-03-16T10:00:00", 13, 1),
        ("2026-03-17T08:59:59", 13, 1),
        ("2026-03-17T09:00:00", 16, 4),
        ("2026-03-14T08:59:59", 12, 0),
    ],
)
def test_a_weekend_that_is_sent_again_is_final_with_the_next_business_day(now, complete, final):
    """Not before the hour at which the bank is ready; what is proved is proved, whatever may still change."""
    again = replace(INTER, period=replace(INTER.period, sends_weekends_again=True))
    moment = datetime.fromisoformat(now).replace(tzinfo=BRASILIA)
    last = min(date(2026, 3, 16), moment.date() - timedelta(days=1))
    rows = [movement(day, "1") for day in range(13, last.day + 1)]
    balances = between("0", str(len(rows)), 12, last.day)

    found = assemble(again, ACCOUNT, Period(date(2026, 3, 9), last), rows, balances, moment)

    assert found.complete_through == date(2026, 3, complete)
    assert [entry.stability for entry in found.entries].count(Stability.FINAL) == final
    assert found.proof.verdict is Verdict.PROVED
    not_ready = found.complete_through < last
    assert ("statement_not_ready" in [warning.code for warning in found.warnings]) is not_ready


@pytest.mark.parametrize(
    ("now", "blocked", "posted"),
    [
        # Of a Sunday that is sent again on Monday; of money that is blocked; and once the weekend is settled.
        ("2026-03-16T10:00:00", False, "1"),
        ("2026-03-17T09:00:00", True, "2"),
        ("2026-03-17T09:00:00", False, "3"),
    ],
)
def test_final_entries_lead_to_the_closing_balance_where_all_are_final(now, blocked, posted):
    """A proof counts what the balances of the bank count: some of it may be provisional still."""
    again = replace(INTER, period=replace(INTER.period, sends_weekends_again=True))
    rows = [movement(13, "1"), movement(14, "1"), replace(movement(15, "1"), blocked=blocked)]
    moment = datetime.fromisoformat(now).replace(tzinfo=BRASILIA)

    found = assemble(
        again, ACCOUNT, Period(date(2026, 3, 9), date(2026, 3, 15)), rows, between("0", "3", 12, 15), moment
    )

    assert (found.proof.verdict, found.closing_balance) == (Verdict.PROVED, 3)
    final = [entry for entry in found.entries if entry.stability is Stability.FINAL]
    assert sum(entry.amount for entry in final) == Decimal(posted)
    assert (len(final) == len(found.entries)) == (Decimal(posted) == found.closing_balance)


def test_before_its_hour_yesterday_is_final_but_not_complete():
    """Entries of a day that has ended do not change; others may still join them until the bank is ready."""
    early = datetime(2026, 3, 16, 8, 59, tzinfo=BRASILIA)

    found = assemble(
        INTER, ACCOUNT, Period(date(2026, 3, 14), date(2026, 3, 15)), [movement(15, "1")], Balances(), early
    )

    assert [entry.stability for entry in found.entries] == [Stability.FINAL]
    assert found.complete_through == date(2026, 3, 14)
    assert [warning.code for warning in found.warnings] == ["statement_not_ready"]


def test_what_the_bank_calls_provisional_is_not_counted():
    """Neither a row that it marks nor a day that it has not declared complete."""
    marked = statement(movement(10, "5"), movement(11, "2", provisional=True), balances=between("0", "7"))
    undeclared = Balances(
        opening=BalanceAt(date(2026, 3, 8), Decimal(0)),
        closing=BalanceAt(date(2026, 3, 13), Decimal(7)),
        complete_through=date(2026, 3, 11),
    )
    late = statement(movement(10, "5"), movement(12, "2"), balances=undeclared)

    for found in (marked, late):
        assert found.proof.verdict is Verdict.NOT_PROVABLE
        assert "1 provisional" in found.proof.reason


def test_balances_that_agree_neither_with_provisional_entries_nor_without_disprove():
    """That something may still change explains no other difference."""
    found = statement(movement(10, "5"), movement(11, "2", provisional=True), balances=between("0", "9"))

    assert (found.proof.verdict, found.proof.difference) == (Verdict.DISPROVED, 4)


def test_a_few_of_many_kinds_are_named():
    """However many kinds of rows nothing tells of, a person can read the reason."""
    rows = frozenset(Undecided(date(2026, 3, 11), f"X{number:03}") for number in range(100))

    reason = statement(balances=Balances(undecided=rows)).proof.reason

    assert reason.count("'X") == KINDS_NAMED


def test_an_empty_statement_has_a_warning():
    """An empty statement comes with a warning, whatever the account moved around its period."""
    assert [warning.code for warning in statement().warnings] == ["empty_statement"]
    assert [warning.code for warning in statement(movement(8, "1"), movement(14, "2")).warnings] == ["empty_statement"]


@pytest.mark.parametrize(("closing", "complete"), [("10", 13), ("11", 8), (None, 8)])
def test_words_alone_do_not_complete_a_period(closing, complete):
    """Undocumented words may be about an account that is not there: balances have to agree that nothing has moved."""
    balances = Balances() if closing is None else between("10", closing)

    found = statement(balances=replace(balances, empty_by_words=True))

    assert found.complete_through == date(2026, 3, complete)


def test_a_period_has_an_order():
    """A period that ends before it begins cannot be."""
    with pytest.raises(ValueError, match="after its end"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


@given(st.integers(0, 400), st.integers(0, 120))
def test_windows_adjoin(length, most):
    """The windows of a period are the period, each day once."""
    period = Period(date(2024, 1, 31), date.fromordinal(date(2024, 1, 31).toordinal() + length))

    windows = list(period.windows(most))

    assert [day for window in windows for day in window.days] == list(period.days)
    assert all(most == 0 or len(list(window.days)) <= most for window in windows)


def test_nothing_of_an_account_shows_its_credentials():
    """The text of an account has no credential in it."""
    assert "canary" not in f"{ACCOUNT} {ACCOUNT!r} {ACCOUNT.credentials} {ACCOUNT.credentials!r}"


@pytest.mark.parametrize(
    ("closing", "opening_day", "closing_day"),
    [("108.00", 8, 13), ("105.00", 8, 13), ("108.00", 5, 16), ("105.00", 5, 16)],
    ids=["left_alone", "followed", "left_alone_from_afar", "followed_from_afar"],
)
def test_blocked_money_is_never_final_whether_balances_follow_it_or_not(closing, opening_day, closing_day):
    """Neither the block nor what is freed again; the proof holds with all of them or without any."""
    rows = [
        movement(6, "-2", description="before", blocked=True),
        movement(10, "8"),
        movement(11, "-4", description="block", blocked=True),
        movement(12, "1", description="freed", blocked=True),
        movement(14, "-1", description="after", blocked=True),
    ]
    far = opening_day == 5
    moved = Decimal(closing) - (3 if far and closing == "105.00" else 0)
    given_rows = rows if far else rows[1:4]
    found = statement(*given_rows, balances=between("100.00", f"{moved}", opening_day, closing_day))

    assert found.proof.verdict is Verdict.PROVED
    assert [(entry.amount, entry.stability) for entry in found.entries] == [
        (Decimal(8), Stability.FINAL),
        (Decimal(-4), Stability.PROVISIONAL),
        (Decimal(1), Stability.PROVISIONAL),
    ]
    # Followed from afar, the blocks of 6 and 14 March have taken three more.
    assert found.blocks_move is (closing == "105.00")
    assert found.closing_balance is not None
    assert found.opening_balance is not None
    assert found.closing_balance - found.opening_balance == (5 if found.blocks_move else 8)


def test_some_of_the_blocks_do_not_make_a_proof():
    """Balances that agree only with one block and without the other agree with nothing."""
    rows = movement(10, "8"), movement(11, "-4", blocked=True), movement(12, "1", blocked=True)

    found = statement(*rows, balances=between("100.00", "104.00"))

    assert (found.proof.verdict, found.proof.difference) == (Verdict.DISPROVED, Decimal(-1))
