"""The command line on a SQLite file: every command, what it prints, and every way to end.

lines: one table of commands and ways to end, in the order of docs/spec/command-line.md.
"""

import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from crmcore import Crm, LeadId, Refused, SwitchToken, UserId
from crmcore.adapters.cli import main
from crmcore.adapters.cli.work.session import Place
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.document import load_crm
from crmcore.adapters.sql import SqlStore, open_store
from crmcore.adapters.sql.connection.revisions import REVISIONS
from crmcore.application.images import image_of
from crmcore.domain.model.errors import RecordFault, StoreBusy
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.policy import DEFAULT_POLICY
from crmcore.domain.protocol.changes import Changes
from crmcore.sample import activities_file, leads_file
from tests.printed import printed
from tests.ready import CLASSIC, SAMPLE, lay

Json = dict[str, Any]


@frozen
class Ran:
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        document: Json = printed(self.out)
        assert document["exit_code"] == self.code
        return document


class Office:
    """Runs command lines on one file."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = folder / "crm.db"
        self._capsys = capsys

    def __call__(self, *words: str, **options: Any) -> Ran:
        """Run a line with the file as its store."""
        code = main((*words, "--store", str(self.path)), **options)
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)

    def json(self, *words: str) -> Json:
        """The document of a line."""
        return self(*words, "--json").document

    def simple(self) -> None:
        """With a new CRM."""
        lay(self.path, ("init",))

    def classic(self) -> None:
        """With a new Classic CRM."""
        lay(self.path, CLASSIC)

    def filled(self) -> "Office":
        """With a Classic CRM that has the leads of the sample."""
        lay(self.path, CLASSIC, SAMPLE)
        return self

    def store(self, portal: str = "main") -> SqlStore:
        """The store itself."""
        return open_store(f"sqlite:///{self.path}", portal)


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A place where there is no file yet."""
    return Office(tmp_path, capsys)


# A new CRM


@pytest.mark.rule("MODE-2")
@pytest.mark.parametrize("mode", ["classic", "simple", None])
def test_a_new_crm_has_a_mode_and_an_administrator(office: Office, mode: str | None) -> None:
    """Simple unless Classic is asked for; who makes it may do everything."""
    words = () if mode is None else ("--mode", mode)
    document = office.json("init", "--actor", "7", *words)
    assert list(document) == [
        "format", "result", "exit_code", "portal", "mode", "administrator", "refusal", "errors",
    ]  # fmt: skip
    assert (document["format"], document["result"]) == ("crmcore.init/1", "done")
    assert (document["portal"], document["mode"], document["administrator"]) == ("main", mode or "simple", 7)
    with office.store() as store:
        assert store.permissions.rights(UserId(7)).administrator
        assert not store.permissions.rights(UserId(1)).administrator


def test_a_crm_is_made_once(office: Office) -> None:
    """A second one of the same name is a wrong call; one of another name is beside it."""
    assert office("init").code == 0
    again = office.json("init", "--mode", "classic")
    assert (again["exit_code"], again["errors"][0]["code"]) == (2, "portal_exists")
    assert office.json("status")["mode"]["after"] == "simple"
    assert office("init", "--portal", "north", "--mode", "classic").code == 0
    assert office.json("status", "--portal", "north")["mode"]["after"] == "classic"


# In and out


@pytest.mark.rule("IMPORT-1")
def test_an_import_says_what_it_stored(office: Office) -> None:
    """Counts, rows left out, columns without a place, and what names became; the same file again stores nothing."""
    office.classic()
    line = ("import", str(leads_file()), "--activities", str(activities_file()))
    document = office.json(*line)
    assert (document["format"], document["result"]) == ("crmcore.import/1", "done")
    nothing = {"leads": 0, "activities": 0, "contacts": 0, "companies": 0}
    assert document["imported"] == {**nothing, "leads": 30, "activities": 9}
    assert document["unplaced"]
    assert document["names"]["persons"]
    assert document["known"] == nothing
    again = office.json(*line)
    assert again["imported"] == nothing
    assert again["known"] == document["imported"]


@pytest.mark.rule("IMPORT-1")
def test_active_leads_are_not_imported_into_a_simple_crm(office: Office) -> None:
    """The refusal is the domain's."""
    office.simple()
    document = office.json("import", str(leads_file()))
    assert (document["exit_code"], document["refusal"]["code"]) == (1, "classic_only")


