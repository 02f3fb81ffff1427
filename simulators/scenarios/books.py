"""What the account holds, and when and how the bank's books show it."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIOS"]

SCENARIOS = (
    Scenario(
        name="balance_mismatch",
        title="Balance mismatch",
        does="Something moves the balance every day, like a yield of a fund beside the account, and is never shown.",
        unbalanced=True,
        needs="balances_apart",
        parameters={"publication": "unseen_movements", "entries_per_day": 2, "busy_day_entries": 0},
    ),
    Scenario(
        name="empty",
        title="Account without movement",
        does="The bank has nothing booked but the opening deposit, long ago.",
        parameters={"entries_per_day": 0, "busy_day_entries": 0},
    ),
    Scenario(
        name="grouped_on_its_day",
        title="Grouped on its day",
        does="On their own day movements of one kind are one sum; overnight they become single.",
        parameters={"publication": "grouped_on_its_day"},
    ),
    Scenario(
        name="next_day",
        title="Shown the next day",
        does="A day's movements are shown from the next morning on, none of the present day.",
        parameters={"publication": "after_one_day"},
    ),
    Scenario(name="ok", title="Everything works", does="The bank answers as documented."),
    Scenario(
        name="restated",
        title="Statement restated",
        does="Every third day is wrong at first and corrected on the second morning after it.",
        parameters={"publication": "restated"},
    ),
    Scenario(
        name="two_days_later",
        title="Shown two days later",
        does="A day's movements are shown from the second morning after it on.",
        parameters={"publication": "after_two_days"},
    ),
    Scenario(
        name="weekend_dated_anew",
        title="Weekend sent again",
        does="Movements of weekends and holidays are sent again under the date of the next business day.",
        needs="weekends_again",
        parameters={"publication": "weekend_dated_anew"},
    ),
    Scenario(
        name="weekend_held_back",
        title="Weekend held back",
        does="Movements of weekends and holidays are shown from the next business day on.",
        parameters={"publication": "after_the_weekend"},
    ),
    Scenario(
        name="weekend_sent_twice",
        title="Weekend sent twice",
        does="Movements of weekends and holidays stay under their own day and come again under the next business day.",
        needs="weekends_again",
        parameters={"publication": "weekend_dated_anew", "readings": {"weekends": "sent_twice"}},
    ),
)
