"""The words that vectors are drafted in: a step of a vector, and a vector before anybody has answered it."""

from collections.abc import Iterable
from typing import Any

from attrs import NOTHING, Factory, field, fields, frozen

from crmcore.adapters.document.converter import unstructured
from crmcore.adapters.document.messages import COMMANDS, FIELDS_OF
from crmcore.domain.model.ids import Kind

__all__ = ["Draft", "Json", "call", "do", "fields_of", "said", "world"]

Json = dict[str, Any]


def _listed(steps: Iterable[Json]) -> list[Json]:
    return list(steps)


@frozen(kw_only=True)
class Draft:
    """A vector that nobody has answered yet: what it begins with, what is asked, and the rules that it is about."""

    id: str
    given: str
    when: list[Json] = field(converter=_listed)
    rules: tuple[str, ...]
    #: What it needs besides what can be seen of it.
    needs: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]


def do(actor: int, command: str, **given: Any) -> Json:
    """A command; what is not given has its default."""
    cls = COMMANDS[command]
    step: Json = {"actor": actor, "command": command}
    for each in fields(cls):
        if each.name in given:
            step[each.name] = given.pop(each.name)
        elif each.default is NOTHING:
            raise TypeError(f"{command} needs {each.name}")
        else:
            default = each.default.factory() if isinstance(each.default, Factory) else each.default  # type: ignore[arg-type]  # a class at run time
            step[each.name] = unstructured(default, each.type)
    if given:
        raise TypeError(f"{command} has no {', '.join(given)}")
    return step


def call(actor: int, name: str, **given: Any) -> Json:
    """Another method of `Crm`."""
    return {"actor": actor, "call": name, **given}


def world(**given: Any) -> Json:
    """The world changes."""
    return {"set": given}


def said(step: int, part: str | None = None) -> Json:
    """What an earlier step answered, or a part of it."""
    return {"step": step} if part is None else {"step": step, "part": part}


def fields_of(kind: Kind, **values: Any) -> Json:
    """Fields of a record as JSON."""
    found: Json = unstructured(values, FIELDS_OF[kind])
    return found
