"""Every bound, wait and count of the gateway, with its unit and its reason, on one page.

A name says what is counted and in which unit; a `timedelta` carries its unit. A docstring that begins `GATEWAY_` names
the setting by which an operator changes the value; all others are changed here. The limits that banks promise or demand
stand in their contracts.

Long because all limits are to be read in one place.
"""

from datetime import date, timedelta

from msgspec import Struct

# Callers' connections and requests


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """Limits of callers' connections: their number, and the seconds that each phase may take."""

    connections: int = 2000
    """GATEWAY_CONNECTIONS: open at a time."""
    header_seconds: float = 10.0
    """GATEWAY_HEADER_SECONDS: from the first byte of a request to the end of its headers."""
    body_seconds: float = 30.0
    """GATEWAY_BODY_SECONDS: from the end of the headers to the end of the body."""
    idle_seconds: float = 30.0
    """GATEWAY_IDLE_SECONDS: from the connection, or the last answer, to the first byte of a request."""
    answer_seconds: float = 30.0
    """GATEWAY_ANSWER_SECONDS: time in which a caller must take `ANSWER_TAKEN_BYTES` of its answer."""


BODY_BYTES = 1024 * 1024
"""GATEWAY_BODY_LIMIT: the largest body of a request."""
STATEMENT_DEADLINE_SECONDS = 120.0
"""GATEWAY_STATEMENT_DEADLINE: time after which a statement is given up, but for `MEGABYTE_SECONDS`."""
CONNECTIONS_WAITING = 2048
"""Connections that the system keeps until they are accepted."""
ACCEPTED_IN_ONE_PASS = 16
"""Connections that one pass of the event loop accepts."""
RESERVED_CONNECTIONS = 32
"""Connections accepted beyond the limit when all others are busy, so that health and metrics can still be asked for."""
REQUEST_HEAD_BYTES = 32 * 1024
"""Request line and headers together."""
REQUEST_HEADERS = 100
"""Headers of one request."""
REQUEST_CHUNKS = 2048
"""Chunks of the body of one request: the largest body in chunks of half a kilobyte. Each costs some processor time, and
one may have a single byte."""
TARGET_BYTES = 8000
"""Address of a request with its query: what RFC 9110 section 4.1 recommends. The framework keeps a thousand of both."""
TARGET_PARAMETERS = 50
"""Parameters in an address. No route has half as many."""
FORM_FIELDS = 100
"""Fields of a form that a browser sends, files included. No page has half as many."""
PIPELINED_REQUESTS = 20
"""Requests that a connection may send before an earlier one is answered. Proxies and libraries send none ahead, and a
packet has room for thousands, each of which takes memory before it is looked at."""
BODIES_BYTES = 64 * 1024 * 1024
"""Received bodies of all requests that are not answered yet: 64 of the largest, or thousands of ordinary ones."""
UNSENT_BYTES = 128 * 1024 * 1024
"""Answers of all connections that their callers have not taken yet."""
CONNECTION_CHECK_SECONDS = 1.0
"""Interval between two checks of all connections against their time limits."""
CONNECTIONS_CHECKED_AT_ONCE = 20
"""Connections checked before the event loop serves others: all of them may have to be ended at the same moment."""
ANSWER_TAKEN_BYTES = 64 * 1024
"""Part of an answer (or all that is left of it) that a caller must take within `answer_seconds`."""
HANG_UP_TICK_SECONDS = 0.005
"""Interval at which callers that hung up are noticed, one at a time, so that a crowd that leaves at once delays no one
else."""
ENTRANCE_TICK_SECONDS = 0.002
"""Interval at which requests of strangers begin that come at once. Most take less, so that a flood of them leaves more
than half of the processor."""
NETWORK_BITS = 64
"""Bits of an IPv6 address that name its network: a customer gets a whole network, not one address."""
TICKS_TO_CATCH_UP = 100
"""When more callers wait than this, each tick serves several, so that the queue stays bounded by what arrives."""
UNKNOWN_FIELDS_NAMED = 20
"""Unknown fields that a refusal names; a body can have any number of them."""
BODY_VALUES = 10_000
"""Values of a JSON body, those in lists and objects included. The largest real body has some twenty; a megabyte of tiny
ones would hold the event loop for a third of a second."""
FORM_BYTES = 32 * 1024
"""Size of a form without files. A form of credentials is sent as one with files."""
BODY_LEVELS = 32
"""Nesting levels of a request body that are searched for control characters."""
PROBLEM_INSTANCE_CHARACTERS = 200
"""Length of the request address that a problem repeats; every real one is shorter."""
HELP_CODE_CHARACTERS = 64
"""Part of a code that has no help page which is compared with those that have one; every real code is shorter."""
HELP_SUGGESTIONS = 3
"""Pages that are offered in the place of one that does not exist."""
COMPRESSED_FROM_BYTES = 1024
"""Size of an answer from which compressing it saves packets."""
GZIP_LEVEL = 3
"""Of nine. Statements become a sixth of their size, at twice the speed of the usual level, which makes them a
seventh."""
HELP_FRESH_SECONDS = 3600
"""Time for which browsers keep a help page without asking: pages change with the software alone."""
PANEL_IDLE = timedelta(minutes=30)
"""Time without a request after which someone has to sign in to the account pages again."""
PANEL_LONGEST = timedelta(hours=8)
"""Time after which someone has to sign in again in any case: a working day."""
PANEL_RENEWED_EVERY = timedelta(minutes=1)
"""Age at which the cookie of a session is given anew."""
PANEL_COOKIE_CHARACTERS = 2048
"""Length of a cookie that is opened; ours are shorter."""
PANEL_BODY_BYTES = 4096
"""Size of a form of the account pages: an API key, or a sign that the form is ours."""
PANEL_FIELD_CHARACTERS = 256
"""Length of a text in the address of an account page."""
PANEL_ACCOUNTS = 50
"""Accounts on one page."""
PANEL_ENTRIES = 200
"""Entries on one page."""
PANEL_DAYS = 30
"""Days of the statement that is shown where no period is chosen."""
PANEL_CHART_DAYS = 731
"""Days of the longest period that has a chart: two points lie closer than a pixel beyond it."""
CURSOR_CHARACTERS = 128
"""Length of a cursor of a list."""
PAUSE_REASON_CHARACTERS = 200
"""Length of the reason that an operator gives for a pause."""
TENANT_NAME_CHARACTERS = 200
"""Length of a tenant's name, which lists and logs show."""
EXTERNAL_ID_CHARACTERS = 128
"""Length of a caller's own id of an account: room for any system's, and the width of its column."""
KEY_USE_NOTED_EVERY = timedelta(hours=1)
"""How exactly the last use of an API key is known; noting each one would be a write for every request."""
LISTED_AT_ONCE = 1000
"""Accounts, holders or keys of one part of a list."""
KEYS_PER_TENANT = 100
"""Living keys with which a tenant can make no more of them; and replaced ones that have not ended yet."""
ENDED_KEYS_KEPT = 100
"""Keys of a tenant that are listed after they have ended; when one is made, older ones are erased."""
KEY_OVERLAP_SECONDS = 24 * 3600
"""Time for which a replaced key goes on, unless the caller names another: within a day the new one is rolled out."""
KEY_LONGEST_OVERLAP_SECONDS = 7 * 24 * 3600
"""Longest such time: after it nobody remembers that two keys are in use."""
API_KEYS_SEEN = 10_000
"""API keys whose tenant is remembered for fair shares; when there are more, all are forgotten."""
REQUESTS_PER_MINUTE = 6000
"""Requests of one API key that one process answers in a minute, unless the operator sets another number: a hundred a
second, far beyond what an ERP asks, and few enough that a loop gone wrong leaves time for others."""
RATE_WINDOW_SECONDS = 60
"""The span in which the requests of a key are counted."""
KEYS_COUNTED = 10_000
"""API keys whose requests are counted at once; when there are more, all begin anew."""

