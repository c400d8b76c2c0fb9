"""The command line: the main job on files, what it prints, and every way to end.

lines: one table of ways to end, and the acceptance of the main job beside it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from csv import DictReader
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from crmcore import LeadId
from crmcore.adapters.cli import main
from crmcore.adapters.document import load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.errors import OutcomeUnknown, StoreBusy
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.changes import Changes
from crmcore.ports.store import Store
from crmcore.sample import activities_file, leads_file
from crmcore.testing import FailingStore
from tests.printed import printed
from tests.script import SCRIPT

Json = dict[str, Any]

SAMPLE = ("switch", str(leads_file()))
WHOLE = (*SAMPLE, "--activities", str(activities_file()), "--client", "both", "--close-activities")
SWITCH_KEYS = [
    "format",
    "result",
    "exit_code",
    "mode",
    "switch",
    "policy",
    "match",
    "totals",
    "created",
    "activities",
    "records",
    "leads",
    "refusal",
    "errors",
    "skipped_rows",
    "unplaced",
    "files",
    "portal",
    "state",
    "ended_before",
    "all_new",
    "ended",
    "began_at",
    "ended_at",
    "own_fields",
    "new_stages",
    "folder",
    "groups",
    "rejects",
    "numbers",
    "unlinked",
    "new_pipelines",
    "pipeline",
    "staged",
]
TOTALS = [
    "at_begin",
    "added",
    "converted",
    "already_converted",
    "closed",
    "deleted",
    "set_aside",
    "remaining",
    "untouched",
]
LEAD_KEYS = ["id", "outcome", "deal_id", "contact_id", "company_id", "activity_ids", "not_carried", "code"]
AUDIT_KEYS = ["format", "result", "exit_code", "ok", "leads", "violations", "errors", "portal", "refusal"]
FAULT_KEYS = ["file", "line", "field", "code", "message"]


@frozen
class Ran:
    """What one command line gave: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        document: Json = printed(self.out)
        return document


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""

    def call(*words: str, make_store: Callable[[], Store] | None = None) -> Ran:
        code = main(words, make_store=make_store)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., str]:
    """Write a file of lines and give its path."""

    def write(*lines: str, name: str = "leads.csv") -> str:
        path = tmp_path / name
        path.write_text("\n".join(lines), encoding="utf-8")
        return str(path)

    return write


def _started(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=False, timeout=120, **options
    )


def _check_shape(document: Json, code: int) -> None:
    """Every key is there, whatever the result."""
    assert document["exit_code"] == code
    for fault in document["errors"]:
        assert list(fault) == FAULT_KEYS
    if document["format"] == "crmcore.audit/1":
        assert list(document) == AUDIT_KEYS
        return
    assert document["format"] == "crmcore.switch/1"
    assert list(document) == SWITCH_KEYS
    assert list(document["mode"]) == ["before", "after"]
    assert list(document["totals"]) == TOTALS
    assert list(document["created"]) == ["deals", "contacts", "companies"]
    assert list(document["activities"]) == ["bound", "completed", "kept_open"]
    assert [list(lead) for lead in document["leads"]] == [LEAD_KEYS] * len(document["leads"])
    assert [lead["id"] for lead in document["leads"]] == sorted(lead["id"] for lead in document["leads"])
    assert document["policy"] is None or list(document["policy"]) == ["client", "pipeline_id", "keep_activities"]
    for row in document["skipped_rows"]:
        assert list(row) == FAULT_KEYS


# The main job


@pytest.mark.rule("IMPORT-1.6", "SWITCH-1", "SWITCH-2", "SWITCH-13")
def test_a_file_is_imported_and_switched(run: Run) -> None:
    """Each active lead becomes one deal, and the numbers add up."""
    ran = run(*WHOLE, "--json")
    document = ran.document
    _check_shape(document, 0)
    assert (ran.code, document["result"]) == (0, "switched")
    assert document["mode"] == {"before": "classic", "after": "simple"}
    assert document["policy"] == {"client": "both", "pipeline_id": 0, "keep_activities": False}
    totals = document["totals"]
    assert totals["at_begin"] == totals["converted"] == len(document["leads"]) > 20
    assert totals["untouched"] == 2
    assert set(document["created"].values()) == {totals["converted"]}
    assert len({lead["deal_id"] for lead in document["leads"]}) == totals["converted"]
    assert {lead["outcome"] for lead in document["leads"]} == {"converted"}
    assert document["activities"]["completed"] > 0 == document["activities"]["kept_open"]


