"""Every bound, wait and count of the gateway, with its unit and its reason: one page that answers an operator.

A name says what is counted and in which unit; a `timedelta` carries its unit. What an operator may need to change is
a setting, named here, with this value as the usual one; all else follows from how the gateway works, and is changed
here. What the banks promise or demand stands in their contracts.

Long because all of them stand on one page.
"""

from datetime import timedelta

from msgspec import Struct

# Callers' connections and requests


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """How many connections of callers there may be, and how many seconds each may take: the settings of these names."""

    connections: int = 2000
    """GATEWAY_CONNECTIONS."""
    header_seconds: float = 10.0
    """GATEWAY_HEADER_SECONDS: from the first byte of a request to the end of its headers."""
    body_seconds: float = 30.0
    """GATEWAY_BODY_SECONDS: from there to the end of its body."""
    idle_seconds: float = 30.0
    """GATEWAY_IDLE_SECONDS: from the connection, or the last answer, to the first byte of a request."""
    answer_seconds: float = 30.0
    """GATEWAY_ANSWER_SECONDS: in which a caller takes at least a part of its answer."""


BODY_BYTES = 1024 * 1024
"""GATEWAY_BODY_LIMIT: the largest body of a request."""
STATEMENT_DEADLINE_SECONDS = 120.0
"""GATEWAY_STATEMENT_DEADLINE: after which a statement is given up."""
RESERVED_CONNECTIONS = 32
"""Beyond the limit, taken when all others are busy, so that the process can be asked how it is."""
REQUEST_HEAD_BYTES = 32 * 1024
"""Of a request line with its headers."""
REQUEST_HEADERS = 100
CONNECTION_CHECK_SECONDS = 1.0
"""Between two looks at the time limits of all connections."""
CONNECTIONS_LOOKED_AT_ONCE = 20
"""Before others go on: all of them may have to be ended at the same moment."""
ANSWER_TAKEN_BYTES = 64 * 1024
"""Of an answer, or all that is left, that a caller takes within `answer_seconds`."""
HANG_UP_TICK_SECONDS = 0.005
"""Between two callers that hang up and are noticed: a crowd that goes at once holds up itself alone."""
TICKS_TO_CATCH_UP = 100
"""Of more that wait than this, more than one is worked on in each tick: what waits is bounded by what comes."""
UNKNOWN_FIELDS_NAMED = 20
"""In a refusal; a body can have any number of them."""
BODY_LEVELS = 32
"""Of a body of a request that are searched for control characters."""
PROBLEM_INSTANCE_CHARACTERS = 200
"""Of the address that a problem repeats; every real one is shorter."""
CURSOR_CHARACTERS = 128
"""Of a cursor of a list of accounts."""
PAUSE_REASON_CHARACTERS = 200
TENANT_NAME_CHARACTERS = 200
"""Of a tenant: it is shown in lists and logs."""
API_KEYS_SEEN = 10_000
"""Keys whose tenant is remembered, for taking turns; when there are more, all are forgotten."""

# The process

SHUTDOWN_SECONDS = 130
"""For requests under way when the process is asked to stop; a statement may take two minutes."""
OTHER_OPEN_FILES = 512
"""For all but callers: connections to banks, the database, the listener and its reserve."""
THREAD_SWITCH_SECONDS = 0.0001
"""After which a thread that works on a large answer gives way to the event loop, which gives the interpreter up at each
call of the system, of which a request makes dozens; the usual one is fifty times as long."""
GARBAGE_THRESHOLDS = (5_000, 5, 1_000_000_000)
"""Of the interpreter's three generations of objects. The younger ones are small, so that looking through one takes few
milliseconds also while a large statement is read. The oldest, which a large statement makes long, is never looked
through at the very moment at which one is read: that would hold up everybody for as long as it takes."""
GARBAGE_SECONDS = 60.0
"""Between two looks through all objects, when no large answer is worked on."""
READINESS_SECONDS = 8.0
"""For the probe of `/health/ready`: longer than SQLite waits for a lock, so that the reason can be given."""
CANCEL_AGAIN_SECONDS = 0.5
"""After which a task that has swallowed its cancellation is cancelled again."""
CLOCK_PAUSE_SECONDS = 0.005
"""Between two questions to the simulators' clock, when callers come faster than they are answered."""