# The process

SETTING_FILE_BYTES = 16 * 1024
"""Size of a file that holds a setting: a URL, or more vault keys than anyone has."""
AUTHORITIES_BYTES = 64 * 1024
"""Size of a bundle of test authorities; one authority has some 700 bytes."""
SHUTDOWN_SECONDS = 130
"""Time that requests under way get when the process is asked to stop; a statement may take two minutes."""
WORKER_PAUSE_SECONDS = 1.0
"""Pause before a worker process that ended is started again; twice as long each time that it ended soon."""
WORKER_LONGEST_PAUSE_SECONDS = 30.0
"""Longest such pause: a database that is away for minutes is tried as often."""
WORKER_LIVED_SECONDS = 60.0
"""A worker process that ran for so long had a start without fault: the next pause is the shortest again."""
WORKER_END_SECONDS = SHUTDOWN_SECONDS + 20.0
"""Time after which worker processes that were asked to stop are killed: they close what they hold after their last
request."""
WORKERS_MOST = 64
"""Worker processes of one command; more processors than that are better used by several machines."""
OTHER_OPEN_FILES = 512
"""Open files for everything but callers: connections to banks, the database, the listener and its reserve."""
THREAD_SWITCH_SECONDS = 0.0001
"""Time after which a thread that decodes a large answer gives the interpreter back to the event loop. The event loop
gives it up at each system call, dozens of times in a request, and Python's default is fifty times as long."""
GARBAGE_THRESHOLDS = (5_000, 2, 1_000_000_000)
"""Thresholds of the garbage collector's three generations. Collecting the younger two takes a few milliseconds even
while a large statement is read, as long as the second is short. A large statement makes the oldest one long, and
collecting it would stop the process, so that it is collected only by `GARBAGE_SECONDS`."""
GARBAGE_SECONDS = 60.0
"""Interval between two full collections, made only when no large answer is being worked on."""
READINESS_SECONDS = 8.0
"""Deadline of the probe of `/health/ready`: longer than SQLite waits for a lock, so that the reason can be given."""
CANCEL_AGAIN_SECONDS = 0.5
"""Time after which a task that swallowed its cancellation is cancelled again."""
CLOCK_JITTER = timedelta(seconds=1)
"""What two answers of the simulators differ by at most while nobody moves their clock."""
CLOCK_LOOK_SECONDS = 0.1
"""Time after which whoever waits for the simulated time to pass asks for it again."""
CLOCK_PAUSE_SECONDS = 0.005
"""Pause between two requests to the simulators' clock when callers come faster than it answers."""

# The processor, shared by tenants (concurrency/shares.py, pacing.py, workers.py)