@pytest.mark.rule("SWITCH-12")
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--client", "both", "--close-activities"),
        ("--client", "company", "--keep-activities"),
        ("--client", "contact", "--match", "email"),
        ("--client", "both", "--match", "email", "--chunk", "3"),
    ],
)
def test_a_preview_says_what_the_switch_then_does(run: Run, options: tuple[str, ...]) -> None:
    """All numbers are equal, and only the ids that are yet to be made are null."""
    line = (*SAMPLE, "--activities", str(activities_file()), "--json", *options)
    planned, done = run(*line, "--preview"), run(*line)
    assert (planned.code, done.code) == (0, 0)
    preview, switched = planned.document, done.document
    _check_shape(preview, 0)
    assert preview["result"] == "preview"
    assert preview["switch"] is None
    assert preview["mode"] == {"before": "classic", "after": "classic"}
    for part in ("totals", "created", "activities", "policy", "match", "unplaced"):
        assert preview[part] == switched[part]
    made = dict.fromkeys(("deal_id", "contact_id", "company_id"))
    assert preview["leads"] == [{**lead, **made} for lead in switched["leads"]]


@pytest.mark.rule("SWITCH-1", "SWITCH-12", "CONV-3", "CONV-6", "POLICY-4")
def test_a_real_export_is_switched_and_its_audit_is_clean(run: Run, shared: Path, tmp_path: Path) -> None:
    """Forty-two active leads become deals with a contact and a company each, and nothing is lost."""
    line = (
        "switch",
        str(shared / "data" / "leads_export_ru.csv"),
        "--activities",
        str(shared / "data" / "activities.csv"),
        "--client",
        "both",
        "--close-activities",
        "--json",
    )
    ran = run(*line, "--out", str(tmp_path / "out"))
    document = ran.document
    _check_shape(document, 0)
    assert (document["totals"]["converted"], document["totals"]["untouched"]) == (42, 2)
    assert document["created"] == {"deals": 42, "contacts": 42, "companies": 42}
    assert document["activities"] == {"bound": 14, "completed": 14, "kept_open": 0}
    planned = run(*line, "--preview").document
    assert all(planned[part] == document[part] for part in ("totals", "created", "activities"))
    crm = load_crm((tmp_path / "out" / "crm.json").read_text(encoding="utf-8"))
    for activity_id, refs in crm.bindings.items():
        leads = {ref.id for ref in refs if ref.kind == "lead"}
        deals = {ref.id for ref in refs if ref.kind == "deal"}
        assert deals == {crm.ledger[LeadId(int(id))].deal_id for id in leads}, activity_id
    audited = run("audit", str(tmp_path / "out" / "crm.json"), "--json")
    assert (audited.code, audited.document["ok"], audited.document["leads"]) == (0, True, 44)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif value is not None:
        yield str(value)


@pytest.mark.rule("CONV-3")
def test_every_filled_cell_of_a_real_export_is_found_again(run: Run, shared: Path, tmp_path: Path) -> None:
    """In the deal, contact or company of its lead; the stage alone stays behind, for the lead ends in success."""
    export = shared / "data" / "leads_export_ru.csv"
    document = run("switch", str(export), "--client", "both", "--json", "--out", str(tmp_path)).document
    crm = json.loads((tmp_path / "crm.json").read_text(encoding="utf-8"))
    with (tmp_path / "names.csv").open(encoding="utf-8-sig", newline="") as file:
        codes = {row["NAME"]: row["STATUS_ID"] for row in DictReader(file, delimiter=";")}
    with export.open(encoding="utf-8-sig", newline="") as file:
        rows = {int(row["ID"]): row for row in DictReader(file, delimiter=";")}
    checked = 0
    for lead in document["leads"]:
        assert lead["not_carried"] == []
        made = [
            each for name in ("deals", "contacts", "companies") for each in crm[name] if each["lead_id"] == lead["id"]
        ]
        assert len(made) == 3
        found = set(_leaves(made))
        words = {word for text in found for word in text.split()}
        for heading, cell in rows[lead["id"]].items():
            if heading == "Стадия":
                continue
            spellings = {cell, codes.get(cell, cell), {"да": "True", "нет": "False"}.get(cell, cell)}
            checked += bool(cell)
            whole_name = heading == "Имя, Фамилия" and set(cell.split()) <= words
            assert not cell or spellings & found or whole_name, heading
    assert checked > 500


@pytest.mark.slow
@pytest.mark.rule("SWITCH-1")
def test_thousands_of_recorded_leads_become_one_deal_each(run: Run, shared: Path) -> None:
    """None is missed and none is converted twice."""
    document = run("switch", str(shared / "data" / "leads_recorded.csv"), "--json").document
    assert document["totals"]["at_begin"] == document["totals"]["converted"] == 7531
    assert len({lead["deal_id"] for lead in document["leads"]}) == 7531


# Options


