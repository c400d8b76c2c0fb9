"""A record as a page shows it: the name of each filled field, and its value as lines of text or a link."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import fields, frozen, has

from crmcore.adapters.words import Language
from crmcore.application.crm import Crm
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.model.text import Discreet
from crmcore.domain.model.values import ContactPoint, CustomFields, Money, PersonName

__all__ = ["Catalogues", "Line", "head_of", "lines_of", "name_of_pipeline", "pipelines_of", "standing_of"]

#: The fields of a record that name another one.
_LINKS = {f"{kind}_id": kind for kind in CARDS}

#: The fields that name a person by an id.
_PERSON = ("responsible",)


@frozen(repr=False, eq=False)
class Line(Discreet):
    """One field of a record: its name, its value in lines of text, and the record that it names."""

    name: str
    texts: tuple[str, ...]
    link: Ref | None = None


def pipelines_of(crm: Crm) -> tuple[Pipeline, ...]:
    """All pipelines, archived ones included."""
    return tuple(each.record for each in crm.pipelines())


def name_of_pipeline(pipeline: Pipeline, words: Language) -> str:
    """What a pipeline is called; the default one may have no name."""
    return pipeline.name or words.staying.default_pipeline


@frozen(repr=False, eq=False)
class Catalogues(Discreet):
    """What stages and pipelines are called; one without a name is shown by its code or id."""

    stages: LeadStages | None
    pipelines: tuple[Pipeline, ...]

    def stage_of(self, record: Lead | Deal) -> str:
        """The name of the stage that a record is in."""
        known = self.stages if isinstance(record, Lead) else self._pipeline_of(record)
        stage = None if known is None else known.get(record.stage)
        return (stage and stage.name) or record.stage

    def pipeline_of(self, deal: Deal, words: Language) -> str:
        """The name of the pipeline that a deal is in."""
        found = self._pipeline_of(deal)
        return str(deal.pipeline_id) if found is None else name_of_pipeline(found, words)

    def _pipeline_of(self, deal: Deal) -> Pipeline | None:
        return next((each for each in self.pipelines if each.id == deal.pipeline_id), None)


def lines_of(record: Any, words: Language, catalogues: Catalogues) -> Iterator[Line]:
    """The filled fields of a record, in the order of the record."""
    # What all cards share stands last.
    for field in sorted(fields(type(record)), key=lambda field: field.inherited):
        value = getattr(record, field.name)
        link = _LINKS.get(field.name)
        if link is not None and value is not None:
            yield Line(words.fields[field.name], (), Ref(link, value))
            continue
        if field.name in _PERSON and value:
            texts: tuple[str, ...] = (words.whole.person(id=str(value)),)
        elif field.name == "stage":
            texts = (catalogues.stage_of(record),)
        elif field.name == "pipeline_id":
            texts = (catalogues.pipeline_of(record, words),)
        else:
            texts = tuple(_texts(value, words))
        if texts:
            yield Line(words.fields[field.name], texts)


def head_of(record: Any, kind: Kind, words: Language) -> str:
    """What a record is called: its title, the name of its person, or its kind and id."""
    for name in ("title", "subject", "name"):
        value = getattr(record, name, None)
        text = _name_of(value) if isinstance(value, PersonName) else value
        if text:
            return str(text)
    return words.lists.unnamed(kind=words.kinds[kind].one, id=str(record.id))


def _name_of(name: PersonName) -> str:
    """The parts of a person's name, in the order of the value."""
    return " ".join(part for field in fields(PersonName) if (part := getattr(name, field.name)))


def standing_of(record: Any, words: Language, catalogues: Catalogues) -> str:
    """The stage of a lead or deal with its meaning, or whether an activity is completed."""
    if isinstance(record, Activity):
        return words.lists.completed if record.completed else words.lists.open
    if isinstance(record, Lead | Deal):
        return f"{catalogues.stage_of(record)} · {words.meanings[record.semantics]}"
    return words.whole.nothing


def _texts(value: Any, words: Language) -> Iterator[str]:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        yield words.whole.yes if value else words.whole.no
    elif isinstance(value, Money):
        amount = "" if value.amount is None else words.number(value.amount)
        yield f"{amount} {value.currency or ''}".strip()
    elif isinstance(value, PersonName):
        if name := _name_of(value):
            yield name
    elif isinstance(value, ContactPoint):
        yield f"{words.points[value.kind]}: {value.value}"
    elif isinstance(value, CustomFields):
        for name, part in value.items():
            yield f"{name}: {' '.join(_texts(part, words))}"
    elif isinstance(value, Ref):
        yield str(value)
    elif isinstance(value, (tuple, frozenset)):
        for part in sorted(value) if isinstance(value, frozenset) else value:
            yield from _texts(part, words)
    elif isinstance(value, Enum):
        yield _named(value, words)
    elif isinstance(value, date):
        yield words.date(value)
    elif isinstance(value, Decimal):
        yield words.number(value)
    elif has(type(value)):
        for field in fields(type(value)):
            yield from _texts(getattr(value, field.name), words)
    else:
        yield str(value)


def _named(value: Enum, words: Language) -> str:
    for texts in (words.meanings, words.points):
        if value in texts:
            return texts[value]  # type: ignore[index]
    return str(value.value)