PROCESSOR_MEMORY_SECONDS = 1.0
"""Time constant of the measured use: use that lies this far back counts a third of present use."""
PROCESSOR_AT_WORK_PART = 0.005
"""A tenant that uses less than this part of the processor counts as idle."""
PROCESSOR_FORGOTTEN_PART = PROCESSOR_AT_WORK_PART / 1000
"""Below this part a tenant's use is forgotten. It is far lower than the part of an idle tenant, because many small
steps add up to a large part."""
PROCESSOR_MOST_PART = 0.5
"""Part of the time that all tenants together may use when several are at work. The measure misses a part of what
requests cost, and on a processor that is always busy every step would have to wait."""
PROCESSOR_TICK_SECONDS = 0.01
"""Interval between two starts of a tenant while others are at work."""
PROCESSOR_STARTS_AT_ONCE = 3
"""Starts that a tenant may make at once after a quiet time: the calls of one statement follow each other."""
THREAD_SLICE_SECONDS = 0.002
"""Processor time of a thread after which it may have to rest."""
THREAD_RESTS = 8.0
"""Length of a rest as a multiple of the slice before it."""
ITEMS_BETWEEN_RESTS = 50
"""Items handled between two looks at the clock."""
ANSWER_THREADS = 2
"""Threads that decode and render large answers of banks. With two, one large answer does not delay all others; more
threads would only take the interpreter from the event loop more often."""
MANY_ENTRIES = 500
"""Number of entries from which a step over all of them runs in these threads; one entry takes about twenty
microseconds."""
MUCH_BYTES = 64 * 1024
"""Bytes received in a conversation (some hundred entries) after which it goes on in one of these threads."""
JOINED_BYTES = 1024 * 1024
"""Size of an answer of a bank above which its parts are put together in one of these threads. Thirty megabytes take the
event loop some thirty milliseconds; up to this size the interpreter is not given up meanwhile."""
JSON_PART_BYTES = 256 * 1024
"""Part of a large document that one call of the decoder gets."""
JSON_NAMES = 1000
"""Names of one object in a large document."""
ENTRIES_AT_ONCE = 500
"""Entries that one call encodes."""
CHARACTERS_KEPT = 1_000
"""Characters whose nearest ASCII character is remembered: texts of banks have a few dozen others."""
CNAB_ENTRIES = 99_999
"""Entries of a statement in CNAB 240, whose records are numbered with five digits."""
SHEET_ROWS = 1_048_576
"""Rows of a sheet of a workbook, titles included; no spreadsheet opens more."""
SHEET_BYTES = 2_000_000_000
"""Bytes of the rows of a sheet before they are packed: a part of an archive has less than 2 GiB, unless the archive is
of a later kind that not every spreadsheet opens without a warning."""
SHEET_MEASURED_ENTRIES = 100_000
"""Entries from which the rows of a sheet are measured before the first is written, which takes two thirds of the time
of writing them. Of fewer entries each would need 20 kilobytes; rows of banks have one or two."""
CELL_CHARACTERS = 32_767
"""Characters of a cell of a spreadsheet, in units of UTF-16; no spreadsheet opens more."""
HELD_ENTRIES = 2_000
"""Entries of one statement that stay in memory, with some four megabytes; those of a larger one are spooled."""
UNORDERED_ENTRIES = 20_000
"""Entries of a day that wait in memory, with some twenty megabytes, until all earlier ones have been given, at a bank
that promises no order. Lists of banks run one way, so that a few hundred wait."""
KEPT_AT_ONCE = 100
"""Entries that one transaction keeps for `?after=`, or twice as many; others wait some ten milliseconds behind it."""
SPOOLED_PARTS_AT_ONCE = 2
"""Parts of a day's entries, of some `MANY_ENTRIES` each, that are in memory while they are put in order of ids."""
BUSY_DAY_ENTRIES = 10_000
"""Entries of a day from which those of a range of ids are found by their ids, among those of all kept days, and no more
by their day, among all its others: a range of `KEPT_AT_ONCE` entries and `RETENTION_DAYS` such days have 9,000."""
ID_RANGES_AT_ONCE = 10
"""Ranges of ids, of some `KEPT_AT_ONCE` entries each, that stand together in the file: a day with twice as many entries
has twice as many ranges and takes part in them twice as often, so that there must not be many."""
ID_START_DIGITS = 16
"""Digits at the beginning of an entry's id that fit into eight bytes. Ids are digests: hardly two share so many."""
DIGEST_PARTS = 64
"""Parts of the digests of a list that are compared one after the other, so that comparing takes little memory."""
DIGESTS_HELD = 65_536
"""Digests of ids of one statement that are in memory, half a megabyte; others wait on the disk, by their parts."""
DIGEST_TABLE_PARTS = 1_024
"""Parts of a table of digests; of a million, each part holds a thousand."""
HELD_KEYS = 5_000
"""Keys of the rows of a list that stay in memory; of older rows eight bytes each are left."""
SPOOL_STEP_BYTES = 1024 * 1024
"""Room on the disk that a spooled statement takes at a time: little, so that thousands of them have room."""
SPOOL_BYTES = 1024 * 1024 * 1024
"""Room of one statement: more than two million entries of some 450 bytes."""
SPOOLS_BYTES = 4 * SPOOL_BYTES
"""Room of all statements; one tenant has half of it."""
SPOOL_FREE_BYTES = 512 * 1024 * 1024
"""Room on the disk that stays free of spooled statements, for the database and others."""

# Accounts and their records, before a bank is asked and after it has answered