def test_the_options_reach_the_policy(run: Run) -> None:
    """Client, pipeline, activities, match, key: each is found again in the document."""
    document = run(
        *SAMPLE,
        "--activities",
        str(activities_file()),
        *("--client", "company", "--pipeline", "0", "--keep-activities"),
        *("--match", "email", "--key", "spring", "--chunk", "7", "--json"),
    ).document
    assert document["policy"] == {"client": "company", "pipeline_id": 0, "keep_activities": True}
    assert document["match"] == "email"
    assert document["switch"]["key"] == "spring"
    assert document["created"]["contacts"] == 0
    assert document["activities"]["completed"] == 0 < document["activities"]["kept_open"]


@pytest.mark.rule("POLICY-1", "POLICY-3")
def test_without_options_contacts_are_made_and_activities_stay_open(run: Run) -> None:
    """The defaults are those of the policy."""
    document = run(*SAMPLE, "--json").document
    assert document["policy"] == {"client": "contact", "pipeline_id": 0, "keep_activities": True}
    assert document["match"] == "none"


class CountingStore(InMemoryStore):
    """Remembers how many leads each commit converted."""

    def __init__(self) -> None:
        super().__init__(new_crm(CrmMode.CLASSIC))
        self.sizes: list[int] = []

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Count, and go on."""
        self.sizes.append(len(changes.ledger))
        super().commit(changes, confirm)


@pytest.mark.rule("SWITCH-4", "SWITCH-11")
def test_the_chunk_is_how_many_leads_are_converted_in_one_step(run: Run) -> None:
    """The end is the same whatever the size."""
    store = CountingStore()
    document = run(*SAMPLE, "--chunk", "7", "--json", make_store=lambda: store).document
    assert max(store.sizes) == 7
    assert document == run(*SAMPLE, "--json").document


@pytest.mark.rule("CONV-7")
def test_matching_by_email_shares_clients(run: Run, csv: Callable[..., str]) -> None:
    """Two leads with one e-mail make two contacts, or one where matching was asked for."""
    leads = csv("ID;TITLE;EMAIL_WORK", "1;a;a@b.example", "2;b;A@B.example")
    assert run("switch", leads, "--json").document["created"]["contacts"] == 2
    matched = run("switch", leads, "--match", "email", "--json").document
    assert matched["created"] == {"deals": 2, "contacts": 1, "companies": 0}


@pytest.mark.rule("IMPORT-1", "DATA-2")
def test_a_bad_row_stops_everything_unless_it_may_be_skipped(run: Run, csv: Callable[..., str], tmp_path: Path) -> None:
    """The report names file, line and field; with `--skip-bad-rows` the good rows go on."""
    leads = csv("ID;TITLE;BIRTHDATE", "1;good;", "2;secret;not a day", "x;bad id;")
    refused = run("switch", leads, "--json", "--out", str(tmp_path / "out"))
    document = refused.document
    _check_shape(document, 2)
    assert (refused.code, document["result"]) == (2, "bad_input")
    assert [(fault["file"], fault["line"], fault["field"]) for fault in document["errors"]] == [
        (leads, 3, "BIRTHDATE"),
        (leads, 4, "ID"),
    ]
    assert "secret" not in refused.out + refused.err
    assert not (tmp_path / "out").exists()
    skipped = run("switch", leads, "--json", "--skip-bad-rows").document
    _check_shape(skipped, 0)
    assert skipped["totals"]["converted"] == 1
    assert skipped["skipped_rows"] == document["errors"]


@pytest.mark.rule("IMPORT-1")
@pytest.mark.rule("IMPORT-1", "CSV-3.6")
def test_a_file_of_which_no_row_can_be_read_makes_no_crm_simple(run: Run, csv: Callable[..., str]) -> None:
    """Leaving all of it out is not the same as a file without leads."""
    leads = csv("ID;TITLE;BIRTHDATE", "1;a;soon", "x;b;")
    for more in ((), ("--skip-bad-rows",), ("--skip-bad-rows", "--preview")):
        ran = run("switch", leads, "--json", *more)
        assert (ran.code, ran.document["result"], ran.document["mode"]["after"]) == (2, "bad_input", None)
        assert [error["line"] for error in ran.document["errors"]] == [2, 3]


@pytest.mark.rule("IMPORT-1", "STAGE-2")
def test_a_file_whose_stages_are_not_understood_is_switched_only_if_asked(run: Run, csv: Callable[..., str]) -> None:
    """The message names the option; with it, every lead counts as new, and preview and result say so."""
    leads = csv("ID;TITLE;Stato", "1;a;Lead di bassa qualità", "2;b;In lavorazione")
    refused = run("switch", leads, "--json")
    assert (refused.code, refused.document["mode"]["after"]) == (2, None)
    (error,) = refused.document["errors"]
    assert (error["code"], error["field"]) == ("unknown_stage_column", "Stato")
    assert "--all-new" in error["message"]
    for more in ((), ("--preview",)):
        taken = run("switch", leads, "--all-new", "--json", *more).document
        assert (taken["all_new"], taken["totals"]["at_begin"]) == (True, 2)
        assert "all of its leads count as new" in run("switch", leads, "--all-new", *more).err


def test_a_file_with_stages_is_not_all_new(run: Run, csv: Callable[..., str]) -> None:
    """Nothing is said where there is nothing to say."""
    leads = csv("ID;TITLE;STATUS_ID", "1;a;NEW")
    assert run("switch", leads, "--json").document["all_new"] is False
    assert "count as new" not in run("switch", leads).err
    assert "count as new" in run("switch", csv("ID;TITLE", "1;a")).err


def test_activities_of_other_records_are_left_out_and_said(run: Run, csv: Callable[..., str]) -> None:
    """The call of deal 1 stays away from lead 1."""
    leads = csv("ID;TITLE", "1;a")
    calls = csv("ID;OWNER_ID;OWNER_TYPE_ID", "5;1;1", "6;1;2", name="activities.csv")
    document = run("switch", leads, "--activities", calls, "--close-activities", "--json").document
    assert document["leads"][0]["activity_ids"] == [5]
    assert [(row["line"], row["code"]) for row in document["skipped_rows"]] == [(3, "other_owner")]


def test_a_row_that_came_before_is_skipped_and_said(run: Run, csv: Callable[..., str]) -> None:
    """The same row twice is one lead."""
    document = run("switch", csv("ID;TITLE", "1;a", "1;a"), "--json").document
    assert document["totals"]["converted"] == 1
    assert [row["line"] for row in document["skipped_rows"]] == [3]


def test_columns_without_a_place_are_counted(run: Run, csv: Callable[..., str]) -> None:
    """Nothing is dropped silently."""
    leads = csv("ID;TITLE;PRODUCT_ID;Shoe size", "1;a;7;42", "2;b;;39")
    document = run("switch", leads, "--json").document
    assert document["unplaced"] == {"PRODUCT_ID": 1}
    assert document["own_fields"] == [{"heading": "Shoe size", "code": "UF_CRM_SHOE_SIZE", "cells": 2}]


# Ways to end


class BrokenStore(InMemoryStore):
    """Fails at every commit."""

    error: Exception = StoreBusy("the store stayed busy")

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """Fail."""
        raise self.error


def _unwritable() -> Store:
    return FailingStore(InMemoryStore.classic(), unconvertible=[LeadId(102), LeadId(104)])


def _gone() -> Store:
    raise StoreBusy("no connection")


def _lost() -> Store:
    store = BrokenStore(new_crm(CrmMode.CLASSIC))
    store.error = OutcomeUnknown("no answer")
    return store


def _interrupt() -> None:
    raise KeyboardInterrupt


def _broken() -> Store:
    return BrokenStore(new_crm(CrmMode.CLASSIC))


@pytest.mark.rule("POLICY-2")
def test_an_unknown_pipeline_is_refused_by_its_rule(run: Run, tmp_path: Path) -> None:
    """Exit 1 with code, rule and subject; nothing is written."""
    for more in ((), ("--preview",)):
        ran = run(*SAMPLE, "--pipeline", "9", "--json", "--out", str(tmp_path / "out"), *more)
        document = ran.document
        _check_shape(document, 1)
        assert (ran.code, document["result"]) == (1, "refused")
        assert document["refusal"] == {"code": "unknown_pipeline", "rule": "POLICY-2", "kind": "pipeline", "id": 9}
        assert document["mode"] == {"before": "classic", "after": "classic"}
        assert document["leads"] == []
        assert not (tmp_path / "out").exists()


@pytest.mark.rule("IMPORT-1")
def test_active_leads_are_not_imported_into_a_simple_crm(run: Run) -> None:
    """Where the store is Simple the import is refused."""
    document = run(*SAMPLE, "--json", make_store=InMemoryStore).document
    _check_shape(document, 1)
    assert (document["refusal"]["code"], document["refusal"]["rule"]) == ("classic_only", "IMPORT-1")


@pytest.mark.rule("MODE-5")
def test_a_crm_that_is_simple_already_stays_so(run: Run, csv: Callable[..., str]) -> None:
    """Closed leads may be imported, and there is nothing to switch."""
    leads = csv("ID;TITLE;STATUS_ID", "1;a;JUNK")
    for more in ((), ("--preview",)):
        ran = run("switch", leads, "--json", *more, make_store=InMemoryStore)
        _check_shape(ran.document, 0)
        assert ran.document["result"] == "no_change"
        assert ran.document["mode"] == {"before": "simple", "after": "simple"}


@pytest.mark.rule("SWITCH-14")
def test_a_file_without_active_leads_is_switched_at_once(run: Run, csv: Callable[..., str]) -> None:
    """Nothing to convert is no reason to stay Classic."""
    document = run("switch", csv("ID;TITLE"), "--json").document
    assert (document["result"], document["totals"]["at_begin"]) == ("switched", 0)


@pytest.mark.rule("SWITCH-9", "SWITCH-3.2", "CLI-1.4")
def test_leads_that_cannot_be_written_block_the_switch(run: Run, tmp_path: Path) -> None:
    """Exit 3; they are listed with their code, the others are converted, and the CRM is not Simple."""
    ran = run(*SAMPLE, "--json", "--out", str(tmp_path), make_store=_unwritable)
    document = ran.document
    _check_shape(document, 3)
    assert (ran.code, document["result"]) == (3, "blocked")
    aside = [lead for lead in document["leads"] if lead["outcome"] == "set_aside"]
    assert [(lead["id"], lead["code"], lead["deal_id"]) for lead in aside] == [
        (102, "unwritable", None),
        (104, "unwritable", None),
    ]
    totals = document["totals"]
    assert totals["converted"] + totals["set_aside"] == totals["at_begin"]
    assert document["mode"] == {"before": "classic", "after": "classic"}
    assert "crm.json" in document["files"]
    assert run("audit", str(tmp_path / "crm.json")).code == 0
    assert "unwritable" in run(*SAMPLE, make_store=_unwritable).err


@pytest.mark.rule("CLI-1.5")
@pytest.mark.parametrize("make_store", [_broken, _gone, _lost])
def test_a_store_that_fails_ends_with_its_own_code(run: Run, make_store: Callable[[], Store], tmp_path: Path) -> None:
    """Exit 4, and it is safe to run the same line again."""
    ran = run(*SAMPLE, "--json", "--out", str(tmp_path / "out"), make_store=make_store)
    _check_shape(ran.document, 4)
    assert (ran.code, ran.document["result"]) == (4, "store_failed")
    assert ran.document["errors"][0]["code"] == "store_failed"
    assert not (tmp_path / "out").exists()


@pytest.mark.rule("CLI-1.7")
def test_an_interrupt_ends_with_its_code_and_a_hint(run: Run) -> None:
    """Exit 130; nothing is printed on standard output."""

    store = FailingStore(InMemoryStore.classic())
    store.overtake(_interrupt)
    ran = run(*SAMPLE, "--json", make_store=lambda: store)
    assert (ran.code, ran.out) == (130, "")
    assert "safe to run" in ran.err


USAGE = [
    ("switch",),
    ("switch", "--json", "leads.csv", "more.csv"),
    ("switch", "leads.csv", "--no-such-option"),
    ("switch", "leads.csv", "--client", "neither"),
    ("switch", "leads.csv", "--client"),
    ("switch", "leads.csv", "--match", "phone"),
    ("switch", "leads.csv", "--pipeline", "first"),
    ("switch", "leads.csv", "--pipeline", "-1"),
    ("switch", "leads.csv", "--chunk", "0"),
    ("switch", "leads.csv", "--chunk", "many"),
    ("switch", "leads.csv", "--chunk", "9" * 30),
    ("switch", "leads.csv", "--key", ""),
    ("switch", "leads.csv", "--key", "a\nb"),
    ("switch", "leads.csv", "--keep-activities", "--close-activities"),
    ("switch", "leads.csv", "--preview", "--preview"),
    ("swicth", "leads.csv"),
    ("",),
    ("", "switch", "leads.csv"),
    ("audit",),
    ("audit", "crm.json", "--client", "both"),
    ("--no-such-option",),
]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_call_ends_with_its_own_code(run: Run, words: Sequence[str]) -> None:
    """Exit 2, with the document of the command on standard output where that was asked for."""
    wanted = [word for word in words if word != "--json"]
    plain = run(*wanted)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.strip()
    ran = run(*wanted, "--json")
    _check_shape(ran.document, 2)
    assert ran.code == 2
    assert ran.document["result"] == "bad_input"
    assert ran.document["format"] == f"crmcore.{'audit' if words[0] == 'audit' else 'switch'}/1"
    assert len(ran.document["errors"]) == 1


def test_the_option_of_a_bad_value_is_named(run: Run) -> None:
    """People are told what they typed, not what the library calls it."""
    assert run(*SAMPLE, "--chunk", "0", "--json").document["errors"][0]["field"] == "--chunk"
    assert run(*SAMPLE, "--key", "", "--json").document["errors"][0]["field"] == "--key"
    assert run(*SAMPLE, "--pipeline", "-1", "--json").document["errors"][0]["field"] == "--pipeline"


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "empty_file"),
        (b"TITLE\nx\n", "missing_column"),
        (b"ID;TITLE\n1;\xff\xfe\n", "unknown_encoding"),
        (b'ID;TITLE\n1;"open\n', "unterminated_quote"),
        (b"ID;TITLE;ID\n1;x;1\n", "heading_twice"),
        (b"ID;TITLE\n1;x;y\n", "cell_count"),
        (b"ID;TITLE\n1;a\n1;b\n", "id_differs"),
        (b"ID;STATUS_ID\n1;NOWHERE\n", "unknown_stage"),
        (b"ID;TITLE\n1;a\x07b\n", "invalid_value"),
        (b"ID;TITLE\n99999999999999999999;a\n", "bad_id"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(run: Run, tmp_path: Path, content: bytes, code: str) -> None:
    """Exit 2; file and line say where."""
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    ran = run("switch", str(path), "--json")
    _check_shape(ran.document, 2)
    fault = ran.document["errors"][0]
    assert (fault["file"], fault["code"]) == (str(path), code)
    assert fault["line"] >= 1
    assert str(fault["line"]) in run("switch", str(path)).err


@pytest.mark.parametrize("command", ["switch", "audit"])
def test_a_file_that_cannot_be_opened_is_named(run: Run, tmp_path: Path, command: str) -> None:
    """A missing file, a folder and a path through a file: exit 2 and no traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "file" / "below"):
        ran = run(command, str(path), "--json")
        _check_shape(ran.document, 2)
        fault = ran.document["errors"][0]
        looked_for = path / "crm.json" if command == "audit" and path.is_dir() else path
        assert (ran.code, fault["file"], fault["code"]) == (2, str(looked_for), "unreadable_file")


