"""The pages of the reference, one for each part of the public surface; the lists are those of `__all__`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import types
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple, Union, Unpack, get_args, get_origin, get_type_hints, is_typeddict

import attrs

import crmcore
import crmcore.adapters
import crmcore.ports
import crmcore.testing
from crmcore import Command, Crm, CrmError
from crmcore.ports import Event

__all__ = ["PAGES", "Page", "reference_pages", "text_of"]

#: Where answers are defined; what else the package offers is a record, a value, a code, an error or an id.
ANSWERS = ("results", "outcomes", "ledger", "sources")

#: Where the suites are, whose methods pytest and hypothesis call.
SUITES = ("crmcore.testing.contracts", "crmcore.testing.machine")

#: Methods that these bring are Python's own.
FOREIGN = "object, tuple, str, int, float, type, Exception, BaseException, Mapping, Sequence, Enum, Protocol, Generic"


class Page(NamedTuple):
    """One page: its title, a sentence, and the public names that stand on it."""

    name: str
    title: str
    says: str
    names: Callable[[], Iterator[tuple[str, str, Any]]]


def _of(module: Any, belongs: Callable[[Any], bool] = lambda thing: True) -> Iterator[tuple[str, str, Any]]:
    for name in module.__all__:
        thing = getattr(module, name)
        if belongs(thing):
            yield module.__name__, name, thing


def _is_code(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Enum)


def _is_error(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, CrmError)


def _is_answer(thing: Any) -> bool:
    return _is_class(thing) and thing.__module__.rpartition(".")[2] in ANSWERS


def _is_command(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, Command)


def _is_event(thing: Any) -> bool:
    return thing is Event or thing in get_args(Event)


def _is_class(thing: Any) -> bool:
    return isinstance(thing, type) and not (_is_code(thing) or _is_error(thing) or _is_command(thing) or thing is Crm)


def _with_bases(found: Iterator[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The classes, and at the end those that are no part of the surface and bring fields to several of them."""
    classes = list(found)
    yield from classes
    for base in dict.fromkeys(base for _, _, thing in classes for base in _bringing_fields(thing)):
        yield base.__module__, base.__name__, base


def _bringing_fields(thing: type) -> Iterator[type]:
    bases = (base for base in thing.__mro__[1:] if not base.__name__.startswith("_"))
    return (base for base in bases if attrs.has(base) and attrs.fields(base))


def _dictionaries() -> Iterator[Any]:
    """The typed dictionaries that methods of `Crm` take apart."""
    for _, method in inspect.getmembers(Crm, inspect.isfunction):
        for parameter in inspect.signature(method).parameters.values():
            if get_origin(parameter.annotation) is Unpack:
                yield from get_args(parameter.annotation)


