"""Which test names which rule, read from the sources: nothing is imported, nothing is run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["rules_in", "trace_of"]

_RULE = re.compile(r"[A-Z]{2,}-[0-9]+")


def trace_of(root: Path, folders: tuple[str, ...]) -> dict[str, list[str]]:
    """The tests that name each rule, as `file::class::test`, in order."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            for test, rule in rules_in(path.read_text(encoding="utf-8")):
                found.setdefault(rule, set()).add("::".join([path.relative_to(root).as_posix(), *test]))
    return {rule: sorted(tests) for rule, tests in found.items()}


def rules_in(source: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each test, class or whole module of a source with a rule that its `pytest.mark.rule` names."""
    yield from _in(ast.parse(source), ())


def _in(node: ast.AST, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for child in ast.iter_child_nodes(node):
        inner = (*place, child.name) if isinstance(child, _NAMED) else place
        if isinstance(child, ast.Call) and _is_mark(child.func):
            for argument in ast.walk(child):
                if isinstance(argument, ast.Constant) and _RULE.fullmatch(str(argument.value)):
                    yield inner, str(argument.value)
        else:
            yield from _in(child, inner)


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_mark(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "rule" and "mark" in ast.unparse(function.value)