def test_an_activity_of_no_lead_is_a_bad_row(run: Run, csv: Callable[..., str]) -> None:
    """An activity belongs to a lead of the file."""
    activities = csv("ID;LEAD_ID;SUBJECT", "1;999;x", name="activities.csv")
    document = run(*SAMPLE, "--activities", activities, "--json").document
    _check_shape(document, 2)
    assert (document["errors"][0]["file"], document["errors"][0]["line"]) == (activities, 2)


# Files


def test_all_files_are_written_and_listed(run: Run, tmp_path: Path) -> None:
    """The names are relative to the folder, which is made where it is missing."""
    folder = tmp_path / "a" / "b"
    document = run(*WHOLE, "--json", "--out", str(folder)).document
    assert {"leads.csv", "deals.csv", "contacts.csv", "companies.csv", "activities.csv", "crm.json"} <= set(
        document["files"]
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(document["files"])


def test_the_same_line_may_be_run_again(run: Run, tmp_path: Path) -> None:
    """The files of an earlier run are replaced."""
    first = run(*SAMPLE, "--json", "--out", str(tmp_path)).document
    (tmp_path / "leads.csv").write_text("of an earlier run", encoding="utf-8")
    assert run(*SAMPLE, "--json", "--out", str(tmp_path)).document["files"] == first["files"]
    assert "of an earlier run" not in (tmp_path / "leads.csv").read_text(encoding="utf-8")
    # A run that was killed between two files has left its document under another name.
    (tmp_path / "crm.json").rename(tmp_path / ".crm.json.7.part")
    assert run(*SAMPLE, "--json", "--out", str(tmp_path)).document["files"] == first["files"]
    assert run("audit", str(tmp_path / "crm.json")).code == 0


def test_a_preview_writes_no_files(run: Run, tmp_path: Path) -> None:
    """There is nothing to write yet."""
    ran = run(*SAMPLE, "--json", "--preview", "--out", str(tmp_path / "out"))
    assert (ran.code, ran.document["files"]) == (0, [])
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_named(run: Run, tmp_path: Path) -> None:
    """A file where the folder should be, above it, or a folder where a file should be: exit 2, nothing written."""
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "full" / "crm.json").mkdir(parents=True)
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "full"):
        ran = run(*SAMPLE, "--json", "--out", str(folder))
        _check_shape(ran.document, 2)
        assert ran.document["errors"][0]["file"].startswith(str(tmp_path))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["crm.json"]


