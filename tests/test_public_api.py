"""What a host may import: listed, sorted, documented, and cheap to load."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pytest
from tools.syntax import parsed, statements

import crmcore
import crmcore.ports
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.protocol import commands, events

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PUBLIC_MODULES = [
    path
    for path in sorted((SRC / "crmcore").rglob("*.py"))
    if not any(part.startswith("_") and part != "__init__.py" for part in path.relative_to(SRC).parts)
    # Alembic runs these as scripts.
    and "migrations" not in path.parts
]
# Loading these costs time and memory that a host which uses none of them should not pay.
NOT_LOADED = (
    "asyncio",
    "cattrs",
    "click",
    "concurrent.futures",
    "cyclopts",
    "logging",
    "multiprocessing",
    "rich",
    "sqlite3",
)


def _in_order(names: Iterable[str]) -> list[str]:
    """Constants, then classes, then the rest, each by the alphabet: the order that ruff (RUF022) writes."""

    def key(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2), name

    return sorted(set(names), key=key)


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def _listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            ):
                return list(ast.literal_eval(value))
    return None


def _own_docstring(thing: object) -> str:
    # A class would show that of its base; a function has its own and no such entry.
    docstring = str((vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__) or "")
    # Python 3.11 gives every enumeration this one.
    return "" if isinstance(thing, type) and issubclass(thing, Enum) and docstring == "An enumeration." else docstring


def test_the_public_names_are_sorted() -> None:
    """A sorted list shows at a glance what a change adds or takes away."""
    assert list(crmcore.__all__) == _in_order(crmcore.__all__)


def test_every_public_name_exists_and_says_what_it_is() -> None:
    """A class or function without a docstring of its own is not public yet."""
    things = {name: getattr(crmcore, name) for name in crmcore.__all__}
    described = {name: thing for name, thing in things.items() if inspect.isclass(thing) or inspect.isroutine(thing)}
    assert [name for name, thing in described.items() if not _own_docstring(thing).strip()] == []


def test_every_public_module_lists_its_names() -> None:
    """`__all__` is there and sorted; a package that only holds modules needs none."""
    for path in PUBLIC_MODULES:
        name, tree = _module_name(path), parsed(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{name} has no docstring"
        listed = _listed(tree)
        if listed is None and path.name == "__init__.py" and len(tree.body) == 1:
            continue
        assert listed is not None, f"{name} has no __all__"
        assert listed == _in_order(listed), name


def test_every_listed_name_is_there() -> None:
    """A name that is listed can be imported."""
    modules = [importlib.import_module(_module_name(path)) for path in PUBLIC_MODULES]
    listed = [(module, name) for module in modules for name in getattr(module, "__all__", ())]
    assert [f"{module.__name__}.{name}" for module, name in listed if not hasattr(module, name)] == []


def test_loading_the_package_loads_nothing_heavy() -> None:
    """Adapters and their libraries are loaded by those who name them."""
    # Coverage starts itself in child processes and would bring modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    code = "import sys, crmcore; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert [module for module in NOT_LOADED if module in loaded] == []


#: The rooms that a host may name: two facades, and every module of adapters and of the test kit.
FACADES = ("crmcore", "crmcore.ports")
OPEN_WINGS = ("crmcore.adapters", "crmcore.testing")

#: Whatever shows a host how to use the library: documents, whole files of examples, and docstrings of the library.
SHOWING = sorted(
    path
    for pattern in ("README.md", "docs/**/*.md", "examples/**/*.md", "examples/**/*.py", "src/crmcore/**/*.py")
    for path in ROOT.glob(pattern)
    if "crmcore" in path.read_text(encoding="utf-8")
)


def test_every_command_is_public() -> None:
    """Whoever runs commands as values, by `Crm.run`, finds each of them at the front door."""
    listed = {name for name in commands.__all__ if inspect.isclass(getattr(commands, name))}
    handled = {command.__name__ for command in HANDLERS}
    assert handled | {"Command"} == listed
    assert listed - set(crmcore.__all__) == set()


def test_every_event_is_public() -> None:
    """An observer is given all of them, and an author of one finds each beside the port."""
    listed = {name for name in events.__all__ if name != "Event"}
    assert {event.__name__ for event in get_args(events.Event)} == listed
    assert {"Event", *listed} - set(crmcore.ports.__all__) == set()


def test_every_port_is_public() -> None:
    """A port that only its own module lists would be missed by authors of adapters."""
    modules = [
        importlib.import_module(f"crmcore.ports.{path.stem}") for path in (SRC / "crmcore/ports").glob("[!_]*.py")
    ]
    assert modules
    assert {name for module in modules for name in module.__all__} - set(crmcore.ports.__all__) == set()


def test_examples_name_only_what_is_public() -> None:
    """Code is copied from examples, and an inner module may move; a facade, an adapter or the test kit does not."""
    wrong = {
        (path.relative_to(ROOT).as_posix(), *name)
        for path in SHOWING
        for name in _shown_in(path)
        if not _is_public(*name)
    }
    assert wrong == set()


def test_there_are_examples_in_each_place() -> None:
    """The search above finds what it searches: documents, examples and docstrings that import the library."""
    places = {path.relative_to(ROOT).parts[0] for path in SHOWING if _shown_in(path)}
    assert places == {"README.md", "docs", "examples", "src"}


@pytest.mark.parametrize(
    "code, public",
    [
        ("from crmcore import Crm, AddLead", True),
        ("from crmcore.ports import Event", True),
        ("from crmcore.adapters.clocks import SystemClock", True),
        ("import crmcore.testing", True),
        ("from crmcore.testing import strategies", True),
        ("from crmcore.domain.protocol.commands import AddLead", False),
        ("from crmcore.application.workers import run_switch_on", False),
        ("from crmcore.ports.store import Store", False),
        ("from crmcore import domain", False),
        ("import crmcore.domain.laws", False),
        ("from crmcore.adapters.roles import NO_RIGHTS", False),
        ("from crmcore.testing._inner import Anything", False),
    ],
)
def test_what_a_host_may_import(code: str, public: bool) -> None:
    """The facades offer what they list; wings that are open offer modules, and what each module lists."""
    assert all(_is_public(*name) for name in _imported(parsed(code))) is public


@cache
def _shown_in(path: Path) -> set[tuple[str, str]]:
    """What the Python that a file shows imports from the library."""
    return {name for code in _code_in(path) for name in _imported(parsed(code))}


def _code_in(path: Path) -> Iterator[str]:
    """The Python that a file shows: its fenced blocks, or the examples of its docstrings, or all of an example."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield "".join(_examples(block)) or block
    elif path.is_relative_to(SRC):
        yield "".join(_examples(text))
    else:
        yield text


def _examples(text: str) -> list[str]:
    return [example.source for example in doctest.DocTestParser().get_examples(text)]


def _imported(tree: ast.AST) -> set[tuple[str, str]]:
    """Each module of the library with each name that is taken from it; the name is empty for the module itself."""
    found = set()
    for node in statements(tree):
        match node:
            case ast.Import(names=names):
                found |= {(alias.name, "") for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {(module, alias.name) for alias in names}
    return {(module, name) for module, name in found if module.split(".")[0] == "crmcore"}


def _is_public(module: str, name: str) -> bool:
    if module not in FACADES and not f"{module}.".startswith(tuple(f"{wing}." for wing in OPEN_WINGS)):
        return module == "crmcore" and name == ""
    if any(part.startswith("_") for part in (*module.split("."), name)):
        return False
    listed = ("", *getattr(importlib.import_module(module), "__all__", ()))
    return name in listed or (module in OPEN_WINGS and find_spec(f"{module}.{name}") is not None)
