"""The parts that read statements, and those that know what was read."""

from msgspec import Struct

from gateway.accounts.access.at_banks import AccountsAtBanks
from gateway.accounts.access.tokens import Tokens
from gateway.accounts.reading.look_ups import LookUps
from gateway.accounts.reading.readings import Readings
from gateway.accounts.recording.continuity import Continuity
from gateway.accounts.recording.entry_changes import EntryChanges
from gateway.accounts.recording.outcomes import Recording
from gateway.accounts.recording.stored import StoredAnswers
from gateway.accounts.states.bank_health import BankHealths
from gateway.parts.given import Options, Resources
from gateway.parts.tables import Tables
from gateway.statement import StatementReader
from gateway.storage.accounts.outcomes import Outcomes
from gateway.storage.statements.day_balances import DayBalances
from gateway.storage.statements.stored import StoredStatements

__all__ = ["Reading", "reader_with"]


class Reading(Struct, frozen=True):
    """The parts that read statements, and what is kept of them."""

    reader: StatementReader
    look_ups: LookUps
    at_banks: AccountsAtBanks
    recording: Recording
    readings: Readings
    health: BankHealths
    entry_changes: EntryChanges
    stored: StoredAnswers

    @classmethod
    def over(cls, resources: Resources, options: Options, tables: Tables) -> "Reading":
        """Each of these parts, built once over the resources and tables."""
        database, vault, clock = resources.database, resources.vault, resources.clock
        reader = reader_with(resources, options, resources.tokens)
        health = BankHealths(tables.pauses)
        entry_changes = EntryChanges(tables.entries, tables.accounts, tables.integrations)
        stored = StoredAnswers(StoredStatements(database, vault), tables.all_tenants, options.retention_days)
        continuity = Continuity(DayBalances(database, vault), tables.digests, reader)
        look_ups = LookUps(tables.integrations, tables.all_tenants, clock)
        at_banks = AccountsAtBanks(options.environment, resources.tokens)
        outcomes = Outcomes(database, vault)
        recording = Recording(outcomes, tables.digests, continuity, entry_changes, stored, health, clock)
        return cls(
            reader=reader,
            look_ups=look_ups,
            at_banks=at_banks,
            recording=recording,
            readings=Readings(look_ups, reader, stored, recording, at_banks, clock, resources.leases),
            health=health,
            entry_changes=entry_changes,
            stored=stored,
        )


def reader_with(resources: Resources, options: Options, tokens: Tokens) -> StatementReader:
    """The part that reads statements with these tokens."""
    return StatementReader(
        resources.line, tokens, resources.clock, page_size=options.page_size, deadline=options.deadline
    )