@pytest.mark.parametrize("out", [".", "same", "link"])
def test_a_file_that_is_read_is_not_written_over(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    """Exit 2 naming it, whatever the folder is called, and also where an earlier run has written there."""
    assert run(*SAMPLE, "--out", str(tmp_path)).code == 0
    (tmp_path / "same").symlink_to(tmp_path)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "leads.csv").symlink_to(tmp_path / "leads.csv")
    monkeypatch.chdir(tmp_path)
    before = (tmp_path / "leads.csv").read_bytes()
    for more in ((), ("--preview",)):
        ran = run("switch", "leads.csv", "--json", "--out", out, *more)
        _check_shape(ran.document, 2)
        (fault,) = ran.document["errors"]
        assert (fault["code"], fault["field"]) == ("input_file", "--out")
        assert fault["file"] == str(Path(out, "leads.csv"))
    ran = run(*SAMPLE, "--activities", "activities.csv", "--json", "--out", ".")
    assert [Path(fault["file"]).name for fault in ran.document["errors"]] == ["activities.csv"]
    assert (tmp_path / "leads.csv").read_bytes() == before


def test_only_the_files_of_an_earlier_run_are_replaced(run: Run, tmp_path: Path) -> None:
    """Exit 2 naming each file of somebody else's that would be; others are no obstacle."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for name in ("deals.csv", "crm.json"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    ran = run(*SAMPLE, "--json", "--out", str(tmp_path))
    _check_shape(ran.document, 2)
    assert [(fault["code"], Path(fault["file"]).name) for fault in ran.document["errors"]] == [
        ("file_exists", "deals.csv"),
        ("file_exists", "crm.json"),
    ]
    assert {path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"mine"}
    for name in ("deals.csv", "crm.json"):
        (tmp_path / name).unlink()
    assert run(*SAMPLE, "--json", "--out", str(tmp_path)).code == 0
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_an_empty_name_is_no_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that a script never set does not mean the current folder."""
    monkeypatch.chdir(tmp_path)
    ran = run(*SAMPLE, "--json", "--out", "")
    _check_shape(ran.document, 2)
    assert ran.document["errors"][0]["field"] == "--out"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_ends_like_a_failing_store(run: Run) -> None:
    """Exit 4: the place looked right, and the system said no."""
    if not Path("/proc/self").is_dir():
        pytest.skip("needs a folder in which nobody can make files")
    ran = run(*SAMPLE, "--json", "--out", "/proc/self/crmcore")
    _check_shape(ran.document, 4)
    assert ran.code == 4
    assert ran.document["files"] == []


