"""The deal pipelines of a portal, as its interface lists them (CSV-13)."""

import json
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv import BadFile
from crmcore.adapters.bitrix24_csv.own.pipeline_list import read_pipelines
from crmcore.adapters.bitrix24_csv.own.status_list import read_status_list
from crmcore.adapters.cli import main
from crmcore.domain.model.ids import PipelineId
from crmcore.domain.model.pipeline import DEFAULT_DEAL_STAGES, Pipeline, default_pipeline
from tests.printed import printed
from tests.unit.adapters.bitrix24_csv.files import write_file

NEWER = [
    {"id": 0, "name": "Vendite", "sort": 100, "entityTypeId": 2, "isDefault": "Y"},
    {"id": 5, "name": "Partner", "sort": 200, "entityTypeId": 2, "isDefault": "N"},
    {"id": 9, "name": "Fatture", "sort": 300, "entityTypeId": 31, "isDefault": "N"},
]
OLDER = [{"ID": "5", "NAME": "Partner", "SORT": "200", "IS_LOCKED": "N", "CREATED_DATE": "2026-01-01"}]
STAGES = [
    ("STATUS", "NEW", "Nuovo", None, "10"),
    ("DEAL_STAGE", "NEW", "Prima", None, "10"),
    ("DEAL_STAGE", "UC_1", "Contratto", None, "20"),
    ("DEAL_STAGE_5", "C5:LOSE", "Persa", "F", "50"),
    ("DEAL_STAGE_5", "C5:CALL", "Chiamata", None, "20"),
    ("DEAL_STAGE_5", "C5:NEW", "Nuova", None, "10"),
    ("DEAL_STAGE_5", "C5:WON", "Vinta", "S", "40"),
    ("DEAL_STAGE_7", "C7:NEW", "Nuova", None, "10"),
]
SEVEN = Pipeline(id=PipelineId(7), name="Partners", stages=DEFAULT_DEAL_STAGES)
THERE = {default_pipeline().id: default_pipeline()}


def _pipelines(folder: Path, rows: list[dict[str, Any]], name: str = "pipelines.json") -> Path:
    return write_file(folder, json.dumps({"result": {"categories": rows}}).encode(), name)


def _stages(folder: Path, rows: list[tuple[str, str, str, str | None, str]]) -> Path:
    names = ("ENTITY_ID", "STATUS_ID", "NAME", "SEMANTICS", "SORT")
    answer = {"result": [dict(zip(names, row, strict=True)) for row in rows]}
    return write_file(folder, json.dumps(answer).encode(), "stages.json")


@pytest.mark.rule("CSV-13.1")
def test_both_methods_list_pipelines(tmp_path: Path) -> None:
    """Those of deals alone; a new one has the usual stages, and the default one takes the name of the list."""
    newer = read_pipelines(_pipelines(tmp_path, NEWER), THERE)
    assert {id: (each.name, each.stages == DEFAULT_DEAL_STAGES) for id, each in newer.items()} == {
        0: ("Vendite", True),
        5: ("Partner", True),
    }
    older = read_pipelines(write_file(tmp_path, json.dumps({"result": OLDER}).encode(), "older.json"), THERE)
    csv = read_pipelines(write_file(tmp_path, "ID;NAME;SORT\n5;Partner;200\n", "older.csv"), THERE)
    assert older == csv == {5: newer[PipelineId(5)]}


@pytest.mark.rule("CSV-13.2")
def test_stages_of_deals_come_with_the_list_of_stages(tmp_path: Path) -> None:
    """In their order, each for its pipeline; behind those that are there, whose names stay."""
    listed = read_status_list(_stages(tmp_path, STAGES))
    found = read_pipelines(_pipelines(tmp_path, NEWER), THERE, listed)
    assert [stage.code for stage in found[PipelineId(5)].stages] == ["C5:NEW", "C5:CALL", "C5:WON", "C5:LOSE"]
    assert found[PipelineId(5)].first_stage.name == "Nuova"
    default = found[PipelineId(0)].stages
    assert (default[:-1], default[-1].code, default[-1].name) == (DEFAULT_DEAL_STAGES, "UC_1", "Contratto")