# The processor, shared by tenants (concurrency/shares.py, pacing.py, workers.py)

PROCESSOR_MEMORY_SECONDS = 1.0
"""What was used so long ago counts a third of what is used now."""
PROCESSOR_AT_WORK_PART = 0.005
"""A tenant that uses a smaller part of the time than this is not at work."""
PROCESSOR_FORGOTTEN_PART = PROCESSOR_AT_WORK_PART / 1000
"""Far below, because many small steps make a large part, however often somebody looks."""
PROCESSOR_MOST_PART = 0.4
"""Of the time that tenants may use together when several are at work. What is measured is not all that their requests
cost, and a processor that is always busy would have everybody wait for each step."""
PROCESSOR_TICK_SECONDS = 0.01
"""From one start of a tenant to the next one, while others are at work."""
PROCESSOR_STARTS_AT_ONCE = 3
"""Of a tenant that has long had none: the calls of one statement follow each other."""
THREAD_SLICE_SECONDS = 0.002
"""Of processor time of a thread, after which a rest may be due."""
THREAD_RESTS = 8.0
"""How many times as long as a slice the rest after it is."""
ITEMS_BETWEEN_RESTS = 50
"""Between two looks at the clock."""
ANSWER_THREADS = 2
"""For all that is done with large answers of banks. Two, so that one of them does not hold up all others; more would
only take the interpreter from the event loop more often."""
MANY_ENTRIES = 500
"""From which on a step over all of them is left to these threads; one takes some twenty microseconds."""
MUCH_BYTES = 64 * 1024
"""Of answers, some hundred entries, after which a conversation goes on in one of these threads."""
JSON_PART_BYTES = 256 * 1024
"""Of a large document that are decoded in one go."""
JSON_NAMES = 1000
"""Of one object of a large document."""
ENTRIES_AT_ONCE = 500
"""That are encoded in one go."""

# Accounts and their records, before a bank is asked and after it has answered

LOOK_UPS_AT_ONCE = 1
"""Accounts that are looked up: more would only wait for each other at the database."""
LOOK_UP_PACE_SECONDS = 0.01
"""Between two look-ups of a tenant for one bank while more are waiting. A crowd of callers that come at the same moment
would else begin all their readings at once and leave nobody else any processor time meanwhile."""
LOOK_UP_SECONDS = 30.0
"""After which a look-up is given up: the database hangs, or far too many are waiting."""
ACCOUNTS_OF_KNOWN_BANK = 100_000
"""Accounts whose bank is remembered, for taking turns."""
RECORDS_WRITTEN_AT_ONCE = 1
"""Outcomes that are written down: more would only wait for each other at the database."""
NOTE_WAIT_SECONDS = 3.0
"""For which an answer waits until its outcome is written down; it goes out without that."""
NOTE_SECONDS = 30.0
"""After which writing one down is given up."""
NOTES_AT_ONCE = 1000
"""Outcomes that are being written or wait for it; further ones are left out, with a line in the log."""
REFUSAL_RETRY_AFTER_SECONDS = 60
"""After which to ask again when credentials that have worked are refused for the first time."""
REFUSALS_APART = timedelta(hours=1)
"""Two refusals closer together may be one passing contradiction."""
REFUSALS_BEFORE_REST = 2
"""After which the bank is not asked again before that time has passed."""
FAILED_CYCLES_ALLOWED = 10
"""The integration is suspended with this one."""
SUSPENSION_PROBE_AFTER = timedelta(hours=1)
"""After the last failure of a suspended integration the bank is left alone for so long."""
EXPIRY_NOTICE = timedelta(days=30)
"""Before its end a certificate or consent is warned of."""
DAYS_REMEMBERED = timedelta(days=400)
"""What final days were like is forgotten after that."""
RESTATEMENT_SHOWN_FOR = timedelta(days=3)
"""For so long a restated day is named with every statement that it belongs to."""
RESTATED_DAYS_NAMED = 10
"""More are counted and not named."""