def _is_suite(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(SUITES)


def _adapters() -> Iterator[tuple[str, str, Any]]:
    """The public names of each adapter but the command line, whose pages are its own; a role is told once."""
    told: list[Any] = []
    for found in pkgutil.iter_modules(crmcore.adapters.__path__, f"{crmcore.adapters.__name__}."):
        module = importlib.import_module(found.name)
        for name in module.__all__ if found.name != "crmcore.adapters.cli" else ():
            thing = getattr(module, name)
            if not any(thing is each for each in told):
                told.append(thing)
                yield found.name, name, thing


PAGES = (
    Page(
        "crm",
        "Crm",
        "Everything that can be asked of a CRM: the commands by subject, then the reads by the alphabet.",
        lambda: _of(crmcore, lambda thing: thing is Crm),
    ),
    Page(
        "functions",
        "Functions",
        "What is done with a whole store or a whole process, beside a `Crm`.",
        lambda: _of(crmcore, inspect.isfunction),
    ),
    Page(
        "commands",
        "Commands",
        "What `Crm.run` carries out: the methods of `Crm` as values, for scripts and queues.",
        lambda: _of(crmcore, _is_command),
    ),
    Page(
        "values",
        "Records and values",
        "What is stored, what it is made of, and what commands are given.",
        lambda: _with_bases(_of(crmcore, lambda thing: _is_class(thing) and not _is_answer(thing))),
    ),
    Page(
        "fields",
        "Fields of commands",
        "What the commands that add and edit take as `fields`; what a field may hold is said by the record.",
        lambda: iter(sorted({("crmcore", each.__name__, each) for each in _dictionaries()}, key=lambda each: each[1])),
    ),
    Page("answers", "Answers", "What commands and reads give back.", lambda: _of(crmcore, _is_answer)),
    Page("codes", "Codes", "Closed lists of choices, states and reasons.", lambda: _of(crmcore, _is_code)),
    Page(
        "errors",
        "Errors",
        "An exception means that the caller or the world broke a promise.",
        lambda: _of(crmcore, _is_error),
    ),
    Page(
        "ids",
        "Ids and constants",
        "An id is a plain number or text at run time, and a type of its own for a type checker.",
        lambda: _of(crmcore, lambda thing: not isinstance(thing, type) and not inspect.isfunction(thing)),
    ),
    Page(
        "adapters",
        "Adapters",
        "What fulfils the ports: stores, permissions, plans and clocks, and the files that a CRM is read from.",
        _adapters,
    ),
    Page(
        "ports",
        "Ports",
        "What the library needs from outside, and what it hands over. The docstring of a port is a contract.",
        lambda: _of(crmcore.ports, lambda thing: not _is_event(thing)),
    ),
    Page("events", "Events", "What an observer is told.", lambda: _of(crmcore.ports, _is_event)),
    Page(
        "testing",
        "The test kit",
        "What the tests of a host product can use.",
        lambda: _of(crmcore.testing, lambda thing: not _is_suite(thing)),
    ),
    Page(
        "suites",
        "Contract suites",
        "Each test is one sentence of the contract of a port. A host inherits a suite, or makes a machine.",
        lambda: _of(crmcore.testing, _is_suite),
    ),
)


def reference_pages() -> Iterator[tuple[str, str]]:
    """Each page by its name."""
    for page in PAGES:
        yield page.name, text_of(page)


def text_of(page: Page) -> str:
    """A page of directives that draw the docstrings in."""
    entries = "\n".join(_entry(*each) for each in page.names())
    return f"# {page.title}\n\n{page.says}\n\n```{{eval-rst}}\n{entries}```\n"


def _entry(module: str, name: str, thing: Any) -> str:
    lines = [f".. py:currentmodule:: {module}", ""]
    if is_typeddict(thing):
        keys = [f"   * ``{key}``: {_shown(hint)}" for key, hint in get_type_hints(thing).items()]
        lines += [f".. py:class:: {name}", "", f"   {thing.__doc__}", "", *keys]
    elif isinstance(thing, type):
        lines += [f".. autoclass:: {name}", "   :members:"]
        lines += ["   :undoc-members:"] if _is_code(thing) else [f"   :inherited-members: {FOREIGN}"]
        lines += ["   :show-inheritance:"] * any(_bringing_fields(thing))
    elif inspect.isfunction(thing):
        lines += [f".. autofunction:: {name}"]
    elif hasattr(thing, "__supertype__"):
        lines += [f".. py:data:: {name}", f"   :type: {thing.__supertype__.__name__}"]
    else:
        value = [] if isinstance(thing, types.UnionType) else [f"   :value: {thing!r}"]
        lines += [f".. py:data:: {name}", *value, "", f"   {_comment_on(name, thing)}"]
    return "\n".join([*lines, "", ""])


def _comment_on(name: str, thing: Any) -> str:
    """What the comment above a constant says, in whichever module it is defined."""
    definition = re.compile(rf"((?:^#: .*\n)+){name}\b[^=\n]*= ", re.MULTILINE)
    modules = [module for module_name, module in sorted(sys.modules.items()) if module_name.startswith("crmcore.")]
    found = (definition.search(inspect.getsource(each)) for each in modules if getattr(each, name, None) is thing)
    match = next((each for each in found if each), None)
    return "" if match is None else " ".join(line.removeprefix("#: ") for line in match[1].splitlines())


def _shown(hint: Any) -> str:
    """A type as it is written, with a link to what the reference has."""
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(map(_shown, get_args(hint)))
    if get_args(hint):
        return f"{_shown(get_origin(hint))} of {', '.join(_shown(each) for each in get_args(hint) if each is not ...)}"
    return "`None`" if hint is types.NoneType else f"`{hint.__name__}`"
