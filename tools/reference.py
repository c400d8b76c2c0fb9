"""The pages of the reference, one for each part of the public surface; the lists are those of `__all__`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

import crmcore
import crmcore.ports
import crmcore.testing
from crmcore import Crm, CrmError

__all__ = ["PAGES", "Page", "reference_pages", "text_of"]

#: Where answers are defined; what else the package offers is a record, a value, a code, an error or an id.
ANSWERS = ("results", "outcomes", "ledger", "sources")

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


def _is_class(thing: Any) -> bool:
    return isinstance(thing, type) and not _is_code(thing) and not _is_error(thing) and thing is not Crm


def _ports() -> Iterator[tuple[str, str, Any]]:
    for found in pkgutil.iter_modules(crmcore.ports.__path__, f"{crmcore.ports.__name__}."):
        yield from _of(importlib.import_module(found.name))


PAGES = (
    Page(
        "crm",
        "Crm",
        "Everything that can be asked of a CRM. Its methods are sorted as in the source: commands first, reads last.",
        lambda: _of(crmcore, lambda thing: thing is Crm),
    ),
    Page(
        "values",
        "Records and values",
        "What is stored, what it is made of, and what commands are given.",
        lambda: _of(crmcore, lambda thing: _is_class(thing) and not _is_answer(thing)),
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
        lambda: _of(crmcore, lambda thing: not isinstance(thing, type)),
    ),
    Page("ports", "Ports", "What the library needs from outside. Each docstring is a contract.", _ports),
    Page("testing", "The test kit", "What the tests of a host product can use.", lambda: _of(crmcore.testing)),
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
    if isinstance(thing, type):
        lines += [f".. autoclass:: {name}", "   :members:"]
        lines += ["   :undoc-members:"] if _is_code(thing) else [f"   :inherited-members: {FOREIGN}"]
    elif inspect.isfunction(thing):
        lines += [f".. autofunction:: {name}"]
    elif hasattr(thing, "__supertype__"):
        lines += [f".. py:data:: {name}", f"   :type: {thing.__supertype__.__name__}"]
    else:
        lines += [f".. autodata:: {name}"]
    return "\n".join([*lines, "", ""])