# Audit


@pytest.fixture
def crm_file(run: Run, tmp_path: Path) -> Path:
    """The document of the switched sample."""
    assert run(*WHOLE, "--out", str(tmp_path)).code == 0
    return tmp_path / "crm.json"


def _first_with_activity(document: Json) -> Json:
    row: Json = next(row for row in document["ledger"] if row["activity_ids"])
    return row


def _deal_removed(document: Json) -> None:
    document["deals"].pop(3)


def _second_deal(document: Json) -> None:
    document["deals"].append({**document["deals"][3], "id": 9999})


def _lead_put_back(document: Json) -> None:
    lead = next(lead for lead in document["leads"] if lead["deal_id"])
    lead.update(stage="NEW", semantics="P")


def _lead_put_back_by_its_stage_alone(document: Json) -> None:
    lead = next(lead for lead in document["leads"] if lead["deal_id"])
    lead["stage"] = "NEW"


def _activity_unbound(document: Json) -> None:
    id = _first_with_activity(document)["activity_ids"][0]
    activity = next(each for each in document["activities"] if each["id"] == id)
    activity["bindings"] = [pair for pair in activity["bindings"] if pair[0] != "deal"]


def _amount_changed(document: Json) -> None:
    row = next(row for row in document["ledger"] if row["amount"])
    row["amount"]["amount"] = "0.01"