LOOK_UPS_AT_ONCE = 1
"""Account look-ups that run at a time: more would only wait for each other at the database."""
LOOK_UP_PACE_SECONDS = 0.005
"""Interval between two look-ups of one tenant for one bank while others wait. Without it, a crowd of callers that come
at the same moment would start all their readings at once and leave the others no processor time."""
LOOK_UP_SECONDS = 30.0
"""Deadline of a look-up: after it the database hangs, or far too many callers wait."""
ACCOUNTS_OF_KNOWN_BANK = 100_000
"""Accounts whose bank is remembered for serving banks in turn."""
RECORDS_WRITTEN_AT_ONCE = 1
"""Outcomes that are written at a time: more would only wait for each other at the database."""
NOTE_WAIT_SECONDS = 3.0
"""Time that an answer waits for its outcome to be written; then it goes out without it."""
NOTE_SECONDS = 30.0
"""Deadline of writing one outcome."""
NOTES_AT_ONCE = 1000
"""Outcomes that are being written or wait to be; further ones are dropped with a line in the log."""
REFUSAL_RETRY_AFTER_SECONDS = 60
"""`retry_after` of the first refusal of credentials that have worked before."""
REPLACED_RETRY_AFTER_SECONDS = 1
"""`retry_after` of a refusal of credentials that were replaced while the bank was asked: the new ones wait."""
REFUSALS_APART = timedelta(hours=1)
"""Two refusals that lie closer together may have one passing cause and count as one."""
REFUSALS_BEFORE_REST = 2
"""Number of refusals after which the bank is not asked again until `REFUSALS_APART` has passed."""
NEW_CREDENTIALS_REFUSED = 20
"""Times within `NEW_CREDENTIALS_WINDOW` that a bank refuses new credentials of one account before it is asked no more:
banks block users after a few wrong passwords. As many as a session of the connect page has."""
NEW_CREDENTIALS_WINDOW = timedelta(hours=1)
"""Time after which a refusal of new credentials counts no more."""
FAILED_CYCLES_ALLOWED = 10
"""Failed daily cycles after which an integration is suspended."""
SUSPENSION_PROBE_AFTER = timedelta(hours=1)
"""Time after the last failure of a suspended integration before the bank is asked again."""
EXPIRY_NOTICE = timedelta(days=30)
"""Time before the end of a certificate or consent at which its warning begins."""
CERTIFICATE_NOTICE_DAYS = (30, 7, 1)
"""Days before the end of a certificate at which webhooks are told."""
WEBHOOKS_PER_TENANT = 10
"""Webhooks of one tenant."""
WEBHOOK_URL_CHARACTERS = 2000
"""Length of a webhook's address."""
WEBHOOK_SECONDS = 10.0
"""Time of one attempt to deliver, from the look-up of the name to the end of the answer."""
WEBHOOK_ANSWER_BYTES = 64 * 1024
"""Part of a receiver's answer that is read; it means nothing."""
WEBHOOK_ANSWER_PARTS = 1000
"""Parts of it that are read: each may have a single byte."""
WEBHOOK_ANSWER_SECONDS = 2.0
"""Time for which it is read. Its status has come by then."""
WEBHOOK_RETRIES = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 43200, 43200, 43200, 43200)
"""Seconds from an attempt that failed to the next one, before chance adds up to a tenth: three days in all."""
WEBHOOK_GIVEN_UP_AFTER = timedelta(days=3)
"""Time after which no further attempt is made."""
WEBHOOK_SECRET_OVERLAP = timedelta(hours=24)
"""Time for which a former secret signs beside the new one."""
DELIVERIES_AT_ONCE = 32
"""Deliveries under way in one process, each to another webhook."""
DELIVERIES_OF_TENANT = 4
"""Deliveries of one tenant under way in one process, so that its slow receivers hold up no other tenant."""
FAILING_AT_ONCE = DELIVERIES_AT_ONCE // 2
"""Deliveries under way in one process to webhooks that did not take the last one. Each may take all of its time."""
FAILING_OF_TENANT = DELIVERIES_OF_TENANT - 1
"""Deliveries under way of one tenant at which none to such a webhook is begun."""
WEBHOOK_ADDRESSES = 4
"""Addresses of one name that are tried in one attempt; they share its time."""
WEBHOOK_LOOK_UPS_AT_ONCE = 2 * DELIVERIES_OF_TENANT
"""Threads that look names of receivers up. A look-up cannot be stopped, so that one tenant has half of them at most."""
DELIVERIES_LOOKED_AT = 500
"""Deliveries of one part of what is due, from which one of each webhook is chosen."""
DELIVERY_LOOK_SECONDS = 1.0
"""Interval at which the table is asked what is due."""
DELIVERY_LEASE = timedelta(seconds=60)
"""Time after which another process sends a delivery whose sender has said nothing. Longer than an attempt."""
DELIVERIES_KEPT = timedelta(days=30)
"""Age at which deliveries that have ended are deleted."""
DELIVERIES_PURGE_SECONDS = 3600.0
"""Interval at which they are looked for."""
DELIVERIES_LISTED = 100
"""Deliveries in one answer."""
OUTCOME_CHARACTERS = 200
"""Length of the text about an attempt."""
AUDIT_KEPT = timedelta(days=400)
"""Age at which recorded management actions are deleted: a year can be looked back on, with a month to do it in."""
AUDIT_LISTED = 100
"""Management actions in one answer, unless the caller asks for another number."""
RETENTION_DAYS = 90
"""GATEWAY_RETENTION_DAYS: how many days back entries are kept, from which changes are told.

A first import reaches back 60 days, and its reader may come weeks later."""
STORED_STATEMENTS = 8
"""Periods of one account that are answered from the store: the last ones that were asked for, and the daily import's.
Their days are stored once. A statement of more than `HELD_ENTRIES` is not stored."""
SHORT_TEXT_BYTES = 4_096
"""Length of a stored text up to which a window of that size finds all that repeats."""
SHORT_TEXT_ZLIB = 12, 5
"""zlib's `wbits` and `memLevel` for such a text: the window, and half as much for finding it again."""
CACHE_SECONDS = 10 * 366 * 86_400
"""The longest `max-age` that counts; a longer one means the same."""
IDS_AT_ONCE = 400
"""Ids of entries in one query; old versions of SQLite take 999 parameters."""
REENCRYPTED_AT_ONCE = 400
"""Stored values that one transaction encrypts anew when a new vault key has come: others wait for milliseconds."""
CHANGES_AT_ONCE = 1000
"""Entries in one answer about changes."""
DAYS_REMEMBERED = timedelta(days=400)
"""Age at which the digests of final days are deleted."""
RESTATEMENT_SHOWN_FOR = timedelta(days=8)
"""Time for which each statement that contains a restated day names it: longer than any row of days that are no business
days, so that an ERP that reads on each of these meets it, and longer than the week that it reads again."""
COMPARED_CHARACTERS = 4_096
"""Characters of a row's texts that are searched for words that repeat; they have some hundred, and a bank may send any
number."""
REMEMBERED_TEXTS = 4096
"""Texts of banks whose meaning one table remembers; when there are more, all are forgotten."""
REMEMBERED_TEXT_CHARACTERS = 1024
"""Length of the longest of these texts, all parts of a tuple together."""
MARKS_IN_A_ROW = 30
"""Combining marks on one letter that are normalised together, as in Unicode's stream-safe form."""
KINDS_NAMED = 5
"""Unknown kinds of rows that a warning names."""
KIND_CHARACTERS = 64
"""Part of the name of such a kind, or of a code that is not known, that a text shows; banks' own are shorter."""
RESTATED_DAYS_NAMED = 10
"""Restated days that a warning names; further ones are only counted."""

