"""Lead stages and pipelines are listed and changed on the command line, and a pipeline goes by its name."""

from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from tests.printed import printed
from tests.ready import CLASSIC, lay


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two leads."""
    path = tmp_path_factory.mktemp("catalogues") / "leads.csv"
    path.write_text("ID;TITLE;STATUS_ID\n1;a;NEW\n2;b;IN_PROCESS\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leads: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_bytes(leads.read_bytes())
    lay(Path("crm.db"), CLASSIC, ("import", str(leads)))


def _json(capsys: pytest.CaptureFixture[str], line: str, *more: str) -> dict[str, Any]:
    code = main([*line.split(), *more, "--store", "crm.db", "--json"])
    document: dict[str, Any] = printed(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document


def _codes(document: dict[str, Any]) -> list[str]:
    return [stage["code"] for stage in document["stages"]]


@pytest.mark.rule("STAGE-1")
def test_stages_are_added_renamed_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command lists them as they are now; a new one stands behind the others."""
    usual = _codes(_json(capsys, "stages list"))
    added = _json(capsys, "stages add CALLED --means", "in process", "--name", "Called back")
    assert _codes(added) == [*usual, "CALLED"]
    assert (added["stages"][-1]["name"], added["stages"][-1]["semantics"]) == ("Called back", "P")
    renamed = _json(capsys, "stages rename CALLED", "Called twice")
    assert renamed["stages"][-1]["name"] == "Called twice"
    assert _codes(_json(capsys, "stages remove CALLED")) == usual
    assert _codes(_json(capsys, "stages list")) == usual


@pytest.mark.rule("STAGE-1")
@pytest.mark.parametrize(
    "line, code, said",
    [
        ("stages remove IN_PROCESS", 1, "stage_in_use"),
        ("stages remove NOWHERE", 2, "usage"),
        ("stages rename NOWHERE x", 2, "usage"),
        ("stages add NEW --means failure", 2, "usage"),
        ("stages add WON --means success", 2, "usage"),
        ("stages remove CONVERTED", 2, "invalid_value"),
        ("pipelines archive 0", 1, "pipeline_in_use"),
        ("pipelines archive 9", 1, "unknown_pipeline"),
        ("pipelines archive Nowhere", 2, "usage"),
        ("pipelines add Fairs --id 0", 2, "invalid_value"),
        ("pipelines add Fairs --id -1", 2, "invalid_value"),
        ("stages list --actor 2", 0, None),
        ("stages remove PROCESSED --actor 2", 1, "not_permitted"),
        ("pipelines add Fairs --actor 2", 1, "not_permitted"),
    ],
)
def test_what_cannot_be_changed_stays(
    capsys: pytest.CaptureFixture[str], line: str, code: int, said: str | None
) -> None:
    """A rule that says no is exit 1, a wrong call exit 2."""
    before = _json(capsys, "stages list")["stages"], _json(capsys, "pipelines list")["pipelines"]
    document = _json(capsys, line)
    reasons = [error["code"] for error in document["errors"]] + [(document["refusal"] or {}).get("code")]
    assert (document["exit_code"], said in reasons) == (code, True)
    assert (_json(capsys, "stages list")["stages"], _json(capsys, "pipelines list")["pipelines"]) == before


@pytest.mark.rule("POLICY-2", "STAGE-1")
def test_a_pipeline_goes_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """It is added with the usual stages, chosen for a switch by name, and stays in use then."""
    (default, fairs) = _json(capsys, "pipelines add Fairs")["pipelines"]
    assert (default["id"], fairs["id"], fairs["name"], fairs["archived"]) == (0, 1, "Fairs", False)
    assert _json(capsys, "pipelines add Again --id 1")["errors"][0]["code"] == "usage"
    wrong = _json(capsys, "switch --pipeline Fair")
    assert (wrong["exit_code"], wrong["errors"][0]["field"]) == (2, "--pipeline")
    assert "1 Fairs" in wrong["errors"][0]["message"]
    preview = _json(capsys, "switch --preview --pipeline fairs")
    assert (preview["result"], preview["policy"]["pipeline_id"]) == ("preview", 1)
    assert _json(capsys, "switch --pipeline Fairs")["policy"]["pipeline_id"] == 1
    assert _json(capsys, "pipelines archive Fairs")["refusal"]["code"] == "pipeline_in_use"
    _json(capsys, "pipelines add Spare")
    assert _json(capsys, "pipelines archive Spare")["pipelines"][-1]["archived"] is True


def test_a_file_has_the_default_pipeline_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes by its name too; others come with a list of the portal's."""
    assert main(["switch", "leads.csv", "--pipeline", "general", "--preview"]) == 0
    capsys.readouterr()
    assert main(["switch", "leads.csv", "--pipeline", "Fairs", "--json"]) == 2
    (error,) = printed(capsys.readouterr().out)["errors"]
    assert (error["field"], error["code"]) == ("--pipeline", "usage")
    assert "--pipelines" in error["message"]


def test_people_see_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    """As a table."""
    assert main(["stages", "list", "--store", "crm.db"]) == 0
    assert "IN_PROCESS" in capsys.readouterr().err


def test_an_audit_finds_the_document_of_a_folder() -> None:
    """The folder that `--out` named is enough."""
    assert main(["switch", "leads.csv", "--out", "out"]) == 0
    assert main(["audit", "out"]) == 0