def test_a_bad_file_is_refused_with_its_place(office: Office, tmp_path: Path) -> None:
    """Exit 2, and nothing is stored; with `--skip-bad-rows` the good rows go on."""
    office.classic()
    leads = tmp_path / "leads.csv"
    leads.write_text("ID;TITLE\n1;good\nx;bad", encoding="utf-8")
    document = office.json("import", str(leads))
    assert (document["exit_code"], document["errors"][0]["line"]) == (2, 3)
    assert office.json("import", str(leads), "--skip-bad-rows")["imported"]["leads"] == 1
    leads.write_text("ID;TITLE\nx;bad", encoding="utf-8")
    assert office("import", str(leads), "--skip-bad-rows").code == 2
    leads.write_text("ID;TITLE;Stato\n7;good;x", encoding="utf-8")
    assert office("import", str(leads)).code == 2
    document = office.json("import", str(leads), "--all-new")
    assert (document["imported"]["leads"], document["all_new"]) == (1, True)
    assert office("import", str(tmp_path / "missing.csv")).code == 2
    assert office("import", str(tmp_path / "missing.json")).code == 2


@pytest.mark.rule("DATA-3")
@pytest.mark.slow
def test_a_whole_crm_goes_out_and_in_again(office: Office, tmp_path: Path) -> None:
    """The document of a switched CRM, loaded into an empty portal, is the same CRM; its roles and plan stay."""
    office.filled()
    assert office("switch", "--client", "both").code == 0
    document = office.json("export", "--out", str(tmp_path / "out"))
    assert "crm.json" in document["files"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(document["files"])
    crm_file = tmp_path / "out" / "crm.json"
    assert office("init", "--portal", "copy", "--actor", "5").code == 0
    assert office("plan", "set", "without-classic", "--portal", "copy", "--actor", "5").code == 0
    line = ("import", str(crm_file), "--portal", "copy", "--actor", "5")
    assert office.json(*line)["imported"] == {"leads": 30, "activities": 9, "contacts": 28, "companies": 28}
    with office.store() as store, office.store("copy") as copy:
        assert image_of(copy) == image_of(store) == load_crm(crm_file.read_text(encoding="utf-8"))
        assert copy.permissions.rights(UserId(5)).administrator
        assert not copy.plan.has_classic()
    again = office.json(*line)
    assert (again["exit_code"], again["errors"][0]["code"]) == (2, "portal_in_use")
    assert office.json("import", str(crm_file), "--portal", "copy", "--actor", "6")["refusal"]["rule"] == "PERM-6"
    assert office("import", str(crm_file), "--activities", str(activities_file())).code == 2


@pytest.mark.rule("PERM-6")
def test_export_and_audit_ask_for_the_settings_right(office: Office, tmp_path: Path) -> None:
    """A stranger is refused, and no folder is made."""
    office.filled()
    for words in (("export", "--out", str(tmp_path / "out")), ("audit",), ("switch", "--preview"), ("status",)):
        document = office.json(*words, "--actor", "9")
        assert document["refusal"] is not None, words
        assert (document["exit_code"], document["refusal"]["code"]) == (1, "not_permitted"), words
    assert not (tmp_path / "out").exists()


def test_an_export_into_a_wrong_place_is_refused(office: Office, tmp_path: Path) -> None:
    """Exit 2 for a file in the place of the folder and for files of somebody else, exit 4 for a disk that says no."""
    office.filled()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert office("export", "--out", str(tmp_path / "file")).code == 2
    assert office.json("export", "--out", "")["errors"][0]["field"] == "--out"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "leads.csv").write_text("mine", encoding="utf-8")
    (fault,) = office.json("export", "--out", str(tmp_path / "mine"))["errors"]
    assert (fault["code"], fault["file"]) == ("file_exists", str(tmp_path / "mine" / "leads.csv"))
    if Path("/proc/self").is_dir():
        assert office("export", "--out", "/proc/self/crmcore").code == 4


def test_an_audit_finds_what_somebody_changed_behind_the_library(office: Office) -> None:
    """Exit 5 with the rule and the record."""
    office.filled()
    assert office("switch").code == 0
    assert office.json("audit")["ok"]
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("UPDATE crm_lead SET stage = 'NEW', semantics = 'P', deal_id = NULL WHERE id = 102")
    document = office.json("audit")
    assert (document["exit_code"], document["ok"], document["leads"]) == (5, False, 30)
    assert document["violations"]
    assert office.json("doctor", "--laws")["exit_code"] == 5
    assert "do not hold" in office("audit").err


# The switch