LEASE_HEARTBEAT_SECONDS = 4.0
"""Interval at which a process renews the leases of its readings; most end before."""
LEASE_STALE = timedelta(seconds=20)
"""Age at which a lease that was not renewed is taken over: its process has died, or has lost the database."""
LEASE_TAKE_SECONDS = 3.0
"""Time for the database to give a lease; then the account is read without one, as where there is one process only."""
LEASE_POLL_SECONDS = 0.25
"""Interval between two looks whether another process has read what is wanted here."""
LEASE_WAIT_SECONDS = 150.0
"""Time that a reading waits for another process's; longer than a statement may take."""
LEASE_PURGE_SECONDS = 60.0
"""Interval between two removals of leases whose processes have died, and of statements that were left for others."""

# The connect page (gateway/pages/connect, gateway/accounts/connect)

CONNECT_SESSION_SECONDS = 30 * 60
"""Time from the making of a session to its end: a person finds certificates and passwords in it."""
CONNECT_CONSENT_SECONDS = 75 * 60
"""Time that a session has from the beginning of a consent flow: banks give an hour for it."""
CONNECT_KEPT = timedelta(days=1)
"""Time for which the result of a session can be asked for after its end."""
CONNECT_SESSIONS_OPEN = 1000
"""Open sessions with which a tenant can make no more of them: hundreds of people may be at it at once."""
CONNECT_ATTEMPTS = 20
"""Times that one session asks a bank: banks block users after a few wrong passwords."""
CONNECT_BODY_BYTES = 512 * 1024
"""Size of a form with its files. It is less than what the framework keeps in memory of one file, so that no key is
ever written to a disk."""
CONNECT_ADDRESSES = 20
"""Addresses in each of a tenant's two lists."""
CONNECT_ADDRESS_CHARACTERS = 1024
"""Length of one of them."""
CONNECT_PATIENCE_SECONDS = 1.0
"""Time that a form waits for its outcome, before a page that shows progress is answered: wrong fields are known by
then."""
CONNECT_STALE = timedelta(minutes=5)
"""Age of work at a bank that is taken to have ended with its process; longer than a verification may last."""
CONNECT_REFRESH_SECONDS = 3
"""Interval between two looks of a page that shows progress."""
CONNECT_WORKS = 64
"""Verifications for connect pages under way in one process; each waits for a bank, and more come again."""
CONNECT_END_SECONDS = 10.0
"""Time that verifications under way get when the process stops."""
CONNECT_DAYS = 30
"""Days before today that are shown once an account is enabled."""
CONNECT_MOVEMENTS = 8
"""Movements of them that are shown, the newest."""
CONNECT_FIELD_CHARACTERS = 200
"""Length of a short field of the account; the interface for programs has the same."""

# Credentials

CREDENTIAL_CHARACTERS = 64 * 1024
"""Length of one credential field; the longest real ones are certificate chains of a few thousand characters."""
CERTIFICATE_CHARACTERS = 64 * 1024
"""Length of a certificate chain; one of four certificates has about eight thousand characters."""
CREDENTIAL_CHECK_THREADS = 1
"""Threads that check credentials. A check takes a few milliseconds; more at once would take the processor from
others."""
PRIVATE_KEY_CHARACTERS = 8 * 1024
"""Length of a private key in PEM. RSA of 4096 bits has 3,300 characters, and some tools write attributes before it."""
PRIVATE_KEYS_KEPT = 256
"""Parsed private keys that are kept in memory."""
PEM_BLOCKS = 16
"""Blocks of a PEM text; no real chain is longer."""
PKCS12_CHARACTERS = 64 * 1024
"""Length of a PKCS#12 file in base64; with a chain it has some thousand characters."""
PKCS12_SECONDS = 20.0
"""Deadline of the child process that opens a PKCS#12 file. It runs at the lowest priority."""
PKCS12_PROCESSOR_SECONDS = 3
"""Processor time of such a child process."""
PKCS12_PROCESSES = 2
"""Such child processes at a time."""
TRIALS_KEPT = timedelta(days=1)
"""Age at which tokens of credentials that were never enabled are deleted."""

# One statement

