"""The generated parts of the documents: rewritten on demand, and found when they are stale."""

from pathlib import Path

import pytest
from tools.docs_sync import main
from tools.evidence import rules_in
from tools.generated import SECTIONS, decision_table, field_map, laws, refusals, state_diagram
from tools.trace import trace_of

from crmcore.domain.laws import BINDING_LAWS, CLIENT_LAWS, COMMAND_LAWS, CRM_LAWS, DEAL_LAWS, LEAD_LAWS, OUTCOME_LAWS
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.mode import BEHAVIOURS, CrmState

TEXT = "# Numbers\n\nBefore.\n\n<!-- generated: numbers -->\nold\n<!-- end generated -->\n\nAfter.\n"
MADE = "# Numbers\n\nBefore.\n\n<!-- generated: numbers -->\n\n1, 2, 3\n\n<!-- end generated -->\n\nAfter.\n"
NUMBERS = {"numbers": lambda: "1, 2, 3"}


def nothing(root: Path) -> dict[str, str]:
    """No file is generated as a whole."""
    return {}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document with one stale part, in a repository of its own."""
    path = tmp_path / "docs" / "numbers.md"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_stale_part_is_found_and_nothing_is_written(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check ends with 1, names the document and the command that helps, and leaves the document alone."""
    assert main(["--check"], root=tmp_path, sections=NUMBERS, files=nothing, problems=list) == 1
    assert capsys.readouterr().err == "docs/numbers.md: a generated part is stale; run `make docs-sync`\n"
    assert document.read_text(encoding="utf-8") == TEXT


def test_a_stale_part_is_rewritten_and_the_rest_is_kept(document: Path, tmp_path: Path) -> None:
    """Only what stands between the markers changes, and then the check is content."""
    assert main([], root=tmp_path, sections=NUMBERS, files=nothing, problems=list) == 0
    assert document.read_text(encoding="utf-8") == MADE
    assert main(["--check"], root=tmp_path, sections=NUMBERS, files=nothing, problems=list) == 0


@pytest.mark.usefixtures("document")
def test_a_file_that_is_generated_as_a_whole_is_held_to_its_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is stale while it is missing or differs, and is written with its folder."""

    def made(root: Path) -> dict[str, str]:
        return {"data/trace.json": "{}\n"}

    main([], root=tmp_path, sections=NUMBERS, files=nothing, problems=list)
    assert main(["--check"], root=tmp_path, sections=NUMBERS, files=made, problems=list) == 1
    assert "data/trace.json: a generated part is stale" in capsys.readouterr().err
    assert main([], root=tmp_path, sections=NUMBERS, files=made, problems=list) == 0
    assert (tmp_path / "data" / "trace.json").read_text(encoding="utf-8") == "{}\n"
    assert main(["--check"], root=tmp_path, sections=NUMBERS, files=made, problems=list) == 0


def test_a_part_that_nobody_makes_is_an_error(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name is reported with its document, instead of staying as it is for ever."""
    document.write_text(TEXT.replace("numbers -->", "nmbers -->"), encoding="utf-8")
    assert main(["--check"], root=tmp_path, sections=NUMBERS, files=nothing, problems=list) == 2
    assert "numbers.md: there is no generated part 'nmbers'" in capsys.readouterr().err


@pytest.mark.usefixtures("document")
def test_a_part_that_no_document_has_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A part whose marker was deleted is reported."""
    sections = {**NUMBERS, "letters": lambda: "a, b, c"}
    assert main([], root=tmp_path, sections=sections, files=nothing, problems=list) == 2
    assert "no document has the generated part letters" in capsys.readouterr().err


@pytest.mark.rule("MODE-6")
def test_the_decision_table_has_every_command_and_state() -> None:
    """The table of the documents is the table of the domain."""
    lines = decision_table().splitlines()
    assert [cell.strip().lower() for cell in lines[0].split("|")[3:-1]] == [state.value for state in CrmState]
    assert [line.split("|")[1].strip() for line in lines[2:]] == [asked.value for asked in BEHAVIOURS]


@pytest.mark.rule("MODE-6", "MODE-2")
def test_the_diagram_shows_every_state_and_starts_in_simple() -> None:
    """No state is without a way that leads there, and a new CRM is Simple."""
    ways = [line.strip() for line in state_diagram().splitlines() if "-->" in line]
    assert ways[0] == "[*] --> simple: a new CRM"
    assert {way.split(" --> ")[1].partition(":")[0] for way in ways} == {state.value for state in CrmState}
    assert "classic --> unlicensed: the plan loses Classic" in ways
    assert "switching --> blocked: only set-aside leads are left" in ways
    assert len(ways) == len(set(ways))


def test_every_code_field_and_law_is_in_its_table() -> None:
    """The tables of refusals, fields and laws leave nothing out."""
    assert [f"`{reason.value}`" in refusals() for reason in Reason] == [True] * len(Reason)
    assert len(field_map().splitlines()) == 2 + len(FIELD_MAP)
    for law in (*LEAD_LAWS, *DEAL_LAWS, *CLIENT_LAWS, *BINDING_LAWS, *COMMAND_LAWS, *OUTCOME_LAWS, *CRM_LAWS):
        assert f"| {law.rule} | `{law.check.__name__}` |" in laws()


@pytest.mark.slow
def test_every_part_has_text() -> None:
    """No generated part is empty."""
    assert all(section() for section in SECTIONS.values())


SOURCE = """
import pytest

pytestmark = [pytest.mark.rule("MODE-1")]

TABLE = [pytest.param(1, marks=pytest.mark.rule("MODE-2"))]


@pytest.mark.rule("MODE-3")
class TestIt:
    @pytest.mark.rule("MODE-4", "MODE-5")
    def test_inside(self): ...


@pytest.mark.parametrize("row", [pytest.param(1, marks=pytest.mark.rule("MODE-6"))])
def test_rows(row): ...


def test_none(): ...
"""


def test_markers_are_found_on_modules_classes_tests_and_rows() -> None:
    """Wherever a marker stands, its rules belong to the test, the class or the module around it."""
    assert sorted(rules_in(SOURCE)) == [
        ((), "MODE-1"),
        ((), "MODE-2"),
        (("TestIt",), "MODE-3"),
        (("TestIt", "test_inside"), "MODE-4"),
        (("TestIt", "test_inside"), "MODE-5"),
        (("test_rows",), "MODE-6"),
    ]


def test_the_trace_names_tests_by_file_in_order(tmp_path: Path) -> None:
    """A test is named by its path from the root, once for each rule."""
    for name in ("b", "a"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / f"test_{name}.py").write_text(
            '@pytest.mark.rule("MODE-1")\n@pytest.mark.rule("MODE-1")\ndef test_x(): ...\n', encoding="utf-8"
        )
    assert trace_of(tmp_path, ("tests",)) == {
        "MODE-1": {"tests/test_a.py::test_x": True, "tests/test_b.py::test_x": True}
    }
