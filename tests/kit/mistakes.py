"""Fourteen mistakes of authors of stores, each as lines of the repair shop's own code, and the test that finds it."""

from collections.abc import Mapping

from attrs import frozen

__all__ = ["MISTAKES", "Mistake"]


@frozen
class Mistake:
    """What is wrong, the known-bad store with the same fault, the contract test that fails, and the changed lines.

    `lines` are (file, text, text instead); a file without a text to replace is one to which lines are added.
    """

    store: str
    failing: str
    lines: tuple[tuple[str, str, str], ...]


def _card(kind: str, change: str) -> tuple[tuple[str, str, str], ...]:
    """Something happens to the records of one kind before they are written down."""
    return (
        ("cards.py", "import json\n", f"import json\nfrom attrs import evolve\nfrom crmcore import {kind}\n"),
        (
            "cards.py",
            "    return json.dumps(dump_record(record), ensure_ascii=False)",
            f"    if isinstance(record, {kind}):\n"
            f"        record = evolve(record, {change})\n"
            "    return json.dumps(dump_record(record), ensure_ascii=False)",
        ),
    )


_FIELDS = "test_a_commit_keeps_every_field"

MISTAKES: Mapping[str, Mistake] = {
    "LIMIT before the filter": Mistake(
        "LimitFirstStore",
        "test_a_limit_counts_the_leads_that_are_offered",
        (
            (
                "reading.py",
                '"SELECT ref FROM enquiry WHERE waiting AND ref > ? AND ref % ? = ?"',
                '"SELECT ref FROM (SELECT ref FROM enquiry WHERE waiting AND ref > ? ORDER BY ref LIMIT ?)"\n'
                '            " WHERE ref % ? = ?"',
            ),
            (
                "reading.py",
                '" ORDER BY ref LIMIT ?",\n            (wanted.after or 0, parts, part,',
                '" ORDER BY ref",\n            (wanted.after or 0, wanted.limit, parts, part,',
            ),
            ("reading.py", "listed(wanted.without), self.epoch, wanted.limit)", "listed(wanted.without), self.epoch)"),
        ),
    ),
    "an unchanged row keeps its version": Mistake(
        "UnchangedRowsStore",
        "test_a_record_that_is_written_unchanged_moves_its_version",
        (("writing.py", 'card = excluded.card"', 'card = excluded.card WHERE card <> excluded.card"'),),
    ),
    "BEGIN left to the driver": Mistake(
        "DriverBeginStore",
        "test_no_other_handle_commits_between_check_and_write",
        (
            ("database.py", "timeout=patience, isolation_level=None, check", "timeout=patience, check"),
            ("database.py", "                self._sql.execute(begin)\n", ""),
            ("database.py", 'self._sql.execute("COMMIT")', "self._sql.commit()"),
        ),
    ),
    "contact fields without a column": Mistake(
        "ContactColumnsStore", _FIELDS, _card("Contact", "birth_date=None, job_title=None")
    ),
    "activity texts without a column": Mistake(
        "ActivityTextsStore", _FIELDS, _card("Activity", "subject=None, description=None")
    ),
    "deadlines cut to the minute": Mistake(
        "MinuteDeadlinesStore",
        _FIELDS,
        _card("Activity", "deadline=record.deadline and record.deadline.replace(second=0, microsecond=0)"),
    ),
    "bindings of deleted leads cascade away": Mistake(
        "CascadingStore",
        "test_a_binding_to_a_deleted_lead_stays",
        (
            (
                "writing.py",
                "    _note_fates(sql, changes)\n\n",
                "    _note_fates(sql, changes)\n"
                "    gone = [(ref,) for ref, lead in changes.leads.items() if not isinstance(lead, Lead)]\n"
                "    sql.executemany(\"DELETE FROM task_about WHERE kind = 'lead' AND ref = ?\", gone)\n\n",
            ),
        ),
    ),
    "the trace of an unbinding has no place": Mistake(
        "TracelessStore", "test_what_a_person_unbound_leaves_its_trace", _card("Activity", "unbound=frozenset()")
    ),
    "titles stripped": Mistake(
        "StrippedTitlesStore", _FIELDS, _card("Lead", "title=record.title and record.title.strip()")
    ),
    "an IN list cut at 500": Mistake(
        "CutListsStore",
        "test_long_lists_are_answered_as_the_reference_answers_them",
        (("cards.py", "return json.dumps(list(refs))", "return json.dumps(list(refs)[:500])"),),
    ),
    "match keys written in a transaction after the commit": Mistake(
        "LateKeysStore",
        "test_a_commit_that_is_cut_off_anywhere_is_whole_or_nothing",
        (
            (
                "writing.py",
                "    for kind in (Kind.LEAD, Kind.CONTACT, Kind.COMPANY):\n"
                "        for ref, record in written[kind].items():\n"
                "            _note_addresses(sql, kind, ref, record)\n",
                "",
            ),
            (
                "writing.py",
                "def _after(",
                "def note(sql, changes):\n"
                "    for part in (changes.leads, changes.contacts, changes.companies):\n"
                "        for ref, record in part.items():\n"
                "            kind = getattr(record, 'kind', None) or Kind(type(record).__name__.lower())\n"
                "            _note_addresses(sql, kind, ref, record)\n\n\n"
                "def _after(",
            ),
            ("book.py", "import stale, write", "import note, stale, write"),
            (
                "book.py",
                "            write(sql, changes)\n",
                "            write(sql, changes)\n        with self.database.writing() as sql:\n"
                "            note(sql, changes)\n",
            ),
        ),
    ),
    "settings cached in the process": Mistake(
        "CachedSettingsStore",
        "test_two_handles_see_each_others_commits",
        (
            ("reading.py", "def answer(sql: sqlite3.Connection, query: Query)", "def answer(sql, query, cache)"),
            ("reading.py", "reader = _Reader(sql)", "reader = _Reader(sql, cache)"),
            ("reading.py", "def __init__(self, sql: sqlite3.Connection) -> None:", "def __init__(self, sql, cache):"),
            (
                "reading.py",
                "self.settings: Settings = records(sql, Kind.SETTINGS, (0,))[0][0]",
                'if "settings" not in cache:\n'
                '            cache["settings"] = records(sql, Kind.SETTINGS, (0,))[0][0]\n'
                '        self.settings = cache["settings"]',
            ),
            (
                "book.py",
                "        self.database = database\n",
                "        self.database = database\n        self.cache = {}\n",
            ),
            ("book.py", "return answer(sql, query)", "return answer(sql, query, self.cache)"),
            (
                "book.py",
                "            write(sql, changes)\n",
                "            write(sql, changes)\n        if changes.settings is not None:\n"
                '            self.cache["settings"] = changes.settings\n',
            ),
        ),
    ),
    "keys compared without case": Mistake(
        "LooseKeysStore",
        "test_command_keys_that_look_alike_are_different_keys",
        (
            (
                "schema.sql",
                "CREATE TABLE request (ref TEXT PRIMARY KEY,",
                "CREATE TABLE request (ref TEXT COLLATE NOCASE PRIMARY KEY,",
            ),
        ),
    ),
    "the host's own columns keep what was erased": Mistake(
        "ErasedColumnsStore",
        "test_nothing_of_what_was_erased_is_left_in_the_database",
        (
            (
                "schema.sql",
                "-- What a task is about.",
                "CREATE TABLE front_desk (ref INTEGER PRIMARY KEY, line TEXT);\n",
            ),
            (
                "writing.py",
                "    _note_fates(sql, changes)\n\n",
                "    _note_fates(sql, changes)\n"
                "    lines = [(ref, lead.title) for ref, lead in changes.leads.items() if isinstance(lead, Lead)]\n"
                '    sql.executemany("INSERT OR REPLACE INTO front_desk VALUES (?, ?)", lines)\n\n',
            ),
        ),
    ),
}