@pytest.mark.rule("SWITCH-1", "SWITCH-12", "SWITCH-13")
def test_a_switch_does_what_its_preview_said(office: Office) -> None:
    """In chunks or at once, in the same words as the switch of a file."""
    office.filled()
    line = ("switch", "--client", "both", "--close-activities")
    planned = office.json(*line, "--preview")
    assert (planned["result"], planned["mode"]) == ("preview", {"before": "classic", "after": "classic"})
    done = office.json(*line, "--chunk", "7")
    assert (done["result"], done["mode"]) == ("switched", {"before": "classic", "after": "simple"})
    assert (done["portal"], done["state"], done["match"]) == ("main", "simple", "none")
    for part in ("totals", "created", "activities", "policy"):
        assert done[part] == planned[part]
    made = dict.fromkeys(("deal_id", "contact_id", "company_id"))
    assert planned["leads"] == [{**lead, **made} for lead in done["leads"]]
    assert office("audit").code == 0


@pytest.mark.rule("SWITCH-10", "MODE-5")
def test_the_same_line_may_be_run_again(office: Office) -> None:
    """Without a key a CRM that is Simple stays so; with the key of an ended switch its report comes again."""
    office.filled()
    assert office.json("switch", "--key", "spring")["result"] == "switched"
    assert office.json("switch")["result"] == "no_change"
    again = office.json("switch", "--key", "spring")
    assert (again["result"], again["totals"]["converted"]) == ("switched", 28)
    other = office.json("switch", "--key", "spring", "--client", "both")["refusal"]
    assert (other["code"], other["policy"]["client"]) == ("key_conflict", "contact")
    assert "has --client contact --pipeline 0." in office("switch", "--key", "spring", "--client", "both").err


@pytest.mark.rule("SWITCH-10", "SWITCH-13")
def test_the_report_of_a_switch_that_ended_before_claims_nothing_of_now(office: Office) -> None:
    """Back in Classic and with a new lead, it is told as it ended, and that nothing was done."""
    office.filled()
    assert office.json("switch", "--key", "spring")["ended_before"] is False
    assert office("to-classic").code == 0
    with office.store() as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        assert not isinstance(crm.add_lead(UserId(1), title="New"), Refused)
    again = office.json("switch", "--key", "spring")
    assert (again["exit_code"], again["result"], again["ended_before"]) == (0, "switched", True)
    assert (again["mode"]["after"], again["state"]) == ("classic", "classic")
    assert (again["totals"]["converted"], again["totals"]["untouched"]) == (28, 2)
    said = office("switch", "--key", "spring").err
    assert "nothing was done" in said
    assert "is Simple" not in said


@pytest.mark.rule("SWITCH-10", "SWITCH-5")
def test_a_live_switch_of_the_same_policy_is_joined_without_its_key(office: Office) -> None:
    """Of another policy it is refused, and so is another key."""
    _begun(office)
    assert office.json("switch", "--client", "both")["refusal"]["code"] == "switch_in_progress"
    assert office.json("switch", "--key", "other")["refusal"]["code"] == "switch_in_progress"
    document = office.json("switch", "--pipeline", "0")
    assert (document["result"], document["switch"]["key"]) == ("switched", "spring")


def _begun(office: Office, chunk: int | None = None) -> None:
    """A live switch of the usual policy, with one chunk converted."""
    office.filled()
    with office.store() as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        token = crm.begin_switch(UserId(1), key="spring", policy=DEFAULT_POLICY)
        assert isinstance(token, SwitchToken)
        if chunk is not None:
            crm.convert_chunk(token, chunk)


@pytest.mark.rule("SWITCH-13", "MODE-6")
def test_the_status_says_how_a_switch_stands(office: Office) -> None:
    """Before, meanwhile and afterwards; exit 0."""
    _begun(office, 10)
    live = office.json("status")
    assert (live["result"], live["state"], live["mode"]["after"]) == ("switching", "switching", "classic")
    assert live["switch"] == {"key": "spring", "epoch": 2}
    assert (live["totals"]["converted"], live["totals"]["remaining"], live["totals"]["untouched"]) == (10, 18, 2)
    assert live["leads"] == []
    assert "remaining" in office("status").err
    assert office.json("resume")["result"] == "switched"
    ended = office.json("status")
    assert (ended["result"], ended["state"], ended["exit_code"]) == ("no_switch", "simple", 0)


@pytest.mark.rule("SWITCH-13", "SWITCH-10")
def test_the_status_tells_of_the_last_switch(office: Office) -> None:
    """Without a live one: how the last one ended, when, and its numbers; of none at all it says nothing (D-104)."""
    office.filled()
    never = office.json("status")
    assert (never["result"], never["switch"], never["ended"], never["ended_before"]) == ("no_switch", None, None, False)
    done = office.json("switch", "--key", "spring", "--client", "both")
    last = office.json("status")
    assert (last["result"], last["exit_code"], last["ended_before"]) == ("no_switch", 0, True)
    for part in (
        "switch",
        "policy",
        "totals",
        "created",
        "activities",
        "ended",
        "began_at",
        "ended_at",
        "mode",
        "state",
    ):
        expected = {"before": "simple", "after": "simple"} if part == "mode" else done[part]
        assert last[part] == expected, part
    assert (last["ended"], last["leads"]) == ("finished", [])
    said = office("status").err
    assert "No switch is live" in said
    assert "switch spring: finished at" in said
    assert "Simple now" not in said


