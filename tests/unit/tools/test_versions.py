"""The versions of Python: said once in the Makefile, and pyproject.toml says nothing else."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_classifier_stands_for_an_interpreter_that_the_tests_run_on() -> None:
    """They begin with the oldest one that is allowed, and leave out none in between."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    claimed = [f"3.{each.removeprefix(prefix)}" for each in project["classifiers"] if each.startswith(prefix)]
    (listed,) = re.findall(r"(?m)^VERSIONS := (.+)$", (ROOT / "Makefile").read_text("utf-8"))
    versions = listed.split()
    assert claimed == versions[: len(claimed)]
    assert project["requires-python"] == f">={versions[0]}"