@pytest.mark.rule("CSV-13.3")
@pytest.mark.parametrize(
    "rows, code, field",
    [
        ([{"id": 7, "name": "Fairs"}], "record_differs", "NAME"),
        ([{"id": 5, "name": "a"}, {"id": 5, "name": "a"}], "id_differs", "ID"),
        ([{"id": "x", "name": "a"}], "bad_id", "ID"),
        ([{"id": None, "name": "a"}], "bad_id", "ID"),
        ([{"id": 5, "name": "a" * 300}], "invalid_value", "NAME"),
        ([{"id": 5, "name": "a", "entityTypeId": 31}], "wrong_file", None),
        ([{"id": 5, "title": "a"}], "wrong_file", None),
        ([{"ID": "5", "NAME": "Ada", "LAST_NAME": "Sample"}], "wrong_file", None),
        ([{"ID": "5", "TITLE": "a", "NAME": "Ada", "Stage": "x"}], "wrong_file", None),
        ([{"ID": "5", "NAME": "Lamp", "SORT": "1", "CATALOG_ID": "2"}], "wrong_file", None),
        ([{"ID": "1", "ENTITY_ID": "STATUS", "STATUS_ID": "NEW", "NAME": "a"}], "wrong_file", None),
    ],
)
def test_a_list_of_other_things_is_refused(
    tmp_path: Path, rows: list[dict[str, Any]], code: str, field: str | None
) -> None:
    """As a whole: a deal would start in a pipeline that only has the same number."""
    with pytest.raises(BadFile) as bad:
        read_pipelines(_pipelines(tmp_path, rows), {**THERE, SEVEN.id: SEVEN})
    assert (bad.value.row.code, bad.value.row.field) == (code, field)


@pytest.mark.rule("CSV-13.3")
@pytest.mark.parametrize("stage", [("DEAL_STAGE", "NEW", "a", "F", "1"), ("DEAL_STAGE_5", "C5:WON", "a", "S", "1")])
def test_stages_that_cannot_be_theirs_are_refused(tmp_path: Path, stage: tuple[str, str, str, str, str]) -> None:
    """One of another meaning than it has in the CRM, and a pipeline in which no deal could start."""
    listed = read_status_list(_stages(tmp_path, [stage]))
    with pytest.raises(BadFile) as bad:
        read_pipelines(_pipelines(tmp_path, NEWER), THERE, listed)
    assert (bad.value.row.code, bad.value.row.file) == ("unknown_stage", str(tmp_path / "stages.json"))


def test_a_pipeline_that_is_there_stays(tmp_path: Path) -> None:
    """Under its name, in whatever case the list has it, and with its stages; so does a default one that was named."""
    five = Pipeline(id=PipelineId(5), name="PARTNER", stages=DEFAULT_DEAL_STAGES)
    ours = Pipeline(id=PipelineId(0), name="Ours", stages=DEFAULT_DEAL_STAGES)
    there = {each.id: each for each in (five, ours)}
    assert read_pipelines(_pipelines(tmp_path, NEWER), there) == there


@pytest.mark.rule("CSV-13.1", "CSV-13.2", "CSV-13.4")
def test_deals_start_in_a_pipeline_of_the_portal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is chosen by its name, and both preview and result say which it is."""
    monkeypatch.chdir(tmp_path)
    _pipelines(tmp_path, NEWER)
    _stages(tmp_path, STAGES)
    write_file(tmp_path, "ID;TITLE;STATUS_ID\n1;a;NEW\n")
    line = ["switch", "leads.csv", "--pipelines", "pipelines.json", "--stages", "stages.json", "--pipeline"]
    assert main([*line, "partner", "--preview"]) == 0
    seen = " ".join(capsys.readouterr().err.split())
    assert "pipeline 5 (Partner)" in seen
    assert "5 Partner 4" in seen
    assert main([*line, "Partner", "--out", "out", "--json"]) == 0
    document = printed(capsys.readouterr().out)
    assert (document["policy"]["pipeline_id"], document["pipeline"]) == (5, "Partner")
    assert [(row["id"], row["stages"]) for row in document["new_pipelines"]] == [(0, 9), (5, 4)]
    (deal,) = json.loads((tmp_path / "out" / "crm.json").read_text(encoding="utf-8"))["deals"]
    assert (deal["pipeline_id"], deal["stage"]) == (5, "C5:NEW")
    assert main([*line, "0", "--preview", "--json"]) == 0
    assert printed(capsys.readouterr().out)["pipeline"] == "Vendite"
    assert main([*line, "Nowhere", "--json"]) == 2
    (error,) = printed(capsys.readouterr().out)["errors"]
    assert (error["field"], "0 Vendite, 5 Partner" in error["message"]) == ("--pipeline", True)


@pytest.mark.rule("CSV-13.1", "CSV-13.4")
def test_a_store_gets_the_pipelines_of_its_portal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once; the same list again changes nothing, and inspect shows what it says."""
    monkeypatch.chdir(tmp_path)
    _pipelines(tmp_path, NEWER)
    write_file(tmp_path, "ID;TITLE;STATUS_ID\n1;a;NEW\n")
    assert main(["init", "--store", "crm.db", "--mode", "classic"]) == 0
    capsys.readouterr()
    found = []
    for _ in range(2):
        assert main(["import", "leads.csv", "--pipelines", "pipelines.json", "--store", "crm.db", "--json"]) == 0
        found.append([row["name"] for row in printed(capsys.readouterr().out)["new_pipelines"]])
    assert found == [["Vendite", "Partner"], []]
    assert main(["switch", "--store", "crm.db", "--pipeline", "Partner", "--preview", "--json"]) == 0
    assert printed(capsys.readouterr().out)["pipeline"] == "Partner"
    assert main(["inspect", "leads.csv", "--pipelines", "pipelines.json", "--json"]) == 0
    assert [row["id"] for row in printed(capsys.readouterr().out)["pipelines"]] == [0, 5]
    assert main(["inspect", "leads.csv", "--pipelines", "leads.csv"]) == 2