STATEMENT_ATTEMPTS = 2
"""Readings of one statement: a list that moved while it was read is read once more."""
STATEMENT_REQUESTS = 20_000
"""Requests of one statement, for a bank that always announces more: a million entries at the smallest largest page, 50
entries. They take no memory, and their time has a limit of its own."""
STATEMENT_BYTES = 2 * 1024 * 1024 * 1024
"""All answers of one statement. A million entries have 0.2 to 1.2 gigabytes, by the bank. It bounds the time and the
disk that a bank without an end can take; pages that are handed over take no memory."""
OPTIONAL_ANSWER_SECONDS = 3.0
"""Time for a call without whose answer a statement is given all the same, such as the present available balance: a bank
that answers takes less than a second, and callers should not wait long for something that they may not need."""
MEGABYTE_SECONDS = 0.5
"""Time by which the deadline of a statement is put off for each megabyte of answers: a megabyte has about a thousand
entries, which take a tenth of a second to check on a slow machine, and longer while others are at work. Small
statements keep to the deadline; what a bank sends more slowly than this gives no time."""
REQUESTS_AHEAD = 3
"""Requests of a reading that are sent before their flow comes to them, beside the one whose answer it waits for. With
four at a time a month of days is read in a quarter of the time, and half of the account's slots remain free."""
AHEAD_BYTES = 4 * 1024 * 1024
"""Answers that may wait in memory for their flow: as many requests are sent ahead as have room, each answer taken to be
as large as the largest that has come."""
KEPT_BYTES = 128 * 1024 * 1024
"""Answers that a connector has received since it last handed a page over, because it may keep them all, with some 600
megabytes: rows and what is made of them take four to five times their bytes. It bounds memory alone. Where a bank's
pages are handed over as they come, a million entries keep no more than a page of it; two of the largest answers
(`ANSWER_BYTES`), such as two months without pages, have half of it."""
FIRST_DAY = date(2000, 1, 1)
"""The earliest day of a statement. No bank has kept older days for an interface; a year such as 0206 is a mistake."""
PERIOD_DAYS = 731
"""A period of up to two years, both ends included, is never refused as too long."""
PERIOD_WINDOWS = 60
"""Windows that a longer period may need: five years of months, the deepest history that a bank documents."""
PERIOD_QUOTA_SECONDS = 120
"""Time in which the documented quota must suffice for one statement; a longer one would not meet its deadline. Of a
quota with a longer window a statement may use up all calls."""
READ_BACK_DAYS = (7, 31, 92)
"""Numbers of days before a statement that are read to find where the balances agree, tried in this order."""
READ_BACK_SINGLE_DAYS = 10
"""Single days that the binary search for an older difference reads: enough for all days that are kept."""
READ_BACK_SECONDS = 60.0
"""Deadline of reading back, if the statement's own does not come first; the next statement tries again."""
READINGS_PER_CLIENT = 4
"""Readings under way with one client at a bank that limits what a reading calls, 2 of one tenant: their first calls fit
into the smallest documented quota."""
READINGS_WAITING_PER_CLIENT = 32
"""Readings that wait for one client, 16 of one tenant; more would not be served before their deadlines."""
READINGS_RETRY_AFTER_SECONDS = 60
"""`retry_after` of a reading that found no room: most documented limits are by the minute."""

# Tokens

TOKEN_EARLY = timedelta(seconds=30)
"""A token is renewed this long before it expires, or after nine tenths of a shorter life."""
TOKEN_LIFE_SECONDS = 365 * 24 * 3600
"""Life of a token, whatever longer life the bank declares."""
ASSERTION_LIFE = timedelta(minutes=10)
"""Life of a signed assertion. Banks that name a limit allow 15 minutes; the rest is margin for clocks that disagree."""
ASSERTION_BACKDATED = timedelta(seconds=30)
"""A signed assertion begins this long before now, for a bank whose clock is behind ours."""
TOKEN_RENEWAL_SECONDS = 120.0
"""A renewal starts no request later than this after its beginning. It has its own deadline because many callers share
it."""
TOKEN_RENEWAL_GRACE_SECONDS = 60.0
"""Additional time for a request under way, because its answer may bring the only successor of a refresh token."""
TOKEN_HEARTBEAT_SECONDS = 20.0
"""Interval at which a long renewal renews its claim; well below `TOKEN_CLAIM_STALE`."""
TOKEN_CLAIM_STALE = timedelta(seconds=60)
"""Age at which a claim that was not renewed is taken to belong to a process that died."""
TOKEN_CLAIMS = 3
"""Claims of one renewal that may be lost to other processes, one after the other."""
TOKEN_POLL_SECONDS = 0.5
"""Interval between two looks at a renewal that another process has claimed."""
TOKEN_CLAIM_WAIT_SECONDS = 120.0
"""Time that a renewal waits for another process's claim."""
RENEWAL_ROUND = timedelta(hours=1)
"""Interval between the starts of two rounds of renewals, by the gateway's clock."""
ROUND_LOOK_SECONDS = 1.0
"""Interval between two looks at the clock that says when a round begins; it jumps where it is the simulators'."""
RENEWAL_WAIT_SECONDS = 300.0
"""Time that a round waits for one renewal: a conversation may last three minutes, another process's claim two."""
RENEWALS_PER_TENANT = 4
"""Renewals of one tenant under way in a round; statements need the line more."""
RENEWALS_AT_ONCE = 16
"""Renewals of all tenants under way in a round."""

# The daily import

IMPORTS_AT_ONCE = 8
"""GATEWAY_IMPORTS_AT_ONCE: imports under way in one process. A bank takes 96 calls at once, of which callers have the
most."""
IMPORT_OVERLAP_DAYS = 7
"""Days before the last imported one that are read again: no bank documents how far back it restates, and a long weekend
with a late entry lies within them."""
IMPORT_ROUND = timedelta(minutes=5)
"""Interval between the starts of two looks for what is due, by the gateway's clock."""
IMPORT_PAGE = 500
"""Accounts of one page of such a look."""
IMPORT_SPREAD_SECONDS = 3600
"""Time after the hour of a bank over which the first attempts of its accounts are spread."""
IMPORT_LATE = timedelta(hours=2)
"""Time after the hour of a bank after which an account that was not imported is late."""
IMPORT_CLAIM_STALE = timedelta(seconds=20)
"""Age of its claim at which an import belongs to a process that has died, by the gateway's clock. Where a process that
lives is taken for dead, the lease still keeps its reading from being made twice. Its job is given to others after
`QUEUE_STALLED_SECONDS`, which begin up to ten seconds earlier: so the claim is stale by then."""
IMPORT_CLAIM_RENEWAL_SECONDS = 5.0
"""Interval between two renewals of the claim of an import."""
IMPORT_KEPT_LOOK_SECONDS = 1.0
"""Interval between two looks of an import whether the entries of its statement have been kept."""
IMPORT_ATTEMPTS = 12
"""Attempts of one account on one business day."""
IMPORT_RETRY_SECONDS = 300
"""Pause after a failure that names none; it doubles with each attempt."""
IMPORT_LOOK_SECONDS = 3600
"""Time after which a bank is asked again that was not ready at its hour."""
IMPORT_LOOKS = 4
"""Attempts of a day after which an import is done although its bank was not ready."""
IMPORT_LONGEST_RETRY_SECONDS = 3600
"""Longest such pause, where the failure names no longer one."""
IMPORT_LONGEST_WAIT = timedelta(hours=25)
"""Longest time until a next attempt, with an hour for clocks that differ: no failure and no bank names more than a day.
An attempt that lies further ahead, and an import that was done after tomorrow, were dated by a clock that was wrong."""