@pytest.mark.rule("SWITCH-8", "SWITCH-13")
def test_the_status_tells_of_a_cancelled_switch_and_then_of_the_next(office: Office) -> None:
    """The newest one counts, whatever its key."""
    _begun(office, 10)
    assert office.json("cancel")["ended"] == "cancelled"
    last = office.json("status")
    assert (last["result"], last["state"], last["ended"]) == ("no_switch", "classic", "cancelled")
    assert (last["switch"]["key"], last["totals"]["converted"], last["totals"]["remaining"]) == ("spring", 10, 18)
    assert office.json("switch", "--key", "autumn")["result"] == "switched"
    last = office.json("status")
    assert (last["switch"]["key"], last["ended"], last["totals"]["converted"]) == ("autumn", "finished", 18)
    assert office("audit").code == 0


@pytest.mark.rule("SWITCH-8", "PLAN-1")
def test_a_switch_is_cancelled_and_what_was_converted_stays(office: Office) -> None:
    """The report has the leads converted so far; a plan without Classic refuses."""
    _begun(office, 10)
    assert office("plan", "set", "without-classic").code == 0
    assert office.json("cancel")["refusal"]["rule"] == "PLAN-1"
    assert office("plan", "set", "with-classic").code == 0
    document = office.json("cancel")
    assert (document["result"], document["state"]) == ("cancelled", "classic")
    assert (document["totals"]["converted"], len(document["leads"])) == (10, 10)
    assert office.json("cancel")["refusal"]["code"] == "not_switching"
    again = office.json("switch", "--key", "spring")
    assert (again["exit_code"], again["refusal"]["code"]) == (1, "stale_switch")
    assert again["totals"]["converted"] == 10
    assert "converted leads stay converted" in office("switch", "--key", "spring").err


@pytest.mark.rule("SWITCH-9", "SWITCH-3")
def test_leads_that_cannot_be_read_block_the_switch_until_they_are_retried(office: Office) -> None:
    """Exit 3 names them; repaired and retried, the switch ends."""
    office.filled()
    with closing(sqlite3.connect(office.path)) as connection, connection:
        kept = connection.execute("SELECT contact_points FROM crm_lead WHERE id = 102").fetchone()[0]
        connection.execute("UPDATE crm_lead SET contact_points = '{' WHERE id = 102")
    for words in (("switch",), ("switch",), ("resume",), ("retry",)):
        document = office.json(*words)
        assert (document["exit_code"], document["result"], document["state"]) == (3, "blocked", "blocked")
        aside = [lead for lead in document["leads"] if lead["outcome"] == "set_aside"]
        assert [(lead["id"], lead["code"]) for lead in aside] == [(102, "unreadable")]
    status = office.json("status")
    assert (status["exit_code"], [lead["id"] for lead in status["leads"]]) == (3, [102])
    assert "unreadable" in office("status").err
    broken = office.json("audit")
    assert broken["exit_code"] == 5
    assert [(each["law"], each["kind"], each["ids"]) for each in broken["violations"]] == [
        ("every_record_can_be_read", "lead", [102])
    ]
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("UPDATE crm_lead SET contact_points = ? WHERE id = 102", (kept,))
    assert office.json("retry")["result"] == "switched"
    assert office("audit").code == 0


@pytest.mark.rule("DATA-3.3", "PERM-6.1")
def test_a_deal_or_client_is_deleted(office: Office) -> None:
    """By whoever may; a second time there is none, and a lead has a command of its own."""
    office.filled()
    assert office("switch", "--client", "both").code == 0
    assert office.json("delete", "contact", "1", "--actor", "9")["refusal"]["code"] == "unknown_record"
    document = office.json("delete", "contact", "1")
    assert (document["format"], document["result"], document["record"]) == ("crmcore.delete/1", "done", ["contact", 1])
    assert "record: contact, 2" in office("delete", "contact", "2").err
    assert office.json("delete", "contact", "1")["exit_code"] == 1
    for words in (("lead", "101"), ("deal", "0"), ("deal",)):
        assert office.json("delete", *words)["exit_code"] == 2
    assert office.json("audit")["ok"]


