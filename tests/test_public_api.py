"""What a host may import: listed, sorted, documented, and cheap to load."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import subprocess
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import pytest

import crmcore

SRC = Path(__file__).resolve().parent.parent / "src"
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


@pytest.mark.parametrize("name", crmcore.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    """A class or function without a docstring of its own is not public yet."""
    thing = getattr(crmcore, name)
    if inspect.isclass(thing) or inspect.isroutine(thing):
        assert _own_docstring(thing).strip()


@pytest.mark.parametrize("path", PUBLIC_MODULES, ids=_module_name)
def test_every_public_module_lists_its_names(path: Path) -> None:
    """`__all__` is there and sorted; a package that only holds modules needs none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    listed = _listed(tree)
    if listed is None and path.name == "__init__.py" and len(tree.body) == 1:
        return
    assert listed is not None, f"{_module_name(path)} has no __all__"
    assert listed == _in_order(listed)


@pytest.mark.parametrize("name", [_module_name(path) for path in PUBLIC_MODULES])
def test_every_listed_name_is_there(name: str) -> None:
    """A name that is listed can be imported."""
    module = importlib.import_module(name)
    assert [listed for listed in getattr(module, "__all__", ()) if not hasattr(module, listed)] == []


def test_loading_the_package_loads_nothing_heavy() -> None:
    """Adapters and their libraries are loaded by those who name them."""
    # Coverage starts itself in child processes and would bring modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    code = "import sys, crmcore; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert [module for module in NOT_LOADED if module in loaded] == []