LIST = "expected a list of pipelines (crm.category.list, crm.dealcategory.list), with ID and NAME (wrong_file)"
ID = "ID: expected the id of a pipeline, a whole number from 0 (bad_id)"


@pytest.mark.rule("CSV-13.3", "CSV-2.4")
@pytest.mark.parametrize(
    "text, said",
    [
        ("ID;TITLE\n5;a\n", f": {LIST}"),
        ("NAME;SORT\na;1\n", f": {LIST}"),
        ("ID;NAME;LAST_NAME\n5;a;b\n", f": {LIST}"),
        ("ID;NAME;SORT;STATUS_ID\n5;a;1;NEW\n", f": {LIST}"),
        ("ID;NAME;entityTypeId\n5;a;31\n", ": expected the pipelines of deals, whose entityTypeId is 2 (wrong_file)"),
        (
            "ID;NAME;ENTITY_TYPE_ID\n5;a;31\n",
            ": expected the pipelines of deals, whose entityTypeId is 2 (wrong_file)",
        ),
        ("ID;NAME\n5;a\n;b\n", f", line 3, {ID}"),
        ("ID;NAME\n5;a\n-1;b\n", f", line 3, {ID}"),
        ("ID;NAME\n5;a\n6;b\n5;c\n", ", line 4, ID: expected each pipeline once (id_differs)"),
        (f"ID;NAME\n5;{'x' * 256}\n", ", line 2, NAME: expected at most 255 characters (invalid_value)"),
        (
            "ID;NAME\n7;Fairs\n",
            ", line 2, NAME: expected the name that pipeline 7 has in the CRM: this may be another one "
            "(record_differs)",
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, text: str, said: str) -> None:
    """Where it stands, and what would have been right."""
    path = write_file(tmp_path, text, "pipelines.csv")
    with pytest.raises(BadFile) as bad:
        read_pipelines(path, {**THERE, SEVEN.id: SEVEN})
    assert str(bad.value.row) == f"{path}{said}"


@pytest.mark.rule("CSV-13.3")
def test_stages_that_no_pipeline_can_have_are_told_by_their_list(tmp_path: Path) -> None:
    """The list of stages is the one to mend."""
    listed = read_status_list(_stages(tmp_path, [("DEAL_STAGE_5", "C5:WON", "a", "S", "1")]))
    with pytest.raises(BadFile) as bad:
        read_pipelines(_pipelines(tmp_path, NEWER), THERE, listed)
    said = "expected at least one in-process stage (unknown_stage)"
    assert str(bad.value.row) == f"{tmp_path / 'stages.json'}, SEMANTICS: {said}"


@pytest.mark.rule("CSV-13.1")
@pytest.mark.parametrize("id", ["0", "0.0", " 0 "])
def test_the_default_pipeline_takes_the_name_that_a_portal_gave_it(tmp_path: Path, id: str) -> None:
    """Unless the CRM has named it itself, or the list says nothing; rows of separators are none."""
    path = write_file(tmp_path, f"ID;NAME\n;\n{id}; Vendite \n5;\n7;PARTNERS\n", "pipelines.csv")
    found = read_pipelines(path, {**THERE, SEVEN.id: SEVEN})
    assert {each: pipeline.name for each, pipeline in found.items()} == {0: "Vendite", 5: None, 7: "Partners"}
    assert found[PipelineId(7)] is SEVEN
    named = Pipeline(id=PipelineId(0), name="Ours", stages=DEFAULT_DEAL_STAGES)
    unnamed = Pipeline(id=PipelineId(5), name=None, stages=DEFAULT_DEAL_STAGES)
    kept = read_pipelines(path, {named.id: named, unnamed.id: unnamed})
    assert (kept[PipelineId(0)], kept[PipelineId(5)]) == (named, unnamed)
    other = read_pipelines(write_file(tmp_path, "ID;NAME\n5;b\n", "b.csv"), {unnamed.id: unnamed})
    assert other == {5: unnamed}
    nameless = read_pipelines(write_file(tmp_path, "ID;NAME\n7;\n0\n", "n.csv"), {**THERE, SEVEN.id: SEVEN})
    assert nameless == {7: SEVEN, 0: default_pipeline()}


def test_one_page_of_a_longer_list_is_refused_unless_somebody_says_so(tmp_path: Path) -> None:
    """The pipeline that is asked for may stand on another page."""
    path = write_file(tmp_path, json.dumps({"result": {"categories": NEWER}, "total": 120}), "page.json")
    with pytest.raises(BadFile, match=r"\(partial_file\)"):
        read_pipelines(path, THERE)
    assert list(read_pipelines(path, THERE, partial=True)) == [0, 5]
