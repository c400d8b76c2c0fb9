"""Which tests are evidence for a rule: marked, run, and with a check in them."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["MOST_RULES", "Test", "checkers_in", "counted", "tests_in"]

#: A test that names more rules or sub-rules than this supports them, and is evidence for none.
MOST_RULES = 5

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


def tests_in(source: str, checkers: Mapping[str, bool] | set[str]) -> Iterator[Test]:
    """Every test function of a source; `checkers` are the functions of the project that check by themselves."""
    module = ast.parse(source)
    names = set(checkers)
    yield from _tests(module, (), _marks_of(module), names)


def checkers_in(sources: Mapping[Path, str]) -> set[str]:
    """The functions of these sources that check: with an `assert` or a `raises` inside, or a call of such a one.

    A test proves something where it asserts, expects an error, or has a statement that calls one of these. What gives a
    value back builds something and is none of them, whatever it asserts on the way: a test whose checks were deleted
    would still be full of such calls.
    """
    functions: dict[str, list[ast.AST]] = {}
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, _FUNCTION) and not node.name.startswith("test") and not _gives(node):
                functions.setdefault(node.name, []).append(node)
    found: set[str] = set()
    while True:
        more = {
            name
            for name, nodes in functions.items()
            if name not in found and all(_checks(node, found) for node in nodes)
        }
        if not more:
            return found
        found |= more


def _tests(node: ast.AST, place: tuple[str, ...], marks: list[ast.expr], checkers: set[str]) -> Iterator[Test]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _NAMED):
            continue
        own = [*marks, *child.decorator_list]
        if isinstance(child, ast.ClassDef):
            yield from _tests(child, (*place, child.name), [*own, *_marks_of(child)], checkers)
        elif child.name.startswith("test"):
            yield Test((*place, child.name), _rules(own), _fault(child, own, checkers))


def _marks_of(node: ast.Module | ast.ClassDef) -> list[ast.expr]:
    """The marks that `pytestmark` gives to all tests of a module or class."""
    found: list[ast.expr] = []
    for child in node.body:
        if isinstance(child, ast.Assign) and any(
            isinstance(to, ast.Name) and to.id == "pytestmark" for to in child.targets
        ):
            found += child.value.elts if isinstance(child.value, ast.List | ast.Tuple) else [child.value]
    return found


def _rules(marks: list[ast.expr]) -> tuple[str, ...]:
    found: list[str] = []
    for mark in marks:
        if _mark_name(mark) == "rule" and isinstance(mark, ast.Call):
            found += [str(each.value) for each in mark.args if isinstance(each, ast.Constant)]
    return tuple(dict.fromkeys(found))


def _mark_name(mark: ast.expr) -> str | None:
    """`rule` of `pytest.mark.rule(...)`, `skip` of `pytest.mark.skip`."""
    function = mark.func if isinstance(mark, ast.Call) else mark
    if isinstance(function, ast.Attribute) and ast.unparse(function.value).endswith("mark"):
        return function.attr
    return None


def _fault(test: ast.FunctionDef | ast.AsyncFunctionDef, marks: list[ast.expr], checkers: set[str]) -> str | None:
    names = {_mark_name(mark) for mark in marks}
    if "skip" in names or any(map(_holds_always, marks)) or _always(test.body, {"skip", "importorskip"}):
        return "is skipped always"
    if "xfail" in names or _always(test.body, {"xfail"}):
        return "is expected to fail"
    return None if _checks(test, checkers) else "checks nothing: no assert, no raises, no call of a helper that checks"


def _holds_always(mark: ast.expr) -> bool:
    """Whether it is a `skipif` whose condition is written down as true."""
    conditions = mark.args[:1] if isinstance(mark, ast.Call) and _mark_name(mark) == "skipif" else []
    return any(isinstance(each, ast.Constant) and bool(each.value) for each in conditions)


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


def _checks(function: ast.AST, checkers: set[str]) -> bool:
    return any(_is_check(node, checkers) for node in ast.walk(function))


def _gives(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function gives a value back or yields: a builder or a fixture."""
    return any(
        isinstance(node, ast.Yield | ast.YieldFrom) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(function)
    )


def _is_check(node: ast.AST, checkers: set[str]) -> bool:
    match node:
        case ast.Assert(test=test):
            return any(isinstance(each, ast.Name | ast.Call | ast.Attribute) for each in ast.walk(test))
        case ast.withitem(context_expr=ast.Call(func=function)):
            return _name_of(function) in _RAISES
        case ast.Expr(value=ast.Call(func=function)):
            return _name_of(function) in checkers | _CHECKS
    return False


def _name_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else None
