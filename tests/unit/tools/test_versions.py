"""The versions of Python and of what is installed: said once, and tried."""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from tools.interpreters import VERSIONS, each, found, others
from tools.lowest import lowest_of

ROOT = Path(__file__).resolve().parents[3]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_a_classifier_stands_for_an_interpreter_that_the_tests_run_on() -> None:
    """They begin with the oldest one that is allowed, and leave out none in between."""
    project = PYPROJECT["project"]
    prefix = "Programming Language :: Python :: 3."
    claimed = tuple(f"3.{each.removeprefix(prefix)}" for each in project["classifiers"] if each.startswith(prefix))
    assert claimed == VERSIONS[: len(claimed)]
    assert project["requires-python"] == f">={VERSIONS[0]}"


class TestInterpreters:
    @pytest.mark.slow
    def test_the_one_that_runs_this_test_is_of_a_version_that_is_looked_for(self) -> None:
        """Each version has its line, whether it is here or not."""
        assert tuple(found()) == VERSIONS

    def test_one_that_is_red_hides_no_other(self, capsys: pytest.CaptureFixture[str]) -> None:
        """All are tried, what became of each is said last, and the whole is red."""
        tried = []

        def run(words: Sequence[str]) -> int:
            tried.append(words[-2:])
            return 2 if "PYTHON=one" in words else 0

        assert each("quick", {"3.11": "one", "3.12": "two", "3.13": None}, run) == 1
        assert tried == [["PYTHON=one", "VENV=.venv-3.11"], ["PYTHON=two", "VENV=.venv-3.12"]]
        said = capsys.readouterr().out.splitlines()
        assert said[-3:] == ["python 3.11: red (2)", "python 3.12: green", "python 3.13: not here"]

    def test_the_others_are_all_but_the_one_that_runs_this(self) -> None:
        """That one runs all tests, the quick ones among them."""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        assert others(dict.fromkeys((here, "3.9", "3.10"), "one")) == {"3.9": "one", "3.10": "one"}

    def test_all_green_is_green_and_none_at_all_is_red(self) -> None:
        """A run that tried nothing shows nothing."""
        assert each("quick", {"3.11": "one", "3.12": None}, lambda words: 0) == 0
        assert each("quick", {"3.11": None}, lambda words: 0) == 1


class TestLowest:
    def test_each_requirement_of_the_project_has_its_lowest_version(self) -> None:
        """Those of the library, of each extra, and of the group that the tests need."""
        project = PYPROJECT["project"]
        lowest = lowest_of(PYPROJECT)
        named = [*project["dependencies"], *PYPROJECT["dependency-groups"]["dev"]]
        named += [each for extra in project["optional-dependencies"].values() for each in extra]
        for requirement in named:
            name = requirement.partition(">=")[0].partition("[")[0].lower()
            assert lowest[name] == requirement.partition(">=")[2]

    @pytest.mark.parametrize("requirement", ["attrs", "attrs==23.2", "attrs>=23.2,<26", "attrs>22"])
    def test_a_requirement_without_a_lowest_version_is_named(self, requirement: str) -> None:
        """What has none cannot be tried."""
        with pytest.raises(ValueError, match=requirement):
            lowest_of({"project": {"dependencies": [requirement]}, "dependency-groups": {"dev": []}})

    def test_two_lowest_versions_of_one_package_are_refused(self) -> None:
        """One of them would never be tried; the spelling of the name does not matter."""
        project = {"dependencies": ["a_b>=1"], "optional-dependencies": {"x": ["A-b>=2"]}}
        with pytest.raises(ValueError, match="a-b"):
            lowest_of({"project": project, "dependency-groups": {"dev": []}})