# Credentials

CREDENTIAL_CHARACTERS = 64 * 1024
"""The longest real ones are certificate chains of a few thousand."""
CERTIFICATE_CHARACTERS = 64 * 1024
"""A chain of four certificates has about eight thousand."""
CREDENTIAL_CHECK_THREADS = 1
"""A check takes a few milliseconds, and more at once would only take the processor from others."""
PRIVATE_KEY_CHARACTERS = 8 * 1024
"""An RSA key of 4096 bits has 3,300; some tools write attributes in front of it."""
PRIVATE_KEYS_KEPT = 256
"""Keys that need not be parsed again."""
PEM_BLOCKS = 16
"""Longer chains do not exist."""
PKCS12_CHARACTERS = 64 * 1024
"""Of base64; with a chain they are some thousands."""
PKCS12_SECONDS = 20.0
"""For a process that gives way to everything else and may use three seconds of processor time."""
PKCS12_PROCESSES = 2
TRIALS_KEPT = timedelta(days=1)
"""Tokens of credentials that were never enabled."""

# One statement

STATEMENT_ATTEMPTS = 2
"""A list that moved while it was read is read once more."""
STATEMENT_REQUESTS = 4_000
"""A bank that always says that there is more is not believed for longer. The smallest largest page is 50 entries, so
that a year with 500 entries a day needs 3,650."""
STATEMENT_BYTES = 256 * 1024 * 1024
"""Of all its answers. The 180,000 entries above have about 180 megabytes."""
PERIOD_DAYS = 731
"""Two years, both ends counted, that are never too many for us."""
PERIOD_WINDOWS = 60
"""Requests for adjoining windows that one statement may need beyond that: five years of months, which is the deepest
history that a bank documents."""
PERIOD_QUOTA_SECONDS = 120
"""Of documented calls that one statement may use up; it would be given up soon after. Of a longer window it may use up
all calls."""
READ_BACK_DAYS = (7, 31, 92)
"""Before a statement that are read to find where the balances agree: first these few, then up to so many."""
READ_BACK_SINGLE_DAYS = 10
"""That are read to find an older difference: enough for as many days as are kept."""
READ_BACK_SECONDS = 60.0
"""After which reading back is given up, or with the deadline of the statement; the next statement tries again."""
READINGS_PER_CLIENT = 4
"""Under way with one client at a bank that documents a limit, 2 of one tenant: their first calls fit into the smallest
documented quota."""
READINGS_WAITING_PER_CLIENT = 32
"""16 of one tenant; more would not come to their turn before their deadlines."""
READINGS_RETRY_AFTER_SECONDS = 60
"""After which one that found no room may: most documented limits are by the minute."""

# Tokens

TOKEN_EARLY = timedelta(seconds=30)
"""A token is renewed this long before it expires, or after nine tenths of a shorter life."""
TOKEN_LIFE_SECONDS = 365 * 24 * 3600
"""Whatever a server says, nobody trusts a token for longer."""
ASSERTION_LIFE = timedelta(minutes=10)
"""Of a signed assertion. Banks that name a limit allow 15 minutes; the rest is left to clocks that disagree."""
ASSERTION_BACKDATED = timedelta(seconds=30)
"""For a bank whose clock is behind ours."""
TOKEN_RENEWAL_SECONDS = 120.0
"""A renewal starts no request later than this after its beginning. It has its own deadline because many callers share
it."""
TOKEN_RENEWAL_GRACE_SECONDS = 60.0
"""More, until a request under way is given up: the answer may bring the only successor of a refresh token."""
TOKEN_HEARTBEAT_SECONDS = 20.0
"""Between two signs of life of a long renewal; well below the age at which a claim is stale."""
TOKEN_CLAIM_STALE = timedelta(seconds=60)
"""A claim without a sign of life for so long belongs to a process that died."""
TOKEN_POLL_SECONDS = 0.5
"""Between two looks at a renewal that another process has claimed."""
TOKEN_CLAIM_WAIT_SECONDS = 120.0
"""After which waiting for another process is given up."""
RENEWAL_ROUND = timedelta(hours=1)
"""Between the beginnings of two rounds of renewals, by the gateway's clock."""
RENEWAL_LOOK_SECONDS = 1.0
"""Between two looks at that clock, which jumps where it is the simulators'."""
RENEWAL_WAIT_SECONDS = 300.0
"""For which a round waits for one renewal: a conversation may last three minutes, another process's claim two."""
RENEWALS_PER_TENANT = 4
"""Under way in a round; statements need the line more."""
RENEWALS_AT_ONCE = 16
"""Of all tenants in a round."""

