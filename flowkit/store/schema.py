"""The tables, as they are at the newest migration. Moments are whole microseconds since 1970 in UTC; bodies are JSON text.

Every row of `tasks`, `timers` and `case_index` is derived from a case and could be written again from its history.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    literal_column,
)

METADATA = MetaData()

TIED = "@"
"Before an actor or pool: the name in the index under which the cases stand that have to do with it. No field begins so."

LATE, IS_LATE = "case.late", "1"
"The name in the index under which late cases stand, and what it holds then. No field is called so."

LATEST = 2**62
"A due moment later than all: where there is no deadline."


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=primary_key)


def _moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


CASES = Table(
    "cases",
    METADATA,
    _text("id", primary_key=True),
    _text("workflow"),
    _text("version"),
    _text("number"),
    # The series its number was taken from (a workflow's day) and which one it was: the next is one more.
    _text("series", nullable=True),
    Column("serial", Integer, nullable=True),
    _text("node"),
    Column("visit", Integer, nullable=False),
    _text("unit", nullable=True),
    _text("applicant"),
    _text("owner"),
    _moment("created"),
    _moment("due", nullable=True),
    _moment("ended", nullable=True),
    _text("outcome"),
    Column("incident", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    _text("head"),
    _text("body"),
    Index("cases_number", "number"),
    Index("cases_serial", "series", "serial", unique=True),
    Index("cases_unit", "unit", "id"),
    Index("cases_workflow", "workflow", "id"),
)

HISTORY = Table(
    "history",
    METADATA,
    _text("case_id", primary_key=True),
    Column("sequence", Integer, primary_key=True),
    _text("body"),
    _text("hash"),
)

# A case's tasks and timers are numbered from 0 in their sorted order: the next step writes over them in place, so a step
# needs one statement a table. A slot that has become empty holds NULL until it is needed again or the case ends.
TASKS = Table(
    "tasks",
    METADATA,
    _text("case_id", primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("visit", Integer, nullable=False),
    _text("kind", nullable=True),
    _text("holder", nullable=True),
    Index("tasks_holder", "holder", "kind"),
    sqlite_with_rowid=False,
)

TIMERS = Table(
    "timers",
    METADATA,
    _text("case_id", primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("visit", Integer, nullable=False),
    _text("name", nullable=True),
    Column("n", Integer, nullable=False),
    _moment("due", nullable=True),
    Column("attempts", Integer, nullable=False),
    Index("timers_due", "due"),
    sqlite_with_rowid=False,
)

INBOX = Table(
    "inbox",
    METADATA,
    _text("key", primary_key=True),
    _text("case_id"),
    _text("kind"),
    _text("body"),
    _moment("due", nullable=True),
    Column("attempts", Integer, nullable=False),
    _text("error"),
    Index("inbox_due", "due"),
    Index("inbox_case", "case_id"),
)

# `lease`: until when it is left to whoever has claimed it. One that has run out tells that nobody knows what became of a
# try; so does `IN_DOUBT` where the try itself came back and could not say. 0: whatever was tried had no effect, or all is known.
# `state`: pending, done, dropped, dead; or standing: the other side has it, under the reference in `error`, until the visit is over.
IN_DOUBT = 1
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    _text("case_id"),
    Column("visit", Integer, nullable=True),
    _text("lane"),
    _text("kind"),
    _text("body"),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _moment("due"),
    _moment("lease"),
    Column("token", Integer, nullable=False),
    _text("error"),
    Index("outbox_case", "case_id"),
)
DUE_AT = func.coalesce(CASES.c.due, literal_column(str(LATEST)))
"When it is due; what has no deadline, after all that has one."
# `due` and `ended` stand in these as well, so that a lane is counted without reading a row of it.
Index("cases_lane", CASES.c.workflow, CASES.c.node, DUE_AT, CASES.c.id, CASES.c.due, CASES.c.ended)
Index(
    "cases_urgent",
    CASES.c.workflow,
    DUE_AT,
    CASES.c.id,
    CASES.c.due,
    CASES.c.ended,
    sqlite_where=CASES.c.ended.is_(None),
    postgresql_where=CASES.c.ended.is_(None),
)
Index("cases_unit_lane", CASES.c.workflow, CASES.c.unit, CASES.c.node, DUE_AT, CASES.c.id, CASES.c.due, CASES.c.ended)
Index(
    "cases_unit_urgent",
    CASES.c.workflow,
    CASES.c.unit,
    DUE_AT,
    CASES.c.id,
    CASES.c.node,
    CASES.c.due,
    CASES.c.ended,
    sqlite_where=CASES.c.ended.is_(None),
    postgresql_where=CASES.c.ended.is_(None),
)
Index("cases_open", CASES.c.workflow, CASES.c.version, sqlite_where=CASES.c.ended.is_(None))
Index(
    "outbox_open", OUTBOX.c.due, sqlite_where=OUTBOX.c.state == "pending", postgresql_where=OUTBOX.c.state == "pending"
)
Index(
    "outbox_standing",
    OUTBOX.c.case_id,
    sqlite_where=OUTBOX.c.state == "standing",
    postgresql_where=OUTBOX.c.state == "standing",
)
Index(
    "outbox_lane",
    OUTBOX.c.lane,
    OUTBOX.c.id,
    sqlite_where=OUTBOX.c.state == "pending",
    postgresql_where=OUTBOX.c.state == "pending",
)

KEYS = Table(
    "keys",
    METADATA,
    _text("actor", primary_key=True),
    _text("key", primary_key=True),
    _text("digest"),
    _text("result"),
    sqlite_with_rowid=False,
)

# `source` is the digest of the row of the app's file that gives a record, "" where none does; `given` the names of the fields
# it fills; `gone`: a file gave it once and does so no more, and nobody has imported it.
RECORDS = Table(
    "records",
    METADATA,
    _text("entity", primary_key=True),
    _text("key", primary_key=True),
    _text("body"),
    _text("source"),
    # Of records that are held in memory, at which count of `people` it became what it is; else 0.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    _text("given"),
    Column("imported", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Index("records_revision", "entity", "revision"),
)

RECORD_LINES = Table(
    "record_lines",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("entity"),
    _text("key"),
    _text("field"),
    _text("body"),
    Index("record_lines_of", "entity", "key", "field"),
)

PERSONAL = Table(
    "personal",
    METADATA,
    _text("ref", primary_key=True),
    _text("subject"),
    _text("ciphertext"),
    # Only of the keys of uploads, whose ref is the upload's id: the case that has taken it, "" while none has.
    _text("case_id", nullable=True),
    Index("personal_subject", "subject"),
)
UNUSED = PERSONAL.c.case_id == ""
Index("personal_unused", PERSONAL.c.ref, sqlite_where=UNUSED, postgresql_where=UNUSED)

PERSON_KEYS = Table(
    "person_keys",
    METADATA,
    _text("subject", primary_key=True),
    _text("key"),
    sqlite_with_rowid=False,
)

# `open` is 1 while the case has not ended, so that what is open is found however much has ended. Of ties it always tells the
# truth; a value of a field that no version knows any more may keep it.
CASE_INDEX = Table(
    "case_index",
    METADATA,
    _text("case_id", primary_key=True),
    _text("name", primary_key=True),
    _text("text", nullable=True),
    Column("number", Float, nullable=True),
    _moment("time", nullable=True),
    _text("digest", nullable=True),
    Column("open", Integer, nullable=True),
    Index("case_index_text", "name", "text", "open"),
    Index("case_index_number", "name", "number"),
    Index("case_index_time", "name", "time"),
    sqlite_with_rowid=False,
)

# By what records are found besides their key, of the fields that the app says; what may be personal stands as a digest.
RECORD_INDEX = Table(
    "record_index",
    METADATA,
    _text("entity", primary_key=True),
    _text("key", primary_key=True),
    _text("name", primary_key=True),
    _text("text", nullable=True),
    Index("record_index_text", "entity", "name", "text"),
    sqlite_with_rowid=False,
)

# Revisions (`people`): what is held in memory is read again when its counter has moved.
COUNTERS = Table(
    "counters",
    METADATA,
    _text("name", primary_key=True),
    Column("value", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

DEFINITIONS = Table(
    "definitions",
    METADATA,
    _text("hash", primary_key=True),
    _text("workflow"),
    _text("closure"),
)

# Who stands in for whom. Rows are ended, never deleted; `revision` as that of records.
SUBSTITUTIONS = Table(
    "substitutions",
    METADATA,
    _text("id", primary_key=True),
    _text("person"),
    _text("substitute"),
    _text("body"),
    Column("revision", BigInteger, nullable=False),
    Index("substitutions_revision", "revision"),
)

# Which cases have counted for a watch under a key, and when: written with the step that made each one count.
WATCH_HITS = Table(
    "watch_hits",
    METADATA,
    _text("watch", primary_key=True),
    _text("key", primary_key=True),
    _text("case_id", primary_key=True),
    _text("at"),
    sqlite_with_rowid=False,
)

# What is due by a schedule, for each record ("" where it is not by record). `begin` is empty while the case that was begun has not
# ended; `n` counts the changes; `basis` tells by which timing it is due; `was` when it was due before the calendar changed.
PLANS = Table(
    "plans",
    METADATA,
    _text("schedule", primary_key=True),
    _text("record", primary_key=True),
    _text("basis"),
    Column("n", Integer, nullable=False),
    _moment("last"),
    _moment("due"),
    _moment("begin", nullable=True),
    _text("case_id"),
    Column("attempts", Integer, nullable=False),
    _text("error"),
    _moment("was", nullable=True),
    Index("plans_begin", "schedule", "begin"),
    Index("plans_due", "schedule", "due"),
)

# Pages that were filed. Their bytes lie with the personal values, under the file's id.
FILES = Table(
    "files",
    METADATA,
    _text("id", primary_key=True),
    _text("case_id"),
    _text("name"),
    _text("title"),
    _text("kind"),
    _text("sha256"),
    Column("size", Integer, nullable=False),
    _moment("created"),
    # Whether its bytes hold personal values in the open.
    Column("personal", Integer, nullable=False, server_default="1"),
    Index("files_case", "case_id"),
)

# What people sent; `body` holds what was measured of it. The key of its bytes lies with the personal values, under the upload's
# id: so a step that takes it writes there alone, and the person it is about erases it.
UPLOADS = Table(
    "uploads",
    METADATA,
    _text("id", primary_key=True),
    _text("uploader"),
    _moment("created"),
    Column("size", BigInteger, nullable=False),
    _text("body"),
)

UPLOAD_PARTS = Table(
    "upload_parts",
    METADATA,
    _text("id", primary_key=True),
    _text("part", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# Who tried what, and was refused: at most so many a day and actor. `case_id` is empty where there is no such case.
REFUSALS = Table(
    "refusals",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _moment("at"),
    Column("day", Integer, nullable=False),
    _text("actor"),
    _text("tried"),
    _text("code"),
    _text("case_id", nullable=True),
    Index("refusals_day", "day", "actor"),
    Index("refusals_case", "case_id"),
)

META = Table(
    "meta",
    METADATA,
    _text("name", primary_key=True),
    _text("value"),
    sqlite_with_rowid=False,
)

# Who may sign in as whom. `password` is what the pages made of it, never the password. `refused` counts wrong tries in a row.
ACCOUNTS = Table(
    "accounts",
    METADATA,
    _text("name", primary_key=True),
    _text("actor"),
    _text("password"),
    Column("refused", Integer, nullable=False),
    _moment("locked_until"),
    _moment("created"),
    Index("accounts_actor", "actor"),
    sqlite_with_rowid=False,
)

# Who is signed in: by the digest of what the browser holds, so that whoever reads this table can be nobody.
SESSIONS = Table(
    "sessions",
    METADATA,
    _text("digest", primary_key=True),
    _text("actor"),
    _moment("begun"),
    _moment("seen"),
    Index("sessions_actor", "actor"),
    Index("sessions_seen", "seen"),
    sqlite_with_rowid=False,
)