# Jobs

QUEUE_JOBS = 10_000
"""Jobs that wait in one process. What is due stands in the database, so that a job that finds no room comes again."""
QUEUE_LOOK_SECONDS = 1.0
"""Interval between two looks at the gateway's clock, which jumps where it is the simulators'."""
QUEUE_AGAIN_SECONDS = 5.0
"""Time after which a queue whose database has failed is asked for jobs again."""
QUEUE_CONNECTIONS = 4
"""Connections of one process to PostgreSQL for its jobs, beside `DATABASE_CONNECTIONS`; one of them listens."""
QUEUE_STALLED_SECONDS = 30.0
"""Age of a process's heartbeat at which its jobs are given to others."""
QUEUE_STOP_SECONDS = 20.0
"""Time that jobs under way have to end when a process stops; afterwards they are handed back."""

# The line to a bank

BANK_CALLS = 96
"""Calls under way at one bank; 48 of one tenant, 8 of one account. As many accounts of one tenant have room as a
breaker must see fail."""
BANK_CALLS_WAITING = 1536
"""Calls that wait for a slot at one bank; 768 of one tenant, 128 of one account."""
BANK_CALLS_SHARE = 6
"""One account has at most one part in so many of its tenant's slots and of its tenant's room to wait."""
BANK_CALLS_RETRY_AFTER_SECONDS = 5
"""`retry_after` of a call that found no room to wait."""
HANDSHAKES_PER_HOST = 16
"""Connections that are being opened to one host; 8 of one tenant."""
HANDSHAKES_WAITING_PER_HOST = 384
"""Requests that wait to open a connection, 192 of one tenant: more than the bulkhead lets through."""
HANDSHAKE_WAIT_SECONDS = 10.0
"""Time that a request waits to open a connection, at a host whose handshakes take too long."""
NAME_LOOK_UPS_AT_ONCE = 32
"""Threads that look names of banks up, four of one name; names that nobody answers for leave some for the others."""
NAME_LOOK_UPS_SHARE = 4
"""One name has at most one part in so many of half of these threads."""
NAME_ADDRESSES = 6
"""Addresses of one name that are tried for one connection."""
NEXT_ADDRESS_SECONDS = 0.25
"""Time after which the next address is tried beside one that has not answered (RFC 8305)."""
DEFAULT_DEADLINE_SECONDS = 120.0
"""Time until the deadline of a request that names none."""
CALL_ATTEMPTS = 3
"""Attempts of one request, the first included."""
FIRST_RETRY_SECONDS = 0.2
"""Pause between the first two attempts, without jitter."""
LONGEST_RETRY_SECONDS = 2.0
"""Longest pause between two attempts, without jitter."""
SHORTEST_ATTEMPT_SECONDS = 1.0
"""No attempt begins when less time is left before the deadline: it may begin with a TLS handshake."""
ATTEMPT_SECONDS = 45.0
"""Deadline of one attempt, from its beginning to the last byte, against a bank that sends byte by byte."""
CONNECT_SECONDS = 5.0
"""Time to open a connection to a bank."""
READ_SECONDS = 30.0
"""Time between two parts of an answer."""
SEND_SECONDS = 10.0
"""Time until a part of a request is taken, and until a connection is free."""
ANSWER_BYTES = 32 * 1024 * 1024
"""One answer, unpacked. The largest documented page, 10,000 rows, has about a third of it."""
ANSWER_HEAD_BYTES = 32 * 1024
"""Status line and headers of an answer, with the interim answers (1xx) before it: four times what proxies let
through. They cost more processor time than any other bytes."""
ANSWER_HEAD_STEP_BYTES = 4 * 1024
"""Part of it that is read at once: more than an ordinary head has."""
ANSWER_PARTS = 20_000
"""Parts in which an answer may arrive however small they are: they cost a third of a second of processor time."""
ANSWER_PART_BYTES = 64
"""Bytes that those of an answer in more parts have on average: fewer than any row of a statement."""
UNPACK_STEP_BYTES = 256 * 1024
"""Bytes that one step unpacks."""
LONGEST_SLEEP_SECONDS = 3600.0
"""Longest single timer; a longer wait sets another one, because some event loops refuse an endless timer."""
CONNECTION_POOLS = 256
"""Pairs of host and client certificate whose connections are kept."""
CONNECTIONS_PER_POOL = 64
"""Connections of one pool: more than the bulkhead lets through to a bank for a tenant, so that no call queues for one.
As many are kept alive: otherwise the HTTP library would close each after use and every request would begin with a
handshake."""
CONNECTION_IDLE_SECONDS = 30.0
"""Time after which an idle connection to a bank is closed."""
TLS_CONTEXT_THREADS = 2
"""Threads that make TLS contexts, apart from the event loop's own threads, where slow look-ups of host names run."""
BREAKER_FAILURES = 15
"""Failed attempts in a row before a circuit opens."""
BREAKER_ACCOUNTS = 5
"""Different accounts that these failures must come from."""
BREAKER_FAILURES_OF_ONE_TENANT = (BREAKER_FAILURES + 1) // 2
"""Failures of one tenant that count in the judgement whether a host is down for all; two tenants can show it."""
BREAKER_FIRST_OPEN_SECONDS = 10.0
"""Time that a circuit stays open the first time."""
BREAKER_LONGEST_OPEN_SECONDS = 300.0
"""Longest time that a circuit stays open."""
BREAKER_JITTER_PART = 0.2
"""Part of that time that is taken off at random, so that several gateways do not probe in step."""
QUOTA_MARGIN_SECONDS = 1.0
"""Time that a call counts beyond the window of the limit after its answer: clocks of machines differ a little."""
QUOTA_GROUPS = 100
"""Calls of a quota that are stored one by one; the ended calls of a larger one are stored in about as many groups."""
QUOTA_FULL_SECONDS = 60.0
"""Time for which a quota that other processes have used up is taken for full without asking again: some of their calls
may turn out not to have been sent."""
QUOTA_ROOM_LOOK_SECONDS = 0.5
"""Interval between two looks whether other processes have fewer calls under way."""
QUOTA_SWEEP_SECONDS = 60.0
"""Interval between two removals of quotas that count nothing any more."""
QUOTA_CLOSED_SECONDS = 300.0
"""Longest time for which a client is refused at an operation, also when the bank asks for longer."""
QUOTA_UNWANTED_SECONDS = 86_400.0
"""Longest time for which a bank's request for a pause is remembered."""
QUOTA_CALL_SECONDS = ATTEMPT_SECONDS + 15.0
"""Time after which a reserved call is certainly over; it is sent a few seconds after its reservation. One that was
given up may be under way at the bank for as long."""
QUOTA_LOOK_SECONDS = 5.0
"""Time after which a call looks again that waits behind others that are still being reserved."""
BANK_RETRY_AFTER_SECONDS = 24 * 3600
"""Longest wait that a bank's own header is trusted to ask for."""