# The line to a bank

BANK_CALLS = 96
"""Under way at one bank; 48 of one tenant, 8 of one account. There is room for as many accounts of one tenant as a
breaker must see fail."""
BANK_CALLS_WAITING = 1536
"""For a slot at one bank; 768 of one tenant, 128 of one account."""
BANK_CALLS_SHARE = 6
"""One account has at most one in so many of what its tenant may have of the slots, and of the room to wait."""
BANK_CALLS_RETRY_AFTER_SECONDS = 5
"""After which a refused caller may find room."""
HANDSHAKES_PER_HOST = 16
"""Connections that are being opened to one host; 8 of one tenant."""
HANDSHAKES_WAITING_PER_HOST = 384
"""Requests that wait to open one; 192 of one tenant: more than the bulkhead lets through."""
HANDSHAKE_WAIT_SECONDS = 10.0
"""For which a request waits to open one, at a host whose handshakes take too long."""
DEFAULT_DEADLINE_SECONDS = 120.0
"""Until the deadline of a request that names none."""
CALL_ATTEMPTS = 3
"""Of one request, the first included."""
FIRST_RETRY_SECONDS = 0.2
"""Between the first two attempts; jitter comes on top."""
LONGEST_RETRY_SECONDS = 2.0
"""Between two attempts at most; jitter comes on top."""
SHORTEST_ATTEMPT_SECONDS = 1.0
"""With less left before the deadline an attempt, which begins with a TLS handshake, is not worth beginning."""
ATTEMPT_SECONDS = 45.0
"""For one attempt from its beginning to the last byte: a bank that dribbles must not hold us."""
CONNECT_SECONDS = 5.0
"""For a connection to a bank."""
READ_SECONDS = 30.0
"""Between two parts of an answer."""
SEND_SECONDS = 10.0
"""For a part of a request to be taken, and for a free connection."""
ANSWER_BYTES = 32 * 1024 * 1024
"""Of one answer, unpacked. The largest documented page, 10,000 rows, has about a third of it."""
UNPACK_STEP_BYTES = 256 * 1024
"""That are unpacked at once."""
LONGEST_SLEEP_SECONDS = 3600.0
"""A longer wait looks again after that: some event loops refuse an endless timer."""
CONNECTION_POOLS = 256
"""Pairs of host and client certificate whose connections are kept."""
CONNECTIONS_PER_POOL = 64
"""Above what the bulkhead lets through to a bank for a tenant, so that nobody queues for a connection. As many are kept
alive: else the lower library would close each after use, and every request would begin with a handshake."""
CONNECTION_IDLE_SECONDS = 30.0
"""After which a connection to a bank is closed."""
TLS_CONTEXT_THREADS = 2
"""Names are looked up in the event loop's threads, and may be slow there."""
BREAKER_FAILURES = 15
"""Failed attempts in a row before a circuit opens."""
BREAKER_ACCOUNTS = 5
"""Different accounts they must come from."""
BREAKER_FAILURES_OF_ONE_TENANT = (BREAKER_FAILURES + 1) // 2
"""That count when it is judged whether a host is down for all; two tenants can show it."""
BREAKER_FIRST_OPEN_SECONDS = 10.0
"""For which a circuit stays open the first time."""
BREAKER_LONGEST_OPEN_SECONDS = 300.0
BREAKER_JITTER_PART = 0.2
"""Of that time which chance may take off, so that several gateways do not probe in step."""
QUOTA_MARGIN_SECONDS = 1.0
"""For which a call counts after its answer, beyond the window of the limit: clocks of machines differ a little."""
QUOTA_GROUPS = 100
"""Calls of a quota that are kept one by one; of a larger one those that have ended are kept in about as many groups."""
QUOTA_FULL_SECONDS = 60.0
"""For which a quota that others have used up is taken for full without asking again: some of their calls may turn out
not to have been sent."""
QUOTA_ROOM_LOOK_SECONDS = 0.5
"""Between two looks whether other processes have fewer calls under way."""
QUOTA_SWEEP_SECONDS = 60.0
"""Between two looks for quotas that count nothing any more."""
QUOTA_CLOSED_SECONDS = 300.0
"""For which a client is shut out of an operation at most, whatever the bank says."""
QUOTA_UNWANTED_SECONDS = 86_400.0
"""For which a bank's wish to be left alone is remembered at most."""
QUOTA_CALL_SECONDS = ATTEMPT_SECONDS + 15.0
"""After its reservation a call is certainly over; it is sent a few seconds after it was reserved. One that was given up
may be under way at the bank for as long."""
QUOTA_LOOK_SECONDS = 5.0
"""After which a call looks again whose turn has come behind others that are still being reserved."""
BANK_RETRY_AFTER_SECONDS = 24 * 3600
"""A bank that asks for a longer wait is taken to ask for this."""