DAMAGES = [
    (_deal_removed, "SWITCH-1"),
    (_second_deal, "SWITCH-1"),
    (_lead_put_back, "CONV-5"),
    (_lead_put_back_by_its_stage_alone, "CONV-5"),
    (_activity_unbound, "CONV-6"),
    (_amount_changed, "CONV-9"),
]


@pytest.mark.rule("SWITCH-1", "CONV-5", "CONV-6", "CONV-9", "CLI-1.6")
@pytest.mark.parametrize("damage, rule", DAMAGES)
def test_an_audit_names_the_rule_that_damage_breaks(
    run: Run, crm_file: Path, damage: Callable[[Json], None], rule: str
) -> None:
    """Exit 5, with the rule, the law and the records."""
    document = json.loads(crm_file.read_text(encoding="utf-8"))
    damage(document)
    crm_file.write_text(json.dumps(document), encoding="utf-8")
    ran = run("audit", str(crm_file), "--json")
    _check_shape(ran.document, 5)
    assert (ran.code, ran.document["ok"]) == (5, False)
    assert rule in {violation["rule"] for violation in ran.document["violations"]}
    assert all(list(violation) == ["rule", "law", "kind", "ids"] for violation in ran.document["violations"])
    shown = run("audit", str(crm_file))
    assert (shown.code, shown.out) == (5, "")
    assert rule in shown.err


def test_all_damage_at_once_is_named_together(run: Run, crm_file: Path) -> None:
    """One audit finds everything."""
    document = json.loads(crm_file.read_text(encoding="utf-8"))
    for damage in (_amount_changed, _activity_unbound, _lead_put_back, _second_deal, _deal_removed):
        damage(document)
    crm_file.write_text(json.dumps(document), encoding="utf-8")
    found = {violation["rule"] for violation in run("audit", str(crm_file), "--json").document["violations"]}
    assert {rule for _, rule in DAMAGES} <= found