HOLD_LOOK_SECONDS = 2.0
"""Interval between two looks for what banks without a limit have said to other processes."""
HOLDS_READ_AT_ONCE = 10_000
"""Clients that one look finds told to wait, the last ones first."""

# Storage

DATABASE_LOCK_SECONDS = 5
"""Time to wait for a lock that another holds. Then the caller gets `storage_unavailable` and may come again."""
DATABASE_POOL_SECONDS = 10
"""Time to wait for a free connection."""
DATABASE_ATTEMPTS = 3
"""Times that a transaction is run which PostgreSQL undoes because of another one."""
DATABASE_AGAIN_SECONDS = 0.05
"""Pause before it is run again: the other one gets the lock that it waits for meanwhile, and does not meet it again."""
DATABASE_SILENCE_SECONDS = 10
"""Time after which a connection to PostgreSQL is given up whose other end gives no sign of itself, because its machine
has vanished: without it the system waits for a quarter of an hour."""
DATABASE_READ_SECONDS = 30.0
"""Time for the whole of a transaction that only reads; then its caller is told that the database does not answer."""
DATABASE_CONNECT_SECONDS = 10
"""Time to connect to PostgreSQL: a server that is away is noticed at the start, and not after minutes."""
SERVER_CLOCK_SECONDS = 10.0
"""Interval between two looks at the clock of PostgreSQL: well below the age at which any claim is stale, so that after
a change of servers no process judges claims by the former one's."""
SERVER_CLOCK_TRIP_SECONDS = 1.0
"""Duration of such a look after which what was known before is the better figure."""
CLOCK_DIFFERENCE_SECONDS = 2.0
"""Difference between the machine's clock and that of PostgreSQL that is told; clocks that are kept differ by less."""
BANK_CLOCK_SECONDS = 60.0
"""Difference between our time and that of a bank's refusal that the log tells: what was signed may be why."""
DATABASE_CONNECTIONS = 4
"""Connections to the database: of the thread that reads, of the one that writes, and of the probe at the start."""
STATE_LOOK_SECONDS = 5.0
"""Time to find out whether the embedded database holds secrets, before it is opened."""
NAMES_COMPLETED = 200
"""Names that a shell is given to complete one that was begun; more would fill the screen."""
NAMES_SECONDS = 0.2
"""Time to find them in the embedded database: somebody has pressed a key and waits."""
VAULT_CHECK_BYTES = 32 * 1024
"""Size of the test value that shows whether the database has room left."""
VAULT_VALUES_TRIED = 1000
"""Encrypted values of each kind that are tried where an earlier version left no check value."""
CHANGE_HEARTBEAT_SECONDS = 4.0
"""Interval at which a change of an account renews its claim."""
CHANGE_STALE = timedelta(seconds=20)
"""Age at which a claim that was not renewed is taken to belong to a process that died."""
CHANGE_POLL_SECONDS = 0.5
"""Interval between two looks at another process's change."""
CHANGE_WAIT_SECONDS = 150.0
"""Time that a change waits for another process's; longer than a verification may last."""
QUOTA_RESERVE_SECONDS = 5.0
"""Time for the database to reserve a call."""
QUOTA_CLOSE_SECONDS = 10.0
"""Time for the writes that are left when the gateway stops."""
QUOTA_ROWS_KEPT = timedelta(days=32)
"""Age at which a row that was not changed is deleted: the longest window is a month."""
QUOTA_PURGE_SECONDS = 3600.0
"""Interval between two removals of such rows."""

# Texts of banks, in failures and in the log

BANK_MESSAGE_CHARACTERS = 300
"""Length of a bank's own message in a failure."""
REFUSAL_BYTES = 64 * 1024
"""Part of a bank's refusal that is read; no API sends a longer one."""
REFUSAL_CHARACTERS = 4096
"""Part of a refusal's text that is searched for the bank's message."""
REFUSAL_TEXTS = 5
"""Texts of a list that are taken for the bank's message."""
REFUSAL_OBJECTS = 32
"""An answer without entries has fewer objects; one with more is not searched for a failure beside its lists."""
CREDIBLE_YEARS = range(1994, 2200)
"""Years of entries, from that of the first reais on. Programs fill in instants of others where they know none."""
REFUSAL_LEVELS = 16
"""Nesting levels of a refusal that are searched."""
REDACTED_CHARACTERS = 16_384
"""Part of a text that is searched for secrets; the rest is cut off."""
LOG_VALUE_LEVELS = 8
"""Nesting levels of a value in the log; deeper ones are left out."""
LOG_CAUSES = 5
"""Exceptions of one chain of causes that the log names."""