@pytest.mark.rule("DATA-4.1", "DATA-5.1", "DATA-5.2")
def test_an_erasure_is_shown_and_carried_out_on_a_word(office: Office) -> None:
    """Without `--yes` nothing is written; afterwards there is nothing left to erase."""
    office.filled()
    assert office("switch", "--client", "both").code == 0
    others = ("deals", "contacts", "companies", "activities", "shared")
    before = office.path.read_bytes()
    planned = office.json("erase", "lead", "101")
    assert (planned["format"], planned["result"], planned["leads"]) == ("crmcore.erase/1", "preview", [101])
    assert planned.keys() == {*others, "leads", "format", "result", "exit_code", "portal", "refusal", "errors"}
    said = office("erase", "lead", "101").err
    assert "What the erasure would do; nothing was changed." in said
    assert ("leads to be deleted: 101" in said, "--yes erases them" in said) == (True, True)
    assert office.path.read_bytes() == before
    assert office.json("erase", "lead", "101", "--yes", "--actor", "9")["refusal"]["code"] == "unknown_record"
    done = office.json("erase", "lead", "101", "--yes")
    assert done["result"] == "done"
    assert [done[name] for name in ("leads", *others)] == [planned[name] for name in ("leads", *others)]
    company = planned["companies"][0]
    assert office.json("erase", "company", str(company), "--yes")["result"] == "no_change"
    assert "There was nothing to erase." in office("erase", "company", str(company)).err
    assert office.json("erase", "lead", "101")["exit_code"] == 1
    assert office.json("erase", "deal", "1")["exit_code"] == 2
    assert office.json("audit")["ok"]


@pytest.mark.rule("DATA-5.2")
def test_activities_of_others_are_named_by_an_erasure(office: Office) -> None:
    """They stay, and their texts are for a person to read."""
    office.filled()
    with office.store() as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        both = (Ref(Kind.LEAD, 101), Ref(Kind.LEAD, 102))
        shared = crm.add_activity(UserId(1), of=both)
    assert office.json("erase", "lead", "101")["shared"] == [shared]
    assert f"activities that stay, since they also belong to others; check their texts: {shared}" in (
        office("erase", "lead", "101", "--yes").err
    )


@pytest.mark.rule("MODE-4.1", "MODE-5", "PERM-1")
def test_the_way_back_to_classic(office: Office) -> None:
    """For those who may; in Classic there is nothing to do."""
    office.simple()
    assert office.json("to-classic", "--actor", "2")["refusal"]["rule"] == "PERM-1"
    document = office.json("to-classic")
    assert (document["result"], document["mode"]) == ("done", {"before": "simple", "after": "classic"})
    assert office.json("to-classic")["result"] == "no_change"
    assert "nothing to do" in office("to-classic").err


# A store that fails, and a person who stops