@pytest.mark.rule("DATA-2")
def test_a_document_that_cannot_be_read_is_refused_at_its_place(run: Run, crm_file: Path) -> None:
    """Exit 2: the place inside the document, or the line that is no JSON."""
    document = json.loads(crm_file.read_text(encoding="utf-8"))
    document["deals"][3]["amount"] = "secret"
    crm_file.write_text(json.dumps(document), encoding="utf-8")
    ran = run("audit", str(crm_file), "--json")
    _check_shape(ran.document, 2)
    assert ran.document["result"] == "bad_input"
    assert ran.document["errors"][0]["field"] == "deals[3].amount"
    assert "secret" not in ran.out + run("audit", str(crm_file)).err
    crm_file.write_text('{\n "format": oops', encoding="utf-8")
    assert run("audit", str(crm_file), "--json").document["errors"][0]["line"] == 2
    crm_file.write_bytes(b"\xff")
    assert run("audit", str(crm_file), "--json").document["errors"][0]["code"] == "unknown_encoding"


def test_a_clean_audit_says_so(run: Run, crm_file: Path) -> None:
    """Exit 0 and the number of leads."""
    ran = run("audit", str(crm_file))
    assert (ran.code, ran.out) == (0, "")
    assert "All laws hold" in ran.err


def test_an_editor_may_have_added_a_byte_order_mark(run: Run, crm_file: Path) -> None:
    """The document is the same with it."""
    crm_file.write_bytes(b"\xef\xbb\xbf" + crm_file.read_bytes())
    assert run("audit", str(crm_file)).code == 0


# For people


@pytest.mark.rule("CLI-2.3")
def test_the_demonstration_fits_a_screen(run: Run) -> None:
    """Preview, switch, what became of the leads and the audit, within 45 lines of 100 columns."""
    ran = run("demo")
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    for word in ("preview", "switch", "What became of the leads", "Audit", "All laws hold"):
        assert word in ran.out


def test_people_get_tables_on_standard_error(run: Run, tmp_path: Path) -> None:
    """Without `--json` standard output stays free."""
    ran = run(*WHOLE, "--out", str(tmp_path))
    assert (ran.code, ran.out) == (0, "")
    assert "The CRM is Simple now" in ran.err
    assert "crm.json" in ran.err
    kept, unkept = ran.err, run(*WHOLE).err
    assert ("Nothing of it was kept" in kept, "Nothing of it was kept: --out FOLDER" in unkept) == (False, True)
    refused = run(*SAMPLE, "--pipeline", "9")
    assert "unknown_pipeline (rule POLICY-2)" in refused.err


def test_programs_get_the_document_alone(run: Run) -> None:
    """With `--json` nothing disturbs standard error either, where no terminal is."""
    ran = run(*WHOLE, "--json")
    assert ran.err == ""
    assert ran.out.count("\n}\n") == 1


@pytest.mark.parametrize("word", ["--help", "--version", "switch --help"])
def test_help_and_version_end_well(run: Run, word: str) -> None:
    """Both are on standard output."""
    ran = run(*word.split())
    assert ran.code == 0
    assert ran.out.strip()


# In a process of its own


@pytest.mark.slow
def test_a_process_ends_with_the_exit_code() -> None:
    """What `main` gives is what the shell gets."""
    ran = _started(*SAMPLE, "--json", "--pipeline", "9")
    assert (ran.returncode, printed(ran.stdout)["result"]) == (1, "refused")


@pytest.mark.slow
def test_a_terminal_without_unicode_is_no_obstacle(shared: Path) -> None:
    """Letters of all scripts come through as escapes."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    ran = _started("switch", str(shared / "data" / "leads_export_ru.csv"), "--json", env=environment)
    assert printed(ran.stdout)["totals"]["converted"] == 42
    assert _started("demo", env=environment).returncode == 0


@pytest.mark.slow
def test_a_reader_that_stops_listening_is_no_error() -> None:
    """A closed pipe ends the output, not with a traceback, and the exit code stays."""
    code = (
        "import os, sys; read, write = os.pipe(); os.close(read); os.dup2(write, 1)\n"
        "from crmcore.adapters.cli import main\n"
        f"sys.exit(main({[*SAMPLE, '--json', '--pipeline', '9']!r}))"
    )
    # Buffered, as it is without a terminal: what is left over would be written at the very end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ran = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False, timeout=120, env=environment
    )
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.slow
@pytest.mark.parametrize("package", ["rich", "cyclopts", "cattrs"])
def test_a_missing_extra_is_named(package: str) -> None:
    """Exit 2 and how to get it; with `--json` in the document."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from crmcore.adapters.cli import main\n"
        "sys.exit(main(['audit', 'crm.json', '--json']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 2
    assert "pip install 'crmcore[cli]'" in ran.stderr
    _check_shape(printed(ran.stdout), 2)
