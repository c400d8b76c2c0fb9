"""Which tests are evidence for a rule: marked, run, and with a check in them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.rules import ID
from tools.syntax import parsed, span, statements

__all__ = ["EMPTY", "MOST_RULES", "Test", "checkers_in", "counted", "rules_in", "tests_in"]

#: A test that names more rules or sub-rules than this supports them, and is evidence for none.
MOST_RULES = 5

#: What is said of a test in which nothing could fail.
EMPTY = "checks nothing: no assert, no raises, no call of a helper that checks"
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
#: What a test asks for where it has no `assert`: that something is raised, or warned of.
_RAISES = {"raises", "warns", "deprecated_call"}
#: What raises by itself where something is wrong, and is called for that alone.
_CHECKS = {"check", "check_whole", "run_state_machine_as_test"}


class Test(NamedTuple):
    """One test function with the rules that it, its class and its module name, and why it proves nothing, if so."""

    place: tuple[str, ...]
    rules: tuple[str, ...]
    fault: str | None

    @property
    def is_proof(self) -> bool:
        """Whether it names few enough to prove them."""
        return len(counted(self.rules)) <= MOST_RULES


def counted(rules: Iterable[str]) -> set[str]:
    """What a test names; a rule as a whole counts for nothing beside one of its sub-rules."""
    named = set(rules)
    return named - {rule.partition(".")[0] for rule in named if "." in rule}


def rules_in(source: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each test, class or whole module of a source with a rule that its `pytest.mark.rule` names."""
    yield from _read(source).marks


def tests_in(source: str, checkers: Mapping[str, bool] | set[str]) -> Iterator[Test]:
    """Every test function of a source; `checkers` are the functions of the project that check by themselves."""
    for found in _read(source).tests:
        is_checked = found.checks or not found.calls.isdisjoint(checkers)
        yield Test(found.place, found.rules, found.fault or (None if is_checked else EMPTY))


def checkers_in(sources: Mapping[Path, str]) -> set[str]:
    """The functions of these sources that check: with an `assert` or a `raises` inside, or a call of such a one.

    A test proves something where it asserts, expects an error, or has a statement that calls one of these. What gives a
    value back builds something and is none of them, whatever it asserts on the way: a test whose checks were deleted
    would still be full of such calls.
    """
    functions: dict[str, list[_Function]] = {}
    for source in sources.values():
        for each in _read(source).helpers:
            functions.setdefault(each.place[-1], []).append(each)
    found: set[str] = set()
    while True:
        more = {
            name
            for name, nodes in functions.items()
            if name not in found and all(each.checks or not each.calls.isdisjoint(found) for each in nodes)
        }
        if not more:
            return found
        found |= more


class _Function(NamedTuple):
    """What a function says by itself: whether it checks, and what it calls in statements of their own."""

    place: tuple[str, ...]
    checks: bool
    calls: frozenset[str]
    rules: tuple[str, ...] = ()
    fault: str | None = None


class _Source(NamedTuple):
    """What a source says: its tests, its other functions that give nothing back, and each mark with its place."""

    tests: tuple[_Function, ...]
    helpers: tuple[_Function, ...]
    marks: tuple[tuple[tuple[str, ...], str], ...]


@cache
def _read(source: str) -> _Source:
    module = parsed(source)
    nodes = (node for node in statements(module) if isinstance(node, _FUNCTION))
    helpers = tuple(
        _Function((node.name,), *_checks_of(node))
        for node in nodes
        if not node.name.startswith("test") and not _gives(node)
    )
    lines = frozenset(number for number, line in enumerate(source.splitlines(), 1) if ".rule(" in line)
    marks = tuple(_named_in(module, (), lines)) if lines else ()
    return _Source(tuple(_tests(module, (), _marks_of(module), _is_left_out(module))), helpers, marks)


def _named_in(node: ast.AST, place: tuple[str, ...], lines: frozenset[int]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each rule that a mark below a node names; what is on none of these lines has no mark."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            first, last = span(child)
            if lines.isdisjoint(range(first, last + 1)):
                continue
        inner = (*place, child.name) if isinstance(child, _NAMED) else place
        if isinstance(child, ast.Call) and _mark_name(child) == "rule":
            for argument in ast.walk(child):
                if isinstance(argument, ast.Constant) and ID.fullmatch(str(argument.value)):
                    yield inner, str(argument.value)
        else:
            yield from _named_in(child, inner, lines)


def _tests(
    node: ast.AST, place: tuple[str, ...], marks: list[ast.expr], is_left_out: bool = False
) -> Iterator[_Function]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _NAMED):
            continue
        own = [*marks, *child.decorator_list]
        if isinstance(child, ast.ClassDef):
            yield from _tests(
                child, (*place, child.name), [*own, *_marks_of(child)], is_left_out or _is_left_out(child)
            )
        elif child.name.startswith("test"):
            fault = "is not collected" if is_left_out else _fault(child, own)
            yield _Function((*place, child.name), *_checks_of(child), _rules(own), fault)


