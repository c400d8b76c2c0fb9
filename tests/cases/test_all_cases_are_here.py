"""Every acceptance case has a test that carries its id."""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

#: The ids of the list of cases; kept here too, since the list itself is not part of the repository.
_LIST = """
O4 O5 O7 O8 O9 O11 O12 O16 O19 O23 O27 O30 O31 O33 O36 O37 O40 O41 O43 O45 O47 O48 OR1 OR2 OR3
OR4 OR8 OR9 OR10 OR11 OR12 OR13 F3 F8 F10 F13 F15 F17 M1 M2 M3 M4 M5 M6 M7 M8 M9 M11 M12 M15
N5 N6 D1 X1 X4 E1 S1 S7 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17
R18
"""
CASES = _LIST.split()

_ROW = re.compile(r"^\| ([A-Z]+[0-9]+) \|", re.MULTILINE)
_NAME = re.compile(r"^test_([a-z]+[0-9]+)_")


def _ids_of(module: ModuleType) -> set[str]:
    """The cases that a module's tests carry: as `test_o7_…`, or as the beginning of a parameter's id."""
    found = set()
    for name, test in vars(module).items():
        if not name.startswith("test_"):
            continue
        if match := _NAME.match(name):
            found.add(match[1].upper())
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize":
                ids = [*(mark.kwargs.get("ids") or ()), *(getattr(each, "id", None) for each in mark.args[1])]
                found.update(str(id).partition("-")[0] for id in ids if id)
    return found


def test_every_case_has_a_test() -> None:
    """No case of the list is left out."""
    here = Path(__file__).parent
    modules = [import_module(f"tests.cases.{path.stem}") for path in sorted(here.glob("test_*_cases.py"))]
    modules += [import_module("tests.cases.test_regressions"), import_module("tests.cases.test_o23_clients")]
    found = set().union(*map(_ids_of, modules))
    assert [case for case in CASES if case not in found] == []


def test_the_copy_of_the_list_is_complete(shared: Path) -> None:
    """The ids kept here are those of the list of cases, in its order."""
    if not (shared / "cases.md").is_file():
        pytest.skip("no list of cases in the shared folder")
    assert _ROW.findall((shared / "cases.md").read_text(encoding="utf-8")) == CASES
