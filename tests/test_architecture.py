"""The direction of imports, and the purity of the core, read from the source itself.

This list of what may be imported stands beside the contracts of import-linter: that tool forbids by name,
this test allows by name, so a new module of the standard library needs a decision here first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

SRC = Path(__file__).resolve().parent.parent / "src"
# `crm` is the driver with its read side; `sample` holds the files that the command line shows.
LAYERS = (
    "domain",
    "ports",
    "paging",
    "auditing",
    "loading",
    "collector",
    "reading",
    "crm",
    "workers",
    "sample",
    "adapters",
    "testing",
)
# These two build their work out of several adapters, which is what they are for.
COMPOSERS = frozenset({"cli", "server"})
# Without clock, randomness, I/O, environment, logging or threads.
PURE = frozenset(
    {
        "__future__",
        "collections",
        "collections.abc",
        "contextlib",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "itertools",
        "operator",
        "re",
        "types",
        "typing",
        "unicodedata",
    }
)
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

    def imports(self) -> Iterator[Import]:
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


def _may_be_imported_by_the_core(module: str, layer: str) -> bool:
    own = ("crmcore.domain",) if layer == "domain" else ("crmcore.domain", "crmcore.ports")
    return module in PURE or module == "attrs" or any(_within(module, package) for package in own)


def _modules_of(*layers: str) -> pytest.MarkDecorator:
    chosen = [source for source in SOURCES if not layers or source.layer in layers]
    return pytest.mark.parametrize("source", chosen, ids=[source.name for source in chosen])


@_modules_of("domain", "ports")
def test_the_core_imports_attrs_and_pure_modules_only(source: Source) -> None:
    """Anything else brings a clock, randomness, I/O or a dependency into the rules."""
    wrong = [
        f"{source.path.name}:{found.line} imports {found.module}"
        for found in source.imports()
        if not _may_be_imported_by_the_core(found.module, source.layer)
    ]
    assert not wrong


@_modules_of("domain", "ports")
def test_the_core_reads_no_clock(source: Source) -> None:
    """`datetime` is allowed for its types: time arrives as a value."""
    wrong = [
        f"{source.path.name}:{node.lineno} reads .{node.attr}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK_READS
        and isinstance(node.value, ast.Name | ast.Attribute)
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date", "dt"}
    ]
    assert not wrong


@_modules_of("domain", "ports")
def test_the_core_calls_no_io(source: Source) -> None:
    """The built-in ways to reach a file, a terminal or other code need no import."""
    forbidden = {"open", "print", "input", "eval", "exec", "__import__", "breakpoint"}
    wrong = [
        f"{source.path.name}:{node.lineno} calls {node.func.id}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in forbidden
    ]
    assert not wrong


@_modules_of(*LAYERS)
def test_imports_point_inwards(source: Source) -> None:
    """From testing to adapters, crm, ports and domain; never back, nor through the root package."""
    rank = LAYERS.index(source.layer)
    wrong = [
        f"{source.path.name}:{found.line} imports {found.module}"
        for found in source.imports()
        if found.module == "crmcore"
        or (_layer_of(found.module) in LAYERS and LAYERS.index(_layer_of(found.module)) > rank)
    ]
    assert not wrong


@_modules_of()
def test_every_module_has_a_layer(source: Source) -> None:
    """A new top-level module would stand outside the direction of imports."""
    assert source.layer in ("", "__main__", *LAYERS)


@_modules_of("adapters")
def test_adapters_do_not_know_each_other(source: Source) -> None:
    """Only what composes adapters, the command line and servers, imports several of them."""
    own = _adapter_of(source.name)
    if own in COMPOSERS:
        return
    wrong = [
        f"{source.path.name}:{found.line} imports {found.module}"
        for found in source.imports()
        if _adapter_of(found.module) not in ("", own)
    ]
    assert not wrong


@_modules_of()
def test_only_the_test_kit_imports_the_test_kit(source: Source) -> None:
    """What hosts run their tests with must not become a part of what they run."""
    if source.layer == "testing":
        return
    assert not [found for found in source.imports() if _within(found.module, "crmcore.testing")]


@_modules_of()
def test_a_long_module_says_why(source: Source) -> None:
    """Past the usual length the module docstring has a line `lines: <why it stays whole>`."""
    if len(source.path.read_text(encoding="utf-8").splitlines()) <= LONGEST:
        return
    docstring = ast.get_docstring(source.tree) or ""
    reasons = [line.lower().partition("lines:")[2].strip() for line in docstring.splitlines()]
    assert any(reasons), f"{source.name} is longer than {LONGEST} lines and gives no reason"