def _marks_of(node: ast.Module | ast.ClassDef) -> list[ast.expr]:
    """The marks that `pytestmark` gives to all tests of a module or class."""
    found: list[ast.expr] = []
    for value in _assigned(node, "pytestmark"):
        found += value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return found


def _is_left_out(node: ast.Module | ast.ClassDef) -> bool:
    """Whether a class or a module tells pytest that it holds no tests."""
    return any(isinstance(value, ast.Constant) and not value.value for value in _assigned(node, "__test__"))


def _assigned(node: ast.Module | ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """What a module or a class gives to a name."""
    for child in node.body:
        if isinstance(child, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in child.targets):
            yield child.value


def _rules(marks: list[ast.expr]) -> tuple[str, ...]:
    found: list[str] = []
    for mark in marks:
        if _mark_name(mark) == "rule" and isinstance(mark, ast.Call):
            found += [str(each.value) for each in mark.args if isinstance(each, ast.Constant)]
    return tuple(dict.fromkeys(found))


def _mark_name(mark: ast.expr) -> str | None:
    """`rule` of `pytest.mark.rule(...)`, `skip` of `pytest.mark.skip`."""
    function = mark.func if isinstance(mark, ast.Call) else mark
    if isinstance(function, ast.Attribute) and (_name_of(function.value) or "").endswith("mark"):
        return function.attr
    return None


def _fault(test: ast.FunctionDef | ast.AsyncFunctionDef, marks: list[ast.expr]) -> str | None:
    names = {_mark_name(mark) for mark in marks}
    if "skip" in names or any(map(_holds_always, marks)) or _always(test.body, {"skip", "importorskip"}):
        return "is skipped always"
    if any(map(_has_no_row, marks)):
        return "is run with no row"
    return "is expected to fail" if "xfail" in names or _always(test.body, {"xfail"}) else None


def _holds_always(mark: ast.expr) -> bool:
    """Whether it is a `skipif` whose condition is written down as true, or asks for nothing that could be false."""
    conditions = mark.args[:1] if isinstance(mark, ast.Call) and _mark_name(mark) == "skipif" else []
    return any(
        bool(each.value)
        if isinstance(each, ast.Constant)
        else not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(each))
        for each in conditions
    )


def _has_no_row(mark: ast.expr) -> bool:
    """Whether it is a `parametrize` over a list that is written down as empty: pytest skips such a test."""
    rows = mark.args[1:2] if isinstance(mark, ast.Call) and _mark_name(mark) == "parametrize" else []
    return any(isinstance(each, ast.List | ast.Tuple) and not each.elts for each in rows)


def _always(body: list[ast.stmt], calls: set[str]) -> bool:
    """Whether one of the statements that every run meets is such a call of pytest."""
    return any(
        isinstance(each, ast.Expr)
        and isinstance(each.value, ast.Call)
        and isinstance(each.value.func, ast.Attribute)
        and each.value.func.attr in calls
        and ast.unparse(each.value.func.value) == "pytest"
        for each in body
    )


def _checks_of(function: ast.AST) -> tuple[bool, frozenset[str]]:
    """Whether a function checks by itself, and what it calls in statements of their own."""
    checks, calls = False, set[str]()
    for node in statements(function):
        match node:
            case ast.Assert(test=test):
                checks = checks or any(isinstance(each, ast.Name | ast.Call | ast.Attribute) for each in ast.walk(test))
            case ast.With(items=items) | ast.AsyncWith(items=items):
                entered = (each.context_expr for each in items)
                checks = checks or any(
                    isinstance(each, ast.Call) and _name_of(each.func) in _RAISES for each in entered
                )
            case ast.Expr(value=ast.Call(func=called)):
                calls.add(_name_of(called) or "")
    return checks or not calls.isdisjoint(_CHECKS), frozenset(calls)


def _gives(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function gives a value back or yields: a builder or a fixture."""
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(function)
    )


def _name_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None
