"""The direction of imports, and the purity of the library, read from the source itself.

The layers and who composes adapters stand in the contracts of import-linter (pyproject.toml) and are read from there.
That tool forbids by name; the list of what may be imported stands here and allows by name, so a new module of the
standard library needs a decision here first.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def _contract(type: str, within: str = "crmcore") -> dict[str, Any]:
    (found,) = [each for each in CONTRACTS if each["type"] == type and each.get("containers", [within]) == [within]]
    return found


#: From the innermost outwards.
LAYERS: tuple[str, ...] = tuple(reversed(_contract("layers")["layers"]))
#: These reach the outside, which is what they are for; every other layer is pure.
OUTSIDE = ("adapters", "testing")
#: The one way back up, by the module that imports and what it imports.
UPWARDS = frozenset(tuple(each.split(" -> ")) for each in _contract("layers")["ignore_imports"])
#: Who builds its work out of several adapters, and what all adapters share.
_ALLOWED = [each.split(" -> ") for each in _contract("independence")["ignore_imports"]]
COMPOSERS = frozenset(by.split(".")[2] for by, _ in _ALLOWED if by.split(".")[2] != "**")
SHARED = frozenset(what.split(".")[2] for by, what in _ALLOWED if by == "crmcore.adapters.**")
# Without clock, randomness, I/O, environment, logging or threads.
PURE = frozenset(
    {
        "__future__",
        "array",
        "attrs",
        "collections",
        "collections.abc",
        "contextlib",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "bisect",
        "itertools",
        "operator",
        "re",
        "types",
        "typing",
        "unicodedata",
        "zlib",
    }
)
#: What one module may import besides, and why.
BESIDES = {
    ("crmcore", "importlib"): "loads what few programs need when it is first named",
    (
        "crmcore.application.crm",
        "time",
    ): "waits between two looks at a switch that stands still; a host may bring its own",
    (
        "crmcore.application.collector",
        "gc",
    ): "turning the collector is its purpose, and it does so only where a caller enters it",
    (
        "crmcore.application.workers",
        "concurrent.futures",
    ): "the types of the executor that the host hands in; it starts none",
    ("crmcore.sample", "importlib.resources"): "says where the files of the package are",
    ("crmcore.sample", "pathlib"): "the type of its answer; it opens nothing",
}
CLOCK_READS = frozenset({"now", "today", "utcnow"})
LONGEST = 300


@frozen
class Import:
    """One imported module, with the line that names it."""

    module: str
    line: int


@frozen
class Source:
    """One module of the package."""

    name: str
    path: Path

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), filename=str(self.path))

    @property
    def layer(self) -> str:
        """The part of the package it belongs to; empty for the root, which re-exports."""
        _, _, rest = self.name.partition(".")
        return rest.partition(".")[0]

    @cache  # noqa: B019  # all sources live as long as the process
    def imports(self) -> tuple[Import, ...]:
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in ast.walk(self.tree):
            match node:
                case ast.Import():
                    yield from (Import(alias.name, node.lineno) for alias in node.names)
                case ast.ImportFrom():
                    base = self._base(node)
                    # `from crmcore import domain` names the module only by its alias.
                    for alias in node.names:
                        full = f"{base}.{alias.name}"
                        yield Import(full if full in NAMES else base, node.lineno)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.name.split(".")
        up = node.level - (self.path.name == "__init__.py")
        return ".".join([*here[: len(here) - up], *([node.module] if node.module else [])])


def _sources() -> list[Source]:
    found = []
    for path in sorted((SRC / "crmcore").rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        found.append(Source(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


SOURCES = _sources()
NAMES = frozenset(source.name for source in SOURCES)


def _layer_of(module: str) -> str:
    root, _, rest = module.partition(".")
    return rest.partition(".")[0] if root == "crmcore" else ""


def _adapter_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["crmcore", "adapters"] and len(parts) > 2 else ""


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _is_pure(module: str, of: str) -> bool:
    own = _within(module, "crmcore") and _layer_of(module) not in OUTSIDE
    return own or module in PURE or (of, module) in BESIDES


def _modules_of(*layers: str) -> list[Source]:
    """Those of some layers; a test looks at all of them, since one test for each of 400 costs more than the look."""
    found = [source for source in SOURCES if source.layer in layers]
    assert found
    return found


#: All of the package but what reaches the outside, the facade included.
PURE_LAYERS = ("", *(layer for layer in LAYERS if layer not in OUTSIDE))


def test_all_but_adapters_and_the_test_kit_imports_attrs_and_pure_modules_only() -> None:
    """Anything else brings a clock, randomness, I/O or a dependency into the rules."""
    wrong = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in _modules_of(*PURE_LAYERS)
        for found in source.imports()
        if not _is_pure(found.module, source.name)
    ]
    assert not wrong


@pytest.mark.parametrize("name, module", BESIDES, ids=" ".join)
def test_every_exception_is_needed(name: str, module: str) -> None:
    """One that nobody uses any more would let something else in."""
    (source,) = [source for source in SOURCES if source.name == name]
    assert module in {found.module for found in source.imports()}


@pytest.mark.parametrize(
    "contract", [each for each in CONTRACTS if each["type"] == "forbidden"], ids=lambda each: each["name"]
)
def test_a_contract_that_forbids_names_the_whole_package(contract: dict[str, Any]) -> None:
    """A list of files would leave the next file out; what may is left out by name instead."""
    assert contract["source_modules"] == ["crmcore"]
    free = {each.partition(".**")[0].removeprefix("crmcore.") for each in contract["ignore_imports"]}
    assert free <= set(OUTSIDE)


def test_the_contracts_forbid_every_package_that_an_extra_brings() -> None:
    """What adapters and the test kit import, and is neither ours, attrs nor of the standard library."""
    forbidden = {name for each in CONTRACTS if each["type"] == "forbidden" for name in each["forbidden_modules"]}
    known = {*sys.stdlib_module_names, "attrs", "crmcore", "crmcore_hypothesis"}
    imported = {found.module.partition(".")[0] for source in SOURCES for found in source.imports()}
    assert imported - known <= forbidden


def test_all_but_adapters_and_the_test_kit_reads_no_clock() -> None:
    """`datetime` is allowed for its types: time arrives as a value."""
    wrong = [
        f"{source.name}:{node.lineno} reads .{node.attr}"
        for source in _modules_of(*PURE_LAYERS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK_READS
        and isinstance(node.value, ast.Name | ast.Attribute)
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date", "dt"}
    ]
    assert not wrong


def test_all_but_adapters_and_the_test_kit_calls_no_io() -> None:
    """The built-in ways to reach a file, a terminal or other code need no import."""
    forbidden = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint"}
    wrong = [
        f"{source.name}:{node.lineno} calls {node.func.id}"
        for source in _modules_of(*PURE_LAYERS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden
    ]
    assert not wrong


def test_imports_point_inwards() -> None:
    """From testing to adapters, crm, ports and domain; never back, nor through the root package."""
    ranks = {layer: rank for rank, layer in enumerate(LAYERS)}
    wrong = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in _modules_of(*LAYERS)
        for found in source.imports()
        if (source.name, found.module) not in UPWARDS
        and (found.module == "crmcore" or ranks.get(_layer_of(found.module), 0) > ranks[source.layer])
    ]
    assert not wrong


def test_every_module_has_a_layer() -> None:
    """A new top-level module would stand outside the direction of imports."""
    assert {source.layer for source in SOURCES} <= {"", "__main__", *LAYERS}


def test_adapters_do_not_know_each_other() -> None:
    """Only what composes adapters, the command line and servers, imports several of them."""
    wrong = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in _modules_of("adapters")
        if (own := _adapter_of(source.name)) not in COMPOSERS
        for found in source.imports()
        if _adapter_of(found.module) not in ("", own, *SHARED)
    ]
    assert not wrong


def test_only_the_test_kit_imports_the_test_kit() -> None:
    """What hosts run their tests with must not become a part of what they run."""
    wrong = [
        f"{source.name}:{found.line} imports {found.module}"
        for source in SOURCES
        if source.layer != "testing"
        for found in source.imports()
        if _within(found.module, "crmcore.testing") and (source.name, found.module) not in UPWARDS
    ]
    assert not wrong


def test_what_imports_upwards_does_so_when_it_runs() -> None:
    """The command line starts without the test kit, and the exception is one that is needed."""
    for name, module in UPWARDS:
        (source,) = [source for source in SOURCES if source.name == name]
        assert module in {found.module for found in source.imports()}
        top = [each for node in source.tree.body if isinstance(node, ast.ImportFrom) for each in (node.module,)]
        assert module not in top


def test_a_long_module_says_why() -> None:
    """Past the usual length the module docstring has a line `lines: <why it stays whole>`."""
    long = [each for each in SOURCES if len(each.path.read_text(encoding="utf-8").splitlines()) > LONGEST]
    docstrings = {source.name: ast.get_docstring(source.tree) or "" for source in long}
    assert long
    assert [name for name, text in docstrings.items() if not re.search(r"lines:\s*\S", text, re.IGNORECASE)] == []
