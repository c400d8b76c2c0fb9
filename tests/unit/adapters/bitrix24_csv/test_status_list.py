"""The lead stages of a portal, as its interface lists them (CSV-12)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv import BadFile
from crmcore.adapters.bitrix24_csv.own.status_list import read_status_list
from crmcore.adapters.cli import main
from crmcore.domain.model.ids import PipelineId, StageCode
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, Stage, StageSemantics
from tests.printed import printed
from tests.unit.adapters.bitrix24_csv.files import write_file


def _row(code: str, name: str, entity: str = "STATUS", **more: Any) -> dict[str, Any]:
    return {"ENTITY_ID": entity, "STATUS_ID": code, "NAME": name, "SEMANTICS": None, **more}


ROWS = [
    _row("NEW", "Da chiamare"),
    _row("UC_1", "Richiamare"),
    _row("JUNK", "Perso", SEMANTICS="F"),
    _row("CONVERTED", "Vinto", SEMANTICS="S"),
    _row("UC_2", "Doppione", EXTRA={"SEMANTICS": "apology", "COLOR": "#fff"}),
    _row("WEB", "Sito", "SOURCE"),
    _row("NEW", "Nuova", "DEAL_STAGE"),
]


def _file(folder: Path, *rows: dict[str, Any]) -> Path:
    return write_file(folder, json.dumps({"result": rows}).encode(), "stages.json")


@pytest.mark.rule("CSV-12.1")
def test_codes_names_and_meanings_are_taken(tmp_path: Path) -> None:
    """Of leads alone; stages that are there stay before those that are new."""
    stages = read_status_list(_file(tmp_path, *ROWS)).lead_stages(DEFAULT_LEAD_STAGES)
    assert [(stage.code, stage.name, stage.semantics) for stage in stages.stages] == [
        ("NEW", "Da chiamare", StageSemantics.IN_PROCESS),
        ("IN_PROCESS", "In progress", StageSemantics.IN_PROCESS),
        ("PROCESSED", "Processed", StageSemantics.IN_PROCESS),
        ("CONVERTED", "Vinto", StageSemantics.SUCCESS),
        ("JUNK", "Perso", StageSemantics.FAILURE),
        ("UC_1", "Richiamare", StageSemantics.IN_PROCESS),
        ("UC_2", "Doppione", StageSemantics.FAILURE),
    ]


@pytest.mark.rule("CSV-12.3")
@pytest.mark.parametrize(
    "rows, code, field",
    [
        ([_row("JUNK", "Perso")], "unknown_stage", "SEMANTICS"),
        ([_row("WON", "Vinto", SEMANTICS="S")], "unknown_stage", "SEMANTICS"),
        ([_row("UC_1", "x", SEMANTICS="Q")], "unknown_stage", "SEMANTICS"),
        ([_row("WEB", "Sito", "SOURCE")], "wrong_file", "ENTITY_ID"),
        ([{"ID": "1", "TITLE": "a"}], "wrong_file", None),
        ([{"ENTITY_ID": "STATUS", "STATUS_ID": "UC_1", "NAME": "x"}], "unknown_stage", "STATUS_ID"),
        ([_row("UC 1", "x")], "invalid_value", "STATUS_ID"),
        ([_row("UC_1", "x" * 300)], "invalid_value", "NAME"),
    ],
)
def test_a_list_that_is_not_understood_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], code: str, field: str | None
) -> None:
    """As a whole: a stage that is wrongly taken for one in process would convert leads."""
    with pytest.raises(BadFile) as bad:
        read_status_list(_file(tmp_path, *rows)).lead_stages(DEFAULT_LEAD_STAGES)
    assert (bad.value.row.code, bad.value.row.field) == (code, field)


@pytest.mark.rule("CSV-12.1", "CSV-12.2")
def test_leads_are_read_by_the_stages_of_their_portal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed ones stay closed, and the stages are in the CRM afterwards, used or not."""
    monkeypatch.chdir(tmp_path)
    _file(tmp_path, *ROWS)
    text = "ID;Nome del lead;Fase\n1;a;Richiamare\n2;b;Doppione\n3;c;Da chiamare\n"
    write_file(tmp_path, text.encode(), "leads.csv")
    assert main(["switch", "leads.csv", "--json"]) == 2
    capsys.readouterr()
    assert main(["switch", "leads.csv", "--stages", "stages.json", "--out", "out", "--json"]) == 0
    document = printed(capsys.readouterr().out)
    assert document["totals"]["converted"] == 2
    assert [stage["code"] for stage in document["new_stages"]] == ["UC_1", "UC_2"]
    crm = json.loads((tmp_path / "out" / "crm.json").read_text(encoding="utf-8"))
    assert [stage["code"] for stage in crm["stages"]][-2:] == ["UC_1", "UC_2"]
    assert main(["inspect", "leads.csv", "--stages", "stages.json", "--json"]) == 0
    (seen,) = printed(capsys.readouterr().out)["inspected"]
    assert [word["code"] for word in seen["stages"]] == ["UC_1", "UC_2", "NEW"]


