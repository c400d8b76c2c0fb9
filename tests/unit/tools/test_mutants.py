"""Mutation testing: what is made of a module, what becomes of each mutant, and what the page says of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tools import mutants, mutation_report
from tools.mutants import Mutant, mutants_of, plant
from tools.mutation_report import figures, is_same_sql, page, share
from tools.mutation_run import PARTS

ROOT = Path(__file__).resolve().parents[3]

#: A statement, a part of one, a name, and a text for people.
STATEMENTS = """
def read(rows):
    rows("SELECT id FROM crm_lead WHERE portal = ?", "t.semantics = 'P'", "t.id")
    raise KeyError("rows of crm_lead")
"""

#: What a test calls, what none calls, what hangs when it is changed, what a cache answers for, what runs at import.
TINY = """
from functools import cache


class Sum:
    def __init__(self, start=1):
        super().__init__()
        self.total = start

    def plus(self, number):
        if number > 0:
            self.total = self.total + number
        return self.total


def down(number):
    while number > 0:
        number -= 1
    return number


def unseen():
    return 5


def _twice(number):
    return number * 2


@cache
def remembered(number):
    return _twice(number)


FOUR = _twice(2)


def _at_import():
    return 7


SEVEN = _at_import()
"""

TESTS = """
import builtins
import gc

from tiny import SEVEN, Sum, down, remembered

gc.freeze()  # as the tests of the package are, by tests/heap.py


def test_plus():
    assert Sum().plus(2) == 3


def test_down():
    assert down(3) == 0


def test_remembered():
    assert remembered(3) == 6


def test_seven():
    assert SEVEN == 7


def test_an_example():
    builtins._ = "what it answers"
"""

RUN = """
import sys
from pathlib import Path
from tools import mutants, mutation_judge, mutation_run
place = Path(sys.argv[1])
sys.path.insert(0, str(place))
mutants.SOURCE = mutation_run.SOURCE = place
mutation_judge._GRACE = 0.2
mutation_run.ANSWERS = place / "answers.jsonl"
mutation_run.COMMAND = [sys.executable, "-c", Path(sys.argv[2]).read_text(), *sys.argv[1:3]]
mutation_run.PARTS["tiny"] = mutation_run.Part(("tiny.py",), (str(place / "test_tiny.py"), "--rootdir", str(place)))
mutation_run.PARTS["tables"] = mutation_run.PARTS["tiny"]._replace(code=())
sys.exit(mutation_run.main([*sys.argv[3:]]))
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of its own, importable, and its tests."""
    (tmp_path / "tiny.py").write_text(TINY, encoding="utf-8")
    (tmp_path / "test_tiny.py").write_text(TESTS, encoding="utf-8")
    monkeypatch.setattr(mutants, "SOURCE", tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture
def statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of the SQL store with statements."""
    monkeypatch.setattr(mutants, "SOURCE", tmp_path)
    path = tmp_path / "crmcore" / "adapters" / "sql" / "tiny.py"
    path.parent.mkdir(parents=True)
    path.write_text(STATEMENTS, encoding="utf-8")
    return path


def _command(place: Path) -> list[str]:
    script = place / "run.py"
    script.write_text(RUN, encoding="utf-8")
    return [sys.executable, "-c", RUN, str(place), str(script), "tiny", "--workers", "1", "--quick"]


def _of(path: Path, change: str) -> Mutant:
    return next(each for each in mutants_of(path / "tiny.py") if each.change == change)


@pytest.mark.slow
class TestMaking:
    def test_each_mutant_has_a_name_of_its_own_and_the_lines_of_its_statement(self, tiny: Path) -> None:
        """A condition stands for itself and not for its block; a default for the whole function."""
        found = list(mutants_of(tiny / "tiny.py"))
        assert len({each.name for each in found}) == len(found)
        assert {each.name.partition("__mutmut_")[0] for each in found} == {
            "tiny.xǁSumǁ__init__", "tiny.xǁSumǁplus", "tiny.x_down", "tiny.x_unseen", "tiny.x__twice",
            "tiny.x__at_import",
        }  # fmt: skip
        lines = TINY.splitlines()
        condition = _of(tiny, "if number >= 0:")
        assert [lines[number - 1].strip() for number in condition.lines] == ["if number > 0:"]
        default = _of(tiny, "def __init__(self, start=2):")
        assert [lines[number - 1].strip() for number in default.lines][-1] == "self.total = start"

    def test_whoever_holds_the_function_runs_the_mutant(self, tiny: Path) -> None:
        """The code and the defaults are exchanged; `super` goes on working."""
        import tiny as module  # type: ignore[import-not-found]  # made by the fixture

        held = module.down
        plant(_of(tiny, "def __init__(self, start=2):"))
        plant(_of(tiny, "while number > 1:"))
        assert module.Sum().plus(0) == 2
        assert held(3) == 1
        del sys.modules["tiny"]

    def test_an_answer_is_for_the_function_as_it_is(self, tiny: Path) -> None:
        """Whoever changes the function changes the digest of all its mutants, and of no other."""
        before = {each.name: each.digest for each in mutants_of(tiny / "tiny.py")}
        (tiny / "tiny.py").write_text(TINY.replace("return 5", "return 5 + 0"), encoding="utf-8")
        after = {each.name: each.digest for each in mutants_of(tiny / "tiny.py")}
        moved = {name for name, digest in after.items() if before.get(name) != digest}
        assert {name.partition("__mutmut_")[0] for name in moved} == {"tiny.x_unseen"}


