"""What a docstring of the public surface owes its reader: an example, each argument, each refusal, each error.

Everything is derived: the surface from `__all__` and the classes behind it, arguments from signatures, refusals and
errors from the functions that a method leads to.

lines: the walk from a method to what it may answer and raise is one piece with the tests that read it.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple, get_type_hints

import attrs
import pytest

import crmcore
import crmcore.application.workers
import crmcore.ports
import crmcore.testing
from crmcore import CrmError, InvalidValue, Reason
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.protocol.commands import Command
from crmcore.domain.rules.mode import BEHAVIOURS, Asked

#: The tests of a suite and the rules of a machine are called by pytest and hypothesis alone: the how-tos show them.
CALLED_BY_OTHERS = ("crmcore.testing.contracts", "crmcore.testing.machine")

#: Refusals that the code leads to and that are never answered: which methods, which refusals, and why.
IMPOSSIBLE = (
    (
        "lead deal contact company activity activities bindings",
        "not_permitted",
        "reading asks for the right to read alone, and without it there is no such record (PERM-6)",
    ),
    ("deals", "not_permitted unknown_record", "an iterator leaves out what cannot be read"),
    ("add_contact add_company", "unknown_pipeline unknown_stage", "only a deal has a stage and a pipeline"),
    ("add_company", "unknown_record", "a company is linked to nobody"),
    ("copy_lead", "unknown_stage", "there always is a stage in process"),
    ("edit_lead", "unknown_pipeline", "only a deal has a pipeline"),
    ("edit_deal", "already_converted convert_instead reopen_refused", "only a lead is converted"),
    (
        "edit_contact edit_company",
        "already_converted convert_instead reopen_refused unknown_pipeline unknown_stage",
        "only a lead or a deal has a stage",
    ),
    ("reopen_lead", "convert_instead", "the stage is one in process"),
    ("run_switch switch_to_simple", "lead_closed", "a chunk that says so is tried again"),
    (
        "lead_page deal_page contact_page company_page activity_page",
        "not_permitted unknown_record",
        "a page leaves out what cannot be read",
    ),
    ("last_switch switch_named", "stale_switch", "the token is that of the record, which stays for ever (SWITCH-10)"),
    ("switch_status", "stale_switch", "the settings name the live switch, and its record stays for ever (SWITCH-10)"),
)


class Subject(NamedTuple):
    """One public callable, and who has it."""

    name: str
    call: Callable[..., Any]
    owner: type | None = None

    @property
    def text(self) -> str:
        return inspect.getdoc(self.call) or ""


def _public_of(owner: type) -> Iterator[Subject]:
    for name in dir(owner):
        if name.startswith("_") or any(name in vars(base) for base in (object, tuple, str, int, BaseException)):
            continue
        value = inspect.getattr_static(owner, name)
        if isinstance(value, (classmethod, staticmethod)):
            value = value.__func__
        home = next(base for base in owner.__mro__ if name in vars(base))
        if isinstance(value, FunctionType) and home.__module__.startswith("crmcore"):
            yield Subject(f"{owner.__name__}.{name}", value, owner)


def _surface() -> Iterator[tuple[str, Any]]:
    for module in (crmcore, crmcore.ports, crmcore.testing, crmcore.application.workers):
        for name in module.__all__:
            yield name, getattr(module, name)


def _called_by_others(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(CALLED_BY_OTHERS)


SURFACE = [(name, thing) for name, thing in _surface() if not _called_by_others(thing)]
METHODS = sorted(
    {
        each.name: each
        for name, thing in SURFACE
        for each in (
            _public_of(thing) if isinstance(thing, type) else [Subject(name, thing)] * inspect.isfunction(thing)
        )
    }.values()
)
#: Classes that a caller builds or is given: neither codes nor protocols, and those without arguments say all by name.
CLASSES = sorted(
    {
        thing.__name__: Subject(thing.__name__, thing)
        for _, thing in SURFACE
        if isinstance(thing, type) and not issubclass(thing, Enum) and not getattr(thing, "_is_protocol", False)
    }.values()
)


def _arguments(call: Callable[..., Any]) -> list[str]:
    if isinstance(call, type) and attrs.has(call):
        return [field.name for field in attrs.fields(call) if field.init]
    if isinstance(call, type) and issubclass(call, BaseException) and not isinstance(call.__init__, FunctionType):
        return []  # Python's own: any text
    return [name for name in inspect.signature(call).parameters if name not in ("self", "cls", "args", "kwargs")]


def _names_it(text: str, name: str) -> bool:
    """Whether the name stands in backticks, alone or at the head of an expression."""
    return re.search(rf"`\**{re.escape(name)}\b", text) is not None


def _has_a_line(kind: Callable[..., Any], name: str) -> bool:
    """Whether a comment for readers of the reference stands right above the field."""
    return re.search(rf"^ +#: .+\n +{name}: ", inspect.getsource(kind), re.MULTILINE) is not None


@pytest.mark.parametrize("subject", METHODS, ids=lambda each: each.name)
class TestMethods:
    """Whoever reads one docstring can make the call."""

    def test_has_an_example_that_calls_it(self, subject: Subject) -> None:
        """An example that runs calls the method that it stands in."""
        examples = re.findall(r"^(?:>>>|\.\.\.) (.*)$", subject.text, re.MULTILINE)
        assert any(subject.name.rpartition(".")[2] in line for line in examples), f"{subject.name} has no example"

    def test_names_every_argument(self, subject: Subject) -> None:
        """An argument that is not spoken of has no known unit, shape or limit."""
        missing = [name for name in _arguments(subject.call) if not _names_it(subject.text, name)]
        assert missing == []


@pytest.mark.parametrize("subject", CLASSES, ids=lambda each: each.name)
class TestClasses:
    """Whoever reads the docstring of a class can build one, or read one."""

    def test_has_an_example(self, subject: Subject) -> None:
        """The class is seen at work."""
        assert ">>> " in subject.text, f"{subject.name} has no example"

    def test_names_every_argument(self, subject: Subject) -> None:
        """Each field has its meaning and limit in the docstring of the class or of a base, or in a `#:` line above."""
        text = "\n".join(base.__doc__ or "" for base in getattr(subject.call, "__mro__", ()))
        missing = [name for name in _arguments(subject.call) if not _names_it(text, name)]
        assert [name for name in missing if not _has_a_line(subject.call, name)] == []

    def test_names_the_error_of_its_values(self, subject: Subject) -> None:
        """A class that checks what it is given says so."""
        assert isinstance(subject.call, type)
        checks = [vars(base).get("__attrs_post_init__") for base in subject.call.__mro__]
        if any(check is not None and InvalidValue in _raised(check) for check in checks):
            text = "\n".join(base.__doc__ or "" for base in subject.call.__mro__)
            assert _names_it(text, "InvalidValue")


#: Functions that belong to no class.
FUNCTIONS = [each for each in METHODS if each.owner is None]
CRM_MODULES = {base.__module__ for base in crmcore.Crm.__mro__}
#: `run` takes every command, and answers as the method of that command does.
CRM_METHODS = sorted(each for each in _public_of(crmcore.Crm) if each.call is not crmcore.Crm.run)


def test_the_list_of_impossible_refusals_names_methods_that_there_are() -> None:
    """A method that was renamed takes its excuses along."""
    methods = {method for methods, _, _ in IMPOSSIBLE for method in methods.split()}
    assert methods <= {each.name.rpartition(".")[2] for each in CRM_METHODS}


@pytest.mark.parametrize("subject", CRM_METHODS, ids=lambda each: each.name)
class TestRefusalsAndErrors:
    """A caller who handles what the docstring names has handled everything."""

    def test_names_every_refusal(self, subject: Subject) -> None:
        """The reasons that the decision behind a method leads to are just those that its docstring names."""
        named = {reason.value for reason in Reason if f"`{reason.value}`" in subject.text}
        possible = {reason.value for reason in _refused(subject.call)}
        method = subject.name.rpartition(".")[2]
        excused = [refusals.split() for methods, refusals, _ in IMPOSSIBLE if method in methods.split()]
        impossible = {each for refusals in excused for each in refusals}
        assert impossible <= possible, "the list of what is impossible names what the code does not lead to"
        assert named == possible - impossible

    def test_names_every_error(self, subject: Subject) -> None:
        """What a method raises by itself or through its command stands in its docstring, or in that of the class."""
        raised = {error.__name__ for error in _raised(subject.call, told=_raised_by_each_call())}
        assert sorted(name for name in raised if not _names_it(subject.text, name)) == []


@pytest.mark.parametrize("subject", FUNCTIONS, ids=lambda each: each.name)
def test_a_function_names_every_error(subject: Subject) -> None:
    """No class speaks for a function: what it raises, also of a port, stands in its own docstring."""
    raised = {error.__name__ for error in _raised(subject.call)}
    assert sorted(name for name in raised if not _names_it(subject.text, name)) == []


def test_what_each_call_raises_is_named_once() -> None:
    """The sentence of the class is there, and each error that it names is one of the library."""
    assert _raised_by_each_call()
    assert all(issubclass(error, CrmError) for error in _raised_by_each_call())


def _raised_by_each_call() -> tuple[type[BaseException], ...]:
    """The errors that the docstring of `Crm` names for all of its methods."""
    text = " ".join((inspect.getdoc(crmcore.Crm) or "").split())
    found = re.search(r"Besides what a method names, each call raises ([^.]*)\.", text)
    assert found is not None, "the docstring of Crm says what each call raises"
    return tuple(getattr(crmcore, name) for name in re.findall(r"`(\w+)`", found[1]))


@cache
def _leads_to(call: FunctionType) -> frozenset[Any]:
    """The function, and all that it names of the library, directly or further on: functions, classes, reasons, cells.

    A class that does something leads to its methods. `Crm.run` and the ports stay out, whoever fills them: what they
    raise is told once, by the class.
    """
    found: set[Any] = set()
    todo: list[Any] = [call]
    while todo:
        each = todo.pop()
        if each in found:
            continue
        found.add(each)
        if isinstance(each, type) and issubclass(each, Command) and each in HANDLERS:
            handler = HANDLERS[each]
            todo += [handler.decide, handler.unread and handler.unread.decide]
            todo += [vars(base).get("__attrs_post_init__") for base in each.__mro__]
        elif isinstance(each, type) and _does_something(each):
            todo += [method for method in vars(each).values() if isinstance(method, FunctionType)]
        if isinstance(each, FunctionType) and each is not crmcore.Crm.run:
            todo += _named_by(each)
    return frozenset(found - {None})


def _does_something(kind: type) -> bool:
    """Whether this is part of how a call is carried out: neither a record, a code, an error nor the driver itself."""
    return kind.__module__.startswith(("crmcore.domain", "crmcore.application")) and not (
        attrs.has(kind) or issubclass(kind, Enum | BaseException | tuple | crmcore.Crm)
    )


@cache
def _body(call: FunctionType) -> list[ast.stmt]:
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(call))).body
    assert isinstance(function, ast.FunctionDef)
    return function.body


def _named_by(call: FunctionType) -> Iterator[Any]:
    """What the body names: an annotation says what may be handed over, not what is done with it."""
    for node in (each for statement in _body(call) for each in ast.walk(statement)):
        match node:
            case ast.Name(id=name):
                value = call.__globals__.get(name)
                if isinstance(value, type | FunctionType) and value.__module__.startswith("crmcore"):
                    yield value
            case ast.Attribute(value=ast.Name(id="Reason" | "Asked" as owner), attr=name):
                yield getattr({"Reason": Reason, "Asked": Asked}[owner], name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if call.__module__ in CRM_MODULES:
                method = getattr(crmcore.Crm, name, None)
                if isinstance(method, FunctionType):
                    yield method


def _refused(call: Callable[..., Any]) -> set[Reason]:
    assert isinstance(call, FunctionType)
    found = _leads_to(call)
    cells = [cell for asked in found if isinstance(asked, Asked) for cell in BEHAVIOURS[asked].values()]
    return {each for each in found if isinstance(each, Reason)} | {cell.reason for cell in cells if cell.reason}


def _raised(call: Callable[..., Any], *, told: tuple[type[BaseException], ...] = ()) -> set[type[CrmError]]:
    """The errors of all functions that a call leads to, but for those `told` that come from asking a port."""
    assert isinstance(call, FunctionType)
    return {
        error
        for each in _leads_to(call)
        if isinstance(each, FunctionType)
        for error in _raises_by_itself(each)
        if not (_asks_a_port(each) and issubclass(error, told))
    }


def _asks_a_port(call: FunctionType) -> bool:
    """Whether the function is given a port, and so says of its answers what no single method has to say again."""
    return any(
        getattr(kind, "_is_protocol", False) and kind.__module__.startswith(crmcore.ports.__name__)
        for kind in get_type_hints(call).values()
    )


def _raises_by_itself(call: FunctionType) -> Iterator[type[CrmError]]:
    for node in (each for statement in _body(call) for each in ast.walk(statement) if call is not crmcore.Crm.run):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
                value = call.__globals__.get(name)
                if isinstance(value, type) and issubclass(value, CrmError):
                    yield value