LIST = "expected a list of stages (crm.status.list), with ENTITY_ID and STATUS_ID"
OF_LEADS = "expected the stages of leads, whose ENTITY_ID is STATUS"
NO_MEANINGS = "expected a column SEMANTICS for stages that the CRM does not have"
OTHER = "expected the meaning that the stage 'JUNK' has in the CRM"
MEANINGS = "expected S, F or nothing: success, failure, in process"
CODE = "expected a code of 1 to 100 printable characters without spaces"


@pytest.mark.rule("CSV-12.3", "CSV-2.4")
@pytest.mark.parametrize(
    "text, said",
    [
        ("ENTITY_ID;NAME\nSTATUS;a\n", f": {LIST} (wrong_file)"),
        ("STATUS_ID;NAME\nNEW;a\n", f": {LIST} (wrong_file)"),
        ("ENTITY_ID;STATUS_ID\nDEAL_STAGE;NEW\n", f", ENTITY_ID: {OF_LEADS} (wrong_file)"),
        ("ENTITY_ID;STATUS_ID\nSTATUS;NEW\nSTATUS;A\n", f", line 3, STATUS_ID: {NO_MEANINGS} (unknown_stage)"),
        ("ENTITY_ID;STATUS_ID;EXTRA\nSTATUS;JUNK;\n", f", line 2, SEMANTICS: {OTHER} (unknown_stage)"),
        ("ENTITY_ID;STATUS_ID;SEMANTICS\nSTATUS;JUNK;\n", f", line 2, SEMANTICS: {OTHER} (unknown_stage)"),
        ("ENTITY_ID;STATUS_ID;SEMANTICS\nSTATUS;A;X\n", f", line 2, SEMANTICS: {MEANINGS} (unknown_stage)"),
        (
            "ENTITY_ID;STATUS_ID;SEMANTICS\nSTATUS;WON;S\n",
            ", SEMANTICS: expected exactly one success stage (unknown_stage)",
        ),
        ("ENTITY_ID;STATUS_ID;SEMANTICS\nSTATUS;A B;\n", f", line 2, STATUS_ID: {CODE} (invalid_value)"),
        ("ENTITY_ID;STATUS_ID;SEMANTICS\nSTATUS;;F\n", f", line 2, STATUS_ID: {CODE} (invalid_value)"),
        (
            f"ENTITY_ID;STATUS_ID;NAME;SEMANTICS\nSTATUS;A;{'x' * 256};\n",
            ", line 2, NAME: expected at most 255 characters (invalid_value)",
        ),
        (
            f"ENTITY_ID;STATUS_ID;NAME\nSTATUS;NEW;{'x' * 256}\n",
            ", line 2, NAME: expected at most 255 characters (invalid_value)",
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, text: str, said: str) -> None:
    """Where it stands, and what would have been right."""
    path = write_file(tmp_path, text, "stages.csv")
    with pytest.raises(BadFile) as bad:
        read_status_list(path).lead_stages(DEFAULT_LEAD_STAGES)
    assert str(bad.value.row) == f"{path}{said}"


@pytest.mark.rule("CSV-12.1")
@pytest.mark.parametrize(
    "semantics, extra, means",
    [
        (None, None, "P"),
        ("", {}, "P"),
        ("P", None, "P"),
        ("process", None, "P"),
        ("F", None, "F"),
        ("f", None, "F"),
        ("FAILURE", None, "F"),
        ("apology", None, "F"),
        (None, {"SEMANTICS": "process"}, "P"),
        (None, {"SEMANTICS": "failure"}, "F"),
        (None, {"semantics": "F", "COLOR": "#fff"}, "F"),
        (None, {"COLOR": "#fff"}, "P"),
        (None, ["F"], "P"),
        ("F", {"SEMANTICS": "process"}, "F"),
    ],
)
def test_a_stage_means_what_the_list_says(tmp_path: Path, semantics: object, extra: object, means: str) -> None:
    """In its older column or in its newer part, and the older one counts; nothing is in process."""
    path = _file(tmp_path, _row("A", "a", SEMANTICS=semantics, EXTRA=extra))
    stage = read_status_list(path).lead_stages(DEFAULT_LEAD_STAGES).stages[-1]
    wanted = {"P": StageSemantics.IN_PROCESS, "F": StageSemantics.FAILURE}[means]
    assert (stage.code, stage.name, stage.semantics) == ("A", "a", wanted)


@pytest.mark.rule("CSV-12.1")
def test_a_list_without_meanings_names_stages_that_are_there(tmp_path: Path) -> None:
    """A cell without a name leaves the name; blanks around a cell do not count, nor does a row that is too short."""
    text = "ENTITY_ID;STATUS_ID;NAME\n STATUS ; NEW ; Neu \nSTATUS;JUNK;\nSTATUS;CONVERTED\n"
    stages = read_status_list(write_file(tmp_path, text, "stages.csv")).lead_stages(DEFAULT_LEAD_STAGES).stages
    assert [stage.name for stage in stages] == ["Neu", "In progress", "Processed", "Good lead", "Junk lead"]
    assert [stage.semantics for stage in stages] == [stage.semantics for stage in DEFAULT_LEAD_STAGES.stages]


@pytest.mark.rule("CSV-13.2")
def test_stages_of_deals_stand_in_the_order_of_the_list(tmp_path: Path) -> None:
    """By their numbers; those without one come last, as they stand; of a stage that comes twice the first counts."""
    rows = [
        _row("C5:X", "x", "DEAL_STAGE_5", SORT=None),
        _row("C5:Y", "y", "DEAL_STAGE_5", SORT=""),
        _row("C5:B", "b", "DEAL_STAGE_5", SORT=100),
        _row("C5:A", "a", "DEAL_STAGE_5", SORT=20),
        _row("C5:A", "again", "DEAL_STAGE_5", SORT=30),
        _row("C7:A", "a", "DEAL_STAGE_7", SORT=10),
        _row("A", "a", "DEAL_STAGE", SORT=10),
    ]
    listed = read_status_list(_file(tmp_path, *rows))
    found = [(stage.code, stage.name) for stage in listed.deal_stages(PipelineId(5), ())]
    assert found == [("C5:A", "a"), ("C5:B", "b"), ("C5:X", "x"), ("C5:Y", "y")]
    assert [stage.code for stage in listed.deal_stages(PipelineId(0), ())] == ["A"]
    there = (Stage(code=StageCode("C7:Z"), name="z", semantics=StageSemantics.SUCCESS),)
    assert [stage.code for stage in listed.deal_stages(PipelineId(7), there)] == ["C7:Z", "C7:A"]
    assert listed.deal_stages(PipelineId(9), there) == there


def test_one_page_of_a_longer_list_is_refused_unless_somebody_says_so(tmp_path: Path) -> None:
    """A stage on another page would be unknown, and its leads bad rows."""
    text = json.dumps({"result": [_row("NEW", "Neu")], "total": 120})
    path = write_file(tmp_path, text, "page.json")
    with pytest.raises(BadFile, match=r"\(partial_file\)"):
        read_status_list(path)
    assert read_status_list(path, partial=True).lead_stages(DEFAULT_LEAD_STAGES).entry.name == "Neu"