# Storage

DATABASE_LOCK_SECONDS = 5
"""For a lock that another holds. A caller gets `storage_unavailable` then, and may come again."""
DATABASE_POOL_SECONDS = 10
"""For a free connection."""
DATABASE_CONNECT_SECONDS = 10
"""For a connection to PostgreSQL: one that is away is noticed at the start, and not after minutes."""
SQLITE_CONNECTIONS = 4
"""Each has a thread. More make a crowd of callers slower, because the threads and the event loop take turns."""
STATE_LOOK_SECONDS = 5.0
"""For a look whether the embedded database holds secrets, before it is opened."""
VAULT_CHECK_BYTES = 32 * 1024
"""That a database with room left can take."""
VAULT_VALUES_TRIED = 1000
"""Encrypted values of each kind, where an earlier version left no check."""
CHANGE_HEARTBEAT_SECONDS = 4.0
"""Between two signs of life of a change of an account."""
CHANGE_STALE = timedelta(seconds=20)
"""A change without one for so long belongs to a process that died."""
CHANGE_POLL_SECONDS = 0.5
"""Between two looks at the change of another process."""
CHANGE_WAIT_SECONDS = 150.0
"""After which waiting for another process is given up; longer than a verification may last."""
QUOTA_RESERVE_SECONDS = 5.0
"""For the database to reserve a call; one that needs longer is in trouble."""
QUOTA_CLOSE_SECONDS = 10.0
"""For what is still to be written when the gateway stops."""
QUOTA_ROWS_KEPT = timedelta(days=32)
"""A row that was not touched for so long holds nothing that counts: the longest window is a month."""
QUOTA_PURGE_SECONDS = 3600.0
"""Between two removals of such rows."""

# Texts of banks, in failures and in the log

BANK_MESSAGE_CHARACTERS = 300
"""Of a bank's own message in a failure."""
REFUSAL_BYTES = 64 * 1024
"""Of a bank's refusal that are read; a longer one is no answer of an API."""
REFUSAL_CHARACTERS = 4096
"""Of a refusal's text that are looked at for the bank's words."""
REFUSAL_TEXTS = 5
"""Of a list that are taken for the bank's words."""
REFUSAL_LEVELS = 16
"""Of a refusal that are searched."""
REDACTED_CHARACTERS = 16_384
"""Of a text that are looked at for secrets; what stands behind them is left out."""
LOG_VALUE_LEVELS = 8
"""Of a value in the log; what lies deeper is left out."""
LOG_CAUSES = 5
"""Of an exception that are named."""