def _failing(monkeypatch: pytest.MonkeyPatch, when: Callable[[Changes], bool], then: Callable[[], None]) -> None:
    commit = SqlStore.commit

    def fail(store: SqlStore, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        if when(changes):
            then()
        commit(store, changes, confirm)

    monkeypatch.setattr(SqlStore, "commit", fail)


def _busy() -> None:
    raise StoreBusy("the database stayed busy")


@pytest.mark.rule("SWITCH-5", "SWITCH-13")
def test_a_failure_in_the_middle_tells_how_far_the_switch_came(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 4 with the numbers and leads of what is converted; `resume` goes on."""
    office.filled()
    seen: list[int] = []

    def third(changes: Changes) -> bool:
        seen.append(len(changes.ledger))
        return sum(size > 0 for size in seen) > 2

    with monkeypatch.context() as patch:
        _failing(patch, third, _busy)
        document = office.json("switch", "--chunk", "7", "--key", "spring")
    assert (document["exit_code"], document["result"]) == (4, "store_failed")
    assert document["switch"] == {"key": "spring", "epoch": 2}
    assert (document["totals"]["converted"], document["totals"]["remaining"]) == (14, 14)
    assert (len(document["leads"]), document["created"]["deals"]) == (14, 14)
    assert (document["mode"]["after"], document["state"]) == ("classic", "switching")
    assert office.json("resume")["totals"]["converted"] == 28


def test_a_failure_that_lets_nothing_be_read_still_names_the_switch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers are zero then, and the message says why."""
    office.filled()

    def gone(*_: object, **__: object) -> None:
        raise StoreBusy("no connection")

    def cut() -> None:
        monkeypatch.setattr(SqlStore, "snapshot", gone)
        _busy()

    with monkeypatch.context() as patch:
        _failing(patch, lambda changes: bool(changes.ledger), cut)
        document = office.json("switch", "--key", "spring")
    assert (document["exit_code"], document["switch"]) == (4, {"key": "spring", "epoch": 2})
    assert document["totals"]["converted"] == 0


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl-C arrives, also where the tests run in the background of a shell that has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_stops_after_the_running_chunk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130; what runs is ended, and the line that goes on is told."""
    office.filled()
    _failing(monkeypatch, lambda changes: bool(changes.ledger), lambda: signal.raise_signal(signal.SIGINT))
    ran = office("switch", "--chunk", "7", "--json")
    assert (ran.code, ran.out) == (130, "")
    assert "7 of 28 leads are done" in ran.err
    assert f"crmcore resume --store {office.path}" in ran.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    monkeypatch.undo()
    assert office.json("status")["totals"]["converted"] == 7
    assert office.json("resume")["result"] == "switched"


@pytest.mark.slow
@pytest.mark.rule("SWITCH-15")
@pytest.mark.usefixtures("keyboard")
def test_a_pace_makes_small_commits_and_is_kept_by_the_line_that_continues(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit converts more than a second's leads; after Ctrl-C the rest goes on at the same pace."""
    office.filled()
    commits: list[int] = []

    def press() -> None:
        commits.append(1)
        if len(commits) == 1:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        _failing(patch, lambda changes: bool(changes.ledger), press)
        ran = office("switch", "--pace", "20", "--json")
    assert (ran.code, commits) == (130, [1])
    assert "20 of 28 leads are done" in ran.err
    assert f"crmcore resume --store {office.path} --pace 20" in ran.err
    assert office.json("resume", "--pace", "20")["totals"]["converted"] == 28


@pytest.mark.rule("SWITCH-15")
@pytest.mark.parametrize("command", ["switch", "resume", "retry"])
def test_a_pace_that_is_none_is_a_wrong_call(office: Office, command: str) -> None:
    """Exit 2 under the name that was typed, and nothing is begun or retried."""
    office.filled()
    document = office.json(command, "--pace", "0")
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, "--pace")
    assert office.json("status")["switch"] is None


@pytest.mark.rule("SWITCH-15")
def test_a_switch_in_memory_takes_no_pace(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody else works in it."""
    assert main(["switch", str(leads_file()), "--pace", "5", "--json"]) == 2
    assert '"--pace"' in capsys.readouterr().out


@pytest.mark.usefixtures("keyboard")
def test_a_second_ctrl_c_stops_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running chunk is not written, whole or in part."""

    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    office.filled()
    with monkeypatch.context() as patch:
        _failing(patch, lambda changes: bool(changes.ledger), twice)
        ran = office("switch", "--chunk", "7", "--json")
    assert (ran.code, ran.out) == (130, "")
    assert office.json("status")["totals"]["converted"] == 0
    assert office.json("switch")["result"] == "switched"


@pytest.mark.rule("DATA-2")
def test_the_line_that_goes_on_has_no_password() -> None:
    """It names everything else that is needed."""
    place = Place(store="postgresql://me:se:cr@et@host/crm", portal="my portal", actor=7, schema="s")
    line = place.line("resume")
    assert line == ("crmcore resume --store 'postgresql://me:***@host/crm' --portal 'my portal' --schema s --actor 7")


# Roles, plan, settings


@pytest.mark.rule("PERM-8", "PERM-5")
def test_roles_are_given_and_taken_by_administrators(office: Office) -> None:
    """Everybody else is refused; the last administrator stays."""
    office.simple()
    document = office.json("role", "grant", "2", "manager", "administrator")
    assert document["format"] == "crmcore.role/1"
    assert document["roles"] == [
        {"actor": 1, "roles": ["administrator"]},
        {"actor": 2, "roles": ["administrator", "manager"]},
    ]
    assert office.json("role", "revoke", "1", "--actor", "2")["roles"] == document["roles"][1:]
    assert office.json("role", "list")["refusal"]["rule"] == "PERM-8"
    for words in (("role", "revoke", "2"), ("role", "revoke", "2", "administrator")):
        assert office.json(*words, "--actor", "2")["refusal"] == {
            "code": "not_permitted", "rule": "PERM-8", "kind": None, "id": None,
        }  # fmt: skip
    assert office.json("role", "revoke", "2", "manager", "--actor", "2")["roles"][0]["roles"] == ["administrator"]
    assert office.json("role", "list", "--actor", "2")["roles"] == [{"actor": 2, "roles": ["administrator"]}]
    assert "administrator" in office("role", "list", "--actor", "2").err


def test_a_role_that_is_not_defined_is_a_wrong_call(office: Office) -> None:
    """The message names those that are."""
    office.simple()
    document = office.json("role", "grant", "2", "king")
    assert (document["exit_code"], document["errors"][0]["field"]) == (2, "ROLE")
    assert "manager" in document["errors"][0]["message"]
    assert office("role", "grant", "0", "manager").code == 2
    assert office("role", "revoke", "-1").code == 2


@pytest.mark.rule("PERM-8", "PLAN-1")
def test_the_plan_is_set_by_administrators(office: Office) -> None:
    """And shown to everybody."""
    office.simple()
    assert office.json("plan", "show", "--actor", "9")["classic"] is True
    assert office.json("plan", "set", "without-classic", "--actor", "9")["refusal"]["rule"] == "PERM-8"
    assert office.json("plan", "set", "without-classic")["classic"] is False
    assert office.json("plan", "show")["classic"] is False
    assert office.json("to-classic")["refusal"]["rule"] == "PLAN-1"


@pytest.mark.rule("CONV-7", "INTAKE-3")
def test_settings_are_changed_and_shown(office: Office) -> None:
    """What is not named stays."""
    office.simple()
    assert office.json("settings", "--match", "email")["match"] == "email"
    document = office.json("settings", "--repeat-inquiry", "attach")
    assert (document["match"], document["repeat_inquiry"]) == ("email", "attach")
    assert office.json("settings")["match"] == "email"
    assert office.json("settings", "--match", "none", "--actor", "4")["refusal"] is not None


# The store itself


def test_the_doctor_looks_at_one_thing_after_the_other(office: Office) -> None:
    """What holds is listed; what does not ends the list with its error."""
    assert office.json("doctor")["errors"][0]["code"] == "missing_store"
    office.filled()
    document = office.json("doctor", "--laws")
    assert [check["name"] for check in document["checks"]] == [
        "reachable", "tables", "file", "journal", "links", "portals", "portal", "laws",
    ]  # fmt: skip
    assert all(check["ok"] for check in document["checks"])
    assert "reachable" in office("doctor").err
    lost = office.json("doctor", "--portal", "south")
    assert (lost["exit_code"], lost["errors"][0]["code"]) == (2, "unknown_portal")
    assert lost["checks"][-1]["name"] == "portals"
    assert office.json("doctor", "--laws", "--actor", "9")["refusal"]["rule"] == "PERM-6"


def test_a_damaged_link_is_found_by_the_doctor(office: Office) -> None:
    """Exit 4: running again does not help, a backup does."""
    office.filled()
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("UPDATE crm_lead SET contact_id = 77 WHERE id = 102")
    document = office.json("doctor")
    assert (document["exit_code"], document["checks"][-1]["name"]) == (4, "journal")
    assert "backup" in document["errors"][0]["message"]


def test_the_tables_are_made_on_request(office: Office) -> None:
    """`db upgrade` makes them, or says that there is nothing to do; a CRM is made by `init`."""
    document = office.json("db", "upgrade")
    assert (document["result"], document["schema"]) == ("done", {"before": None, "after": REVISIONS[-1]})
    document = office.json("db", "upgrade")
    assert (document["result"], document["schema"]) == ("no_change", {"before": REVISIONS[-1], "after": REVISIONS[-1]})
    assert office.json("status")["errors"][0]["code"] == "unknown_portal"
    assert office("init").code == 0


COMMANDS = [
    ("import", "leads.csv"),
    ("export", "--out", "out"),
    ("switch",),
    ("switch", "--preview"),
    ("resume",),
    ("retry",),
    ("cancel",),
    ("status",),
    ("to-classic",),
    ("role", "grant", "2", "manager"),
    ("role", "revoke", "2"),
    ("role", "list"),
    ("plan", "set", "with-classic"),
    ("plan", "show"),
    ("settings",),
    ("audit",),
    ("doctor",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_place_where_no_crm_is(office: Office, words: tuple[str, ...]) -> None:
    """Exit 2 with its own document, and nothing is made by looking; so for foreign, newer and other files."""
    kind = "switch" if words[0] in ("resume", "retry", "cancel", "status") else words[0]
    document = office.json(*words)
    assert (document["format"], document["exit_code"]) == (f"crmcore.{kind}/1", 2)
    assert document["errors"][0]["code"] == "missing_store"
    assert (document["portal"], document["errors"][0]["field"]) == ("main", "--store")
    assert not office.path.exists()
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    assert office.json(*words)["errors"][0]["code"] == "foreign_store"
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("CREATE TABLE crmcore_version (version_num TEXT)")
        connection.execute("INSERT INTO crmcore_version VALUES ('9999')")
    assert office.json(*words)["errors"][0]["code"] == "newer_store"
    office.path.write_bytes(b"no database at all")
    assert office.json(*words)["errors"][0]["code"] == "foreign_store"
    assert office(*words).err


USAGE = [
    ("switch", "leads.csv"),
    ("switch", "--match", "email"),
    ("switch", "--out", "out"),
    ("switch", "--activities", "a.csv"),
    ("switch", "--skip-bad-rows"),
    ("switch", "--chunk", "0"),
    ("switch", "--key", ""),
    ("audit", "crm.json"),
    ("import", str(activities_file())),
    ("resume", "--chunk", "0"),
    ("retry", "--chunk", "-5"),
    ("status", "--actor", "0"),
    ("status", "--actor", "me"),
    ("status", "--schema", "sales"),
    ("init", "--mode", "both"),
    ("init", "--portal", "two words"),
    ("init", "--actor", "0"),
    ("import",),
    ("export",),
    ("role", "grant", "2"),
    ("role", "grant", "me", "manager"),
    ("plan", "set", "maybe"),
    ("plan", "set"),
    ("settings", "--match", "phone"),
    ("db", "upgrade", "now"),
    ("doctor", "--portal"),
]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_call_ends_with_its_own_code(office: Office, words: tuple[str, ...]) -> None:
    """Exit 2 with one fault, in the document of the command, and nothing is written."""
    lay(office.path, CLASSIC)
    before = office.json("status")
    document = office.json(*words)
    assert (document["exit_code"], document["result"], len(document["errors"])) == (2, "bad_input", 1)
    assert office(*words).code == 2
    assert office.json("status") == before


def test_an_address_is_needed_and_understood(capsys: pytest.CaptureFixture[str]) -> None:
    """A command without a store, and one with an address that is none."""
    for words in (("status",), ("status", "--store", "mysql://host/crm"), ("status", "--store", "sqlite://")):
        assert main((*words, "--json")) == 2
        assert printed(capsys.readouterr().out)["format"] == "crmcore.switch/1"


@pytest.mark.parametrize("store", ["file:crm.db", "postgresql:/host/crm", "folder/", "no/crm.db", ".", ""])
def test_an_address_that_is_no_file_makes_none(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What looks like an address is taken as one; a folder is no file."""
    monkeypatch.chdir(tmp_path)
    assert main(("init", "--store", store, "--json")) == 2
    assert printed(capsys.readouterr().out)["errors"][0]["field"] == "--store"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["switch", "audit"])
@pytest.mark.parametrize("option", ["--portal", "--actor", "--schema"])
def test_an_option_of_stores_goes_with_no_file(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It would be left aside without a word."""
    assert main((command, str(leads_file()), option, "1", "--json")) == 2
    (wrong,) = printed(capsys.readouterr().out)["errors"]
    assert (wrong["code"], wrong["field"]) == ("usage", option)


@pytest.mark.rule("SWITCH-13")
def test_people_are_told_of_leads_that_came_and_went_meanwhile(office: Office) -> None:
    """Each number of the document has a line where it is not zero."""
    office.filled()
    with office.store() as store:
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
        crm.begin_switch(UserId(1), key="spring", policy=DEFAULT_POLICY)
        assert not isinstance(crm.add_lead(UserId(1), title="Late"), Refused)
        assert not isinstance(crm.convert_lead(UserId(1), LeadId(101)), Refused)
    ran = office("resume")
    assert re.search(r"leads added meanwhile +1\n", ran.err), ran.err
    assert re.search(r"converted by hand meanwhile +1\n", ran.err), ran.err


@pytest.mark.rule("SWITCH-13")
def test_people_see_the_first_leads_and_programs_all(office: Office) -> None:
    """A report for people does not read a million outcomes, and still names every lead that was set aside."""
    office.filled()
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("UPDATE crm_lead SET contact_points = '{' WHERE id = 120")
    ran = office("switch")
    assert ran.code == 3
    assert "120" in ran.err
    assert "unreadable" in ran.err
    assert "and 18 more; `crmcore result --out FILE`" in ran.err
    assert len(office.json("resume")["leads"]) == 28


def test_faults_of_the_store_have_a_class(office: Office) -> None:
    """What the tests above plant is what the store raises."""
    office.filled()
    with closing(sqlite3.connect(office.path)) as connection, connection:
        connection.execute("UPDATE crm_lead SET contact_points = '{' WHERE id = 102")
    with office.store() as store, pytest.raises(RecordFault) as found:
        image_of(store)
    assert found.value.ref == Ref(Kind.LEAD, LeadId(102))
