"""The run of a story as a Python script, which fails on the weakened design and passes on the real one."""

import json
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from attrs import fields, has

from crmcore.domain.model.ids import Ref
from crmcore.testing.walk.run import Taken
from crmcore.testing.walk.story import Story
from crmcore.testing.walk.walker import Act

__all__ = ["script_of", "source_of"]

_TEMPLATE = '''"""{title}: the shortest run that breaks {rule}.

{sentence}

As it stands it fails: `{law}` breaks for {record}, in its {part}.
With `real` behind it, it makes the same run on the real design, and passes.
"""

import sys

{imports}
from crmcore.testing.walk import Run

run = Run({walk}, *(sys.argv[1:] or [{fault}]))
anna, bruno = run.actors

{steps}

print("every law holds")
'''


def script_of(story: Story, rule: str, sentence: str) -> str:
    """The script of a story; `rule` is the id of the sentence that it breaks, `sentence` its text."""
    used: dict[str, str] = {}
    lines = [line for step in story.run.taken for line in _lines(step, used)]
    modules: dict[str, list[str]] = {}
    for name, module in sorted(used.items()):
        modules.setdefault(module, []).append(name)
    broken, record = story.broken[0]
    return _TEMPLATE.format(
        title=story.design.name,
        rule=rule,
        sentence=sentence,
        law=broken.law,
        record=record,
        part=broken.part,
        imports="\n".join(f"from {module} import {', '.join(modules[module])}" for module in sorted(modules)),
        walk=json.dumps(story.walk.name),
        fault=json.dumps(story.design.name),
        steps="\n".join(lines),
    )


def _lines(step: Taken, used: dict[str, str]) -> Iterator[str]:
    if step.actor is None:
        world = step.after.world
        yield f"run.world(plan_has_classic={world.plan_has_classic}, second_may={world.second_may})"
        return
    who, command = ("anna", "bruno")[step.actor], step.command
    match step.act:
        case Act.READS:
            yield f"{who}.reads({source_of(command.ref, used)}, {source_of(command, used)})"
        case Act.COUNTS:
            yield f"{who}.counts({source_of(command, used)})"
        case Act.LOADS:
            yield f"{who}.loads({source_of(command, used)})"
        case _:
            yield f"{who}.commits()"


def source_of(value: Any, used: dict[str, str]) -> str:
    """A value as the source that makes it again; `used` collects the names that it needs, with their modules."""
    if isinstance(value, Enum):
        return f"{_name(type(value), used)}.{value.name}"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Ref):
        return f"{_name(Ref, used)}({source_of(value.kind, used)}, {source_of(value.id, used)})"
    if has(type(value)):
        given = [
            f"{field.name}={source_of(getattr(value, field.name), used)}"
            for field in fields(type(value))
            if getattr(value, field.name) != field.default
        ]
        return f"{_name(type(value), used)}({', '.join(given)})"
    if isinstance(value, frozenset):
        return f"frozenset({{{', '.join(source_of(each, used) for each in sorted(value))}}})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{json.dumps(key)}: {source_of(each, used)}' for key, each in value.items())}}}"
    if isinstance(value, tuple):
        return f"({''.join(f'{source_of(each, used)}, ' for each in value).rstrip()})"
    return repr(value)


def _name(cls: type[Any], used: dict[str, str]) -> str:
    facade = sys.modules["crmcore"]
    used[cls.__name__] = "crmcore" if hasattr(facade, cls.__name__) else cls.__module__
    return cls.__name__
