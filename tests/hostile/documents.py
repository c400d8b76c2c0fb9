"""Documents of a CRM, damaged in their JSON and in their text, through reading and audit."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from crmcore.adapters.cli.commands.audit import audit_document
from crmcore.adapters.cli.work.documents import Audit, json_row
from crmcore.adapters.document import BadDocument, dump_crm, load_crm
from crmcore.domain.model.image import CrmImage
from tests.hostile.ground import Ground
from tests.hostile.judge import damage_of
from tests.hostile.planted import PLANTED, planted
from tests.hostile.trials import CANARY, Trial, judged

__all__ = ["document_trial"]

Way = tuple[str | int, ...]

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 101, 999, 2**62, 2**63 - 1, 2**63, 10**30, 1.5, -0.0, "", " ", "x", "P", "S", "F",
    "NEW",
    "lead", "deal", "a b", "\x00", "\x1b", "\ud800", "x" * 256, "x" * 70_000, "NaN", "1E+30", "1e999", "0.12345678901",
    "2026-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "EURO", "eur", [], {}, [[]], [["lead", 1]], [["lead", 999]],
    [["stages", 0]], ["x"], {"type": "text", "value": "x"}, "classic", "simple", "again", "finished", "converted",
)  # fmt: skip


def document_trial(draw: Random, ground: Ground) -> Trial:
    """One document: refused with the place, found damaged by the audit, or sound to an independent judge."""
    original = _document(draw.choice(PLANTED))
    document = copy.deepcopy(original)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        _spoil(draw, document)
    text = json.dumps(document)
    in_text = draw.random() < 0.1
    if in_text:
        at = draw.randrange(len(text))
        text = draw.choice(
            (text[:at], text[:at] + text[at + 1 :], text[:at] + draw.choice('"{}[],:0e\\') + text[at:], text + text)
        )
    path = ground.folder / "crm.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    ended = judged(lambda: audit_document(path), (CANARY,))
    wrong = [*ended.wrong]
    report: Audit | None = ended.answer
    if report is None:
        return Trial(1, Counter(["untyped"]), tuple(wrong))
    told = json.dumps(json_row(report))
    wrong += ["shows what is stored"] if CANARY in told else []
    wrong += [f"ends with {report.exit_code}"] if report.exit_code not in (0, 2, 5) else []
    wrong += ["is broken, and nothing is named"] if report.exit_code == 5 and not report.violations else []
    if report.exit_code == 0:
        wrong += [f"is called clean: {each}" for each in damage_of(json.loads(text))[:3]]
        wrong += _loaded_again(text)
    return Trial(1, Counter([str(report.result)]), tuple(wrong))


def _loaded_again(text: str) -> Iterator[str]:
    """What is clean can be written and read again, and is equal."""
    image = load_crm(text)
    try:
        again = load_crm(dump_crm(image))
    except BadDocument as bad:
        yield f"is called clean, and cannot be read again: {bad}"
        return
    if again != image:
        yield "is called clean, and is another CRM when it is read again"


@cache
def _document(name: str) -> Any:
    image: CrmImage = planted(name)
    return json.loads(dump_crm(image))


def _spoil(draw: Random, document: Any) -> None:
    """One change somewhere; what there is little of is as likely as what there is much of."""
    ways = list(_ways(document))
    shapes: dict[Way, list[Way]] = {}
    for way in ways:
        shapes.setdefault(tuple("*" if isinstance(step, int) else step for step in way), []).append(way)
    way = draw.choice(shapes[draw.choice(sorted(shapes))])
    parent, last = _at(document, way[:-1]), way[-1]
    value = parent[last]
    match draw.choice(("other", "other", "same", "out", "twice", "number", "swap", "row")):
        case "other":
            parent[last] = copy.deepcopy(draw.choice(_VALUES))
        case "same":
            like = draw.choice(shapes[tuple("*" if isinstance(step, int) else step for step in way)])
            parent[last] = copy.deepcopy(_at(document, like))
        case "out":
            del parent[last]
        case "twice":
            if isinstance(parent, list):
                parent.insert(int(last), copy.deepcopy(value))
            else:
                parent[f"{last}_"] = copy.deepcopy(value)  # else a later exchange could put it into itself
        case "number":
            if type(value) is int:
                parent[last] = draw.choice((value + 1, value - 1, -value, value * 1000, value + 2**63))
        case "swap":
            other = draw.choice(ways)
            there = _at(document, other[:-1])
            if other[: len(way)] != way and way[: len(other)] != other:
                parent[last], there[other[-1]] = there[other[-1]], value
        case _:
            rows = document[draw.choice([name for name, part in document.items() if isinstance(part, list) and part])]
            del rows[draw.randrange(len(rows))]


def _ways(value: Any, way: Way = ()) -> Iterator[Way]:
    if way:
        yield way
    for key, inside in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _ways(inside, (*way, key))


def _at(value: Any, way: Way) -> Any:
    for step in way:
        value = value[step]
    return value
