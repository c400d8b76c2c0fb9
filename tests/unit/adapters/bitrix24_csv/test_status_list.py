"""The lead stages of a portal, as its interface lists them (CSV-12)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv import BadFile
from crmcore.adapters.bitrix24_csv.own.status_list import read_status_list
from crmcore.adapters.cli import main
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, StageSemantics
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