@pytest.mark.slow
class TestJudging:
    def test_what_becomes_of_each_mutant_of_a_module(self, tiny: Path) -> None:
        """Killed, survived, timed out, killed at import, or never reached; the next run has nothing left to do."""
        command = _command(tiny)
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "to judge" in said
        lines = (tiny / "answers.jsonl").read_text(encoding="utf-8").splitlines()
        found = {each["name"]: each["status"] for each in map(json.loads, lines)}
        became = {each.change: found[each.name] for each in mutants_of(tiny / "tiny.py")}
        assert became["self.total = self.total - number"] == "killed"
        assert became["if number >= 0:"] == "survived"
        assert became["number += 1"] == "timed out"
        assert became["return number * 3"] == "killed"
        assert became["return 8"] == "killed"
        assert became["return 6"] == "survived"
        again = subprocess.run([*command, "--sample", "5"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "tiny: 5 mutants, 0 to judge" in again

    def test_entries_of_tables_are_judged_too(self, tiny: Path) -> None:
        """They have no lines, so each meets all tests of the part."""
        command = [*_command(tiny)[:5], "tables", "--sample", "2"]
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        lines = (tiny / "answers.jsonl").read_text(encoding="utf-8").splitlines()
        assert [each["status"] for each in map(json.loads, lines)] == ["survived", "survived"]

    def test_nothing_is_judged_while_the_tests_are_red(self, tiny: Path) -> None:
        """The test is named, and no answer is written."""
        (tiny / "test_tiny.py").write_text("def test_red():\n    assert False\n", encoding="utf-8")
        command = _command(tiny)
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode != 0
        assert "red before any change" in ended.stderr
        assert "test_red" in ended.stderr
        assert not (tiny / "answers.jsonl").exists()


class TestThePage:
    def test_figures_count_what_was_judged_for_the_code_as_it_is(self, tiny: Path) -> None:
        """An answer for other code counts for nothing, and who was not killed is listed with the change."""
        made = list(mutants_of(tiny / "tiny.py"))
        known = {each.name: {"status": "killed", "digest": each.digest} for each in made[:4]}
        known[made[0].name] = {"status": "survived", "digest": made[0].digest}
        known[made[1].name]["digest"] = "of another day"
        found = figures(made, known)
        assert (found["mutants"], found["judged"], dict(found["counts"])) == (
            len(made),
            3,
            {"survived": 1, "killed": 2},
        )
        assert [(each["name"], each["change"]) for each in found["left"]] == [(made[0].name, made[0].change)]
        assert share(found) == 66.7
        text = page({"tiny": found}, {"tiny": {"share": 33.3, "killed": 1, "survived": 2}})
        assert f"| tiny | {len(made)} | 3 | 2 | 0 | 1 | 0 | 0 | 0 | 66.7 |" in text
        assert f"- tiny: stopped before the end, commit {found['commit']}, " in text
        whole = page({"tiny": {**found, "mutants": 3}}, {})
        assert f"- tiny: whole, commit {found['commit']}, " in whole
        del found["commit"]
        assert "- tiny: a random sample, " in page({"tiny": found}, {})
        assert "| tiny | 1 | 0 | 2 | 0 | 0 | 0 | 33.3 | 66.7 |" in text
        assert f"- `{made[0].name}`: `{made[0].change}`" in text

    def test_an_equivalent_mutant_is_no_survivor(self, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is listed apart, with the reason, and the share does not count it."""
        mutant = _of(tiny, "return 6")
        listed = [{"function": "tiny.x_unseen", "change": "return 6", "why": "nobody calls it"}]
        monkeypatch.setattr(mutation_report, "_equivalent", lambda: listed)
        found = figures([mutant], {mutant.name: {"status": "survived", "digest": mutant.digest}})
        assert dict(found["counts"]) == {"equivalent": 1}
        assert page({"tiny": found}, {}).splitlines()[-1] == f"- `{mutant.name}`: `return 6`; nobody calls it"

    def test_a_statement_in_letters_of_another_case_is_no_change(self, statements: Path) -> None:
        """Its words and names are the same to SQL; its values are not, nor is a text that people read."""
        same, others = (
            {each.change for each in mutants_of(statements) if is_same_sql(each) is is_it} for is_it in (True, False)
        )
        assert same == {
            """rows("select id from crm_lead where portal = ?", "t.semantics = 'P'", "t.id")""",
            """rows("SELECT ID FROM CRM_LEAD WHERE PORTAL = ?", "t.semantics = 'P'", "t.id")""",
            """rows("SELECT id FROM crm_lead WHERE portal = ?", "T.SEMANTICS = 'P'", "t.id")""",
            """rows("SELECT id FROM crm_lead WHERE portal = ?", "t.semantics = 'P'", "T.ID")""",
        }
        assert {
            """rows("SELECT id FROM crm_lead WHERE portal = ?", "t.semantics = 'p'", "t.id")""",
            """raise KeyError("ROWS OF CRM_LEAD")""",
        } <= others
        assert not is_same_sql("a table")

    def test_such_statements_are_counted_and_not_listed(self, statements: Path) -> None:
        """They are many, and one line says of all of them why."""
        made = [each for each in mutants_of(statements) if is_same_sql(each)]
        found = figures(made, {each.name: {"status": "survived", "digest": each.digest} for each in made})
        assert (dict(found["counts"]), share(found)) == ({"equivalent": 4}, 0.0)
        lines = page({"sql": found}, {}).splitlines()
        assert lines[-1] == f"- 4 statements, or names in them, in letters of another case; {mutation_report.SAME_SQL}"

    def test_every_part_has_code_and_tests_that_are_there(self) -> None:
        """And together they are the whole domain, the application and the adapters that the page speaks of."""
        for part in PARTS.values():
            assert all((mutants.SOURCE / place).exists() for place in part.code)
            assert all((ROOT / place.partition("::")[0]).exists() for place in part.tests)
