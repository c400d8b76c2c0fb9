"""Each command is asked by the machine, the walks, the rights and the contract, or a reason says why not."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from crmcore.domain.decisions import HANDLERS
from crmcore.testing import contracts
from crmcore.testing.vectors import vectors

ROOT = Path(contracts.__file__).resolve().parent.parent

#: What stands where the name of a command does not.
CALLED = {"EraseRecords": "erase", "EditRecord": "edit_contact", "AddRecord": "add_contact"}

#: Where a command is missing, with the reason.
MISSING = {
    ("walk", "AddRecord"): "what is made by hand is no part of a switch; a walk begins with such records",
    ("walk", "DefineLeadStages"): "a catalogue is guarded by one version, as the pipelines are",
    ("walk", "DefinePipeline"): "a pipeline is guarded by one version, as its archiving shows",
    ("walk", "ImportRecords"): "ids are given by the caller, which a walk cannot name apart",
    ("contract", "ResumeSwitch"): "it writes nothing",
    ("contract", "CopyLead"): "it writes what adding a lead writes",
}


def _names(*files: str) -> set[str]:
    """The names that these modules use, of commands and of methods."""
    found: set[str] = set()
    for file in files:
        for path in sorted(ROOT.glob(file)):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Name):
                    found.add(node.id)
                elif isinstance(node, ast.Attribute):
                    found.add(node.attr)
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _asked_by_others() -> Iterable[str]:
    """The commands of vectors about rights whose actor is not the administrator."""
    for vector in vectors(family="rights"):
        yield from (step["command"] for step in vector.when if step.get("actor", 1) != 1 and "command" in step)


@pytest.mark.parametrize("place", ["machine", "walk", "rights", "contract"])
def test_each_command_is_there_or_has_a_reason(place: str) -> None:
    """A command that is added is asked for by all that hold a store, and nobody keeps a reason that has gone."""
    names = {
        "machine": lambda: _names("machine/*.py", "strategies/commands.py"),
        "walk": lambda: _names("walk/alphabets.py", "walk/walker.py"),
        "contract": lambda: _names("contracts/*.py"),
        "rights": lambda: set(_asked_by_others()),
    }[place]()
    commands = {command.__name__ for command in HANDLERS}
    there = {each for each in commands if names & {each, _snake(each), CALLED.get(each, each)}}
    assert commands - there == {command for where, command in MISSING if where == place}
