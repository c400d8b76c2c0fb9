"""Every class of the library hides its data, or stands here with the reason why it need not (DATA-2)."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

import crmcore
from crmcore.adapters.bitrix24_csv import BadFile, read_leads
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.step import Step
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import ContactId, Kind, UserId
from crmcore.domain.model.text import Discreet, Shown
from crmcore.domain.model.values import ContactPoint, ContactPoints, CustomFields, PersonName
from crmcore.domain.protocol.commands import AddLead
from crmcore.testing.machine.photo import Photo
from crmcore.testing.machine.side import Came
from crmcore.testing.machine.steps import Pair
from tests.building import ADMIN, Scene, accepted

pytestmark = pytest.mark.rule("DATA-2")

CANARY = "c4nary"
OWN = frozenset({"__repr__", "__str__", "__format__", "__eq__", "__ne__", "__hash__"})

#: How a class that hides its data is written, and why not otherwise.
SPELLINGS = {
    "frozen(kw_only=True, repr=False, eq=False)": "the house spelling",
    "frozen(repr=False, eq=False)": "few fields, that read well by position",
    "frozen(kw_only=True, repr=False, eq=False, slots=False)": "a command: many kinds, few instances (`Discreet`)",
    "frozen(repr=False, eq=False, slots=False)": "an event: the same",
    "define(kw_only=True, repr=False, eq=False, on_setattr=setters.NO_OP)": "`Card`, the base of four frozen kinds",
}

#: What has a text, an equality or a hash of its own all the same.
SPEAKING = {
    "crmcore.adapters.bitrix24_csv.errors.BadRow.__str__": "a line for people, of parts without personal data",
}

#: Classes made by attrs that are none of ours.
SHOWING = {
    "crmcore.testing.readings.catalogue.Ambiguity": "two readings of the article, in words",
    "crmcore.testing.readings.designs.PlanNotSaid": "one flag, as in the plan that it stands for",
    "crmcore.testing.readings.record.Effect": "counts, and names of vectors and laws",
    "crmcore.testing.readings.seam.Replaced": "names, and a function of the other reading",
    "crmcore.testing.readings.seam.Wrapped": "a function of the other reading",
    "crmcore.testing.vectors.files.Vector": "an example of the rules, with made-up records",
    "crmcore.testing.vectors.runner.Report": "counts, and what failed of such examples",
    "crmcore.testing.vectors.runner.Verdict": "what came of one example",
    "crmcore.testing.walk.designs.Fault": "names, and functions of a weakened design",
    "crmcore.testing.walk.story.Change": "a part of a made-up CRM, told in a story",
    "crmcore.testing.walk.story.Sentence": "a sentence of such a story",
    "crmcore.testing.walk.story.Story": "such a story",
    "crmcore.testing.walk.walker.Design": "functions",
    "crmcore.testing.walk.walker.Held": "what an actor of a walk holds: ids and versions",
    "crmcore.testing.walk.walker.Point": "a store of a walk, which shows nothing",
    "crmcore.testing.walk.walker.State": "a state of a walk: its parts",
    "crmcore.testing.walk.walker.Walk": "a made-up CRM, and what is asked of it",
    "crmcore.adapters.clocks.FixedClock": "an instant that moves; no data",
    "crmcore.adapters.plans.FixedPlan": "one flag that a host sets; no data",
    "crmcore.testing.faults.catalogue.Family": "shown by a failing test: a suite and a function",
    "crmcore.testing.field_paths.PathStep": "the name of a field with its class",
    "crmcore.testing.field_paths.FieldPath": "names of fields",
    "crmcore.testing.machine.model.Model": "shown by a failing test: ids, modes and versions, compared but for two",
    "crmcore.testing.machine.photo.Photo": "shown by a failing test: an image, which hides its data, and versions",
    "crmcore.testing.machine.side.Around": "shown by a failing test: ports without data",
    "crmcore.testing.machine.side.Came": "shown by a failing test: an answer, which hides its data, or an error",
    "crmcore.testing.machine.steps.Pair": "shown by a failing test: two decisions, whose parts hide theirs",
}

#: Named tuples show all their parts.
TUPLES = {
    "crmcore.testing.readings.record._End": "an example of the rules, a flag, and a store, which shows nothing",
    "crmcore.testing.readings.told.Told": "what differs in an example of the rules",
    "crmcore.testing.vectors.differences.Difference": "what differs in an example of the rules",
    "crmcore.testing.walk.laws.Broken": "names, and the id of a record",
    "crmcore.testing.walk.laws.Step": "two images, which hide their data, and flags",
    "crmcore.testing.walk.run.Taken": "an actor of a walk, a command and two states",
    "crmcore.testing.walk.walker.Found": "counts, and names of laws and steps",
    "crmcore.testing.walk.walker.Move": "the name of a step",
    "crmcore.testing.walk.walker.Offer": "a command, which hides its data",
    "crmcore.testing.walk.walker.World": "two flags",
    "crmcore.adapters.bitrix24_csv.writer._Layout": "two numbers and the codes of columns",
    "crmcore.application.imports.StagedImport": "a key, an instant and counts",
    "crmcore.adapters.sql.reads.lists._Terms": "conditions of a statement; ids and flags",
    "crmcore.adapters.sql.reads.lists._Way": "the name of an index and its condition",
    "crmcore.adapters.bitrix24_csv.languages.catalogue.Language": "words that the product has",
    "crmcore.adapters.bitrix24_csv.words.file_kinds.Likeness": "a number and headings that the product has",
    "crmcore.adapters.bitrix24_csv.words.file_kinds.Own": "headings that the product has",
    "crmcore.adapters.bitrix24_csv.words.headings.Found": "a column of the product and a flag",
    "crmcore.adapters.bitrix24_csv.references.Target": "a kind and an id",
    "crmcore.testing.strategies.choices.Choice": "a number, a function and a strategy",
    "crmcore.adapters.bitrix24_csv.words.columns.Column": "a heading of the product's export",
    "crmcore.adapters.words.reader.Fault": "the name of a text and what belongs there",
    "crmcore.adapters.sql.rows.views.Shown": "a column of a view",
    "crmcore.adapters.sql.rows.views.View": "a view of the schema",
    "crmcore.domain.rules.conversion.Carried": "names of fields",
    "crmcore.domain.rules.conversion.Client": "ids",
    "crmcore.domain.rules.conversion.Conversion": "records, which hide their data",
    "crmcore.domain.protocol.decision.Handler": "functions",
    "crmcore.domain.decisions.intake._Sender": "ids",
    "crmcore.domain.model.ids.Ref": "a kind and an id",
    "crmcore.domain.model.schema.Part": "the name of a field and its type",
    "crmcore.domain.laws.Law": "a rule and a function",
    "crmcore.domain.laws.Violation": "a rule, a law and ids",
    "crmcore.domain.rules.matching.MatchKey": "a normalised e-mail or phone: its own `repr` shows the kinds alone",
    "crmcore.domain.rules.mode.Behaviour": "a cell of the table of modes",
    "crmcore.domain.model.outcomes.LeadOutcome": "codes and counts",
    "crmcore.domain.protocol.snapshot.NextLeads": "ids and counts",
    "crmcore.ports.store.Listed": "entries, which hide their data, and an id",
    "crmcore.ports.store.Entry": "an id, a version, and a record, which hides its data",
    "crmcore.ports.outbox.EventPage": "events, which have ids and codes alone, and a place",
    "crmcore.ports.outbox.Happened": "an id, and an event, which has ids and codes alone",
    "crmcore.testing.contracts.events.Hosted": "a store, which shows nothing, and two functions",
    "crmcore.application.workers.Task": "a token, which is a key and a number, and counts",
}

#: Other classes with a text of their own.
PLAIN = {
    "crmcore.testing.walk.run.Actor": "the name of one of two actors of a walk",
    "crmcore.domain.model.values.ContactPoints": "shows how many there are, and hides what they are",
    "crmcore.domain.model.values.CustomFields": "shows the codes, and hides the values",
    "crmcore.domain.protocol.plans.FoldedPlans": "shows how many there are",
    "crmcore.testing.crm.TestCrm": "shows its store, which shows nothing",
    "crmcore.testing.recorder.EventRecorder": "events, which hide their data",
}


def _modules() -> Iterator[str]:
    """All of them but the scripts that Alembic and `python -m` run."""
    yield "crmcore"
    for each in pkgutil.walk_packages(crmcore.__path__, "crmcore."):
        if not each.name.endswith(".__main__") and ".migrations" not in each.name:
            yield each.name


def _named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


CLASSES: list[type] = sorted(
    {
        kind
        for name in _modules()
        for kind in vars(importlib.import_module(name)).values()
        if inspect.isclass(kind) and kind.__module__ == name
    },
    key=_named,
)
DISCREET = [kind for kind in CLASSES if issubclass(kind, Discreet) and kind not in (Discreet, Shown)]
MADE_BY_ATTRS = [kind for kind in CLASSES if "__attrs_attrs__" in vars(kind) and kind is not Discreet]
DISCREET_ATTRS = [kind for kind in DISCREET if kind in MADE_BY_ATTRS]


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _spelling(kind: type) -> str:
    path = inspect.getsourcefile(kind)
    assert path is not None
    (node,) = [each for each in ast.walk(_tree(path)) if isinstance(each, ast.ClassDef) and each.name == kind.__name__]
    (made,) = [text for text in map(ast.unparse, node.decorator_list) if text.startswith(("frozen", "define"))]
    return made


@cache
def _spelt() -> dict[str, str]:
    """How each class that hides its data is written."""
    return {_named(kind): _spelling(kind) for kind in DISCREET_ATTRS}


def test_a_class_that_hides_its_data_has_no_repr_equality_or_hash_of_its_own() -> None:
    """Neither written nor generated: there is one of each for all of them."""
    own = {f"{_named(kind)}.{name}" for kind in DISCREET for name in OWN & vars(kind).keys()}
    assert own <= SPEAKING.keys()


def test_a_class_that_hides_its_data_is_written_as_the_others_are() -> None:
    """A keyword that is forgotten gives it a `repr` with everything in it."""
    assert [_named(kind) for kind in DISCREET_ATTRS if _spelt()[_named(kind)] not in SPELLINGS] == []


def test_its_repr_shows_what_the_class_names_and_nothing_else() -> None:
    """With a secret in every field, those that are shown are ids and codes by declaration."""

    class Secret:
        def __repr__(self) -> str:
            return CANARY

    for kind in DISCREET_ATTRS:
        record = object.__new__(kind)
        names = [field.name for field in attrs.fields(kind)]
        for name in names:
            object.__setattr__(record, name, Secret())
        shown = names if issubclass(kind, Shown) else kind._shown
        assert repr(record).count(CANARY) == len(shown), _named(kind)


def test_a_record_that_is_half_built_has_a_repr_too() -> None:
    """A debugger finds it without any field, or with the first alone; what is not there is not shown."""
    for kind in (*DISCREET, *(kind for kind in CLASSES if _named(kind) in PLAIN)):
        record: Any = kind.__new__(kind)  # type: ignore[call-overload]  # mypy takes it for the class of classes
        assert repr(record).startswith(f"{kind.__name__}("), _named(kind)
        for name in getattr(kind, "__slots__", ()) or [field.name for field in getattr(kind, "__attrs_attrs__", ())]:
            if not name.startswith("_"):
                object.__setattr__(record, name, object.__new__(PersonName))
                assert repr(record).startswith(f"{kind.__name__}("), _named(kind)


def test_a_record_around_one_that_is_half_built_has_a_repr_too() -> None:
    """Values inside values, and what raised while it was being made."""
    halves: list[Any] = [object.__new__(PersonName), object.__new__(CustomFields), ContactPoints()]
    for half in halves:
        contact = object.__new__(Contact)
        object.__setattr__(contact, "name", half)
        assert repr(contact) in ("Contact(filled=name)", "Contact()")
    assert repr(tuple.__new__(ContactPoints, [object.__new__(ContactPoint)])) == "ContactPoints(?/?)"
    with pytest.raises(InvalidValue) as raised:
        Contact(id=ContactId(1), responsible=UserId(1), job_title=CANARY * 100)
    frame = raised.tb
    while frame.tb_next is not None:
        frame = frame.tb_next
        for each in frame.tb_frame.f_locals.values():
            if isinstance(each, Discreet):
                assert CANARY not in repr(each)


def test_a_class_made_by_attrs_hides_its_data_or_says_why_not() -> None:
    """A new one decides here."""
    assert {_named(kind) for kind in MADE_BY_ATTRS if not issubclass(kind, Discreet)} == SHOWING.keys()


def test_no_class_is_a_dataclass() -> None:
    """Those would show everything, and are not looked at here."""
    assert not [kind for kind in CLASSES if dataclasses.is_dataclass(kind)]


def test_any_other_class_shows_nothing_or_says_what() -> None:
    """Named tuples show all of their parts; errors are held to it by their own tests, and enumerations are codes."""
    for kind in CLASSES:
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            assert _named(kind) in TUPLES
        elif "__attrs_attrs__" not in vars(kind) and not issubclass(kind, Discreet | BaseException | Enum):
            own = {"__repr__", "__str__", "__format__"} & vars(kind).keys()
            assert _named(kind) in PLAIN or not own, _named(kind)


def test_the_lists_name_only_what_is_there() -> None:
    """A reason for a class that is gone would serve the next of its name."""
    names = {_named(kind) for kind in CLASSES}
    assert SHOWING.keys() | TUPLES.keys() | PLAIN.keys() <= names
    assert {name.rpartition(".")[0] for name in SPEAKING} <= names
    assert SPELLINGS.keys() == set(_spelt().values())


def test_what_a_failing_test_shows_has_no_data_either() -> None:
    """The classes of the kit that show their parts, around a lead with data in it."""
    scene = Scene(InMemoryStore.classic())
    lead = accepted(scene.crm.add_lead(ADMIN, title=CANARY, comments=CANARY))
    held = Step.of(
        scene.store, scene.roles, scene.plan, FixedClock(), ADMIN, AddLead(fields={"title": CANARY, "comments": CANARY})
    )
    shown: list[Any] = [
        Photo.of(scene.store),
        held,
        Pair(held.command, held, held),
        Came(scene.crm.lead(ADMIN, lead)),
        scene.store.page(Kind.LEAD),
        scene.told,
    ]
    assert CANARY not in repr(shown)


def test_no_error_is_hidden_that_could_be_left_behind() -> None:
    """`from None` keeps the error that was handled in `__context__`, with its row, its text or the whole file."""
    found = [
        f"{path.name}:{ast.unparse(node)}"
        for path in sorted(Path(crmcore.__file__).parent.rglob("*.py"))
        if "from None" in path.read_text(encoding="utf-8")
        for node in ast.walk(_tree(str(path)))
        if isinstance(node, ast.Raise) and isinstance(node.cause, ast.Constant)
    ]
    assert found == ["errors.py:raise error from None"]


@pytest.mark.parametrize(
    "text", [f'{{"x": "{CANARY}', f'{{"settings": "{CANARY}"}}', f'{{"a": {"1" * 5000}, "b": "{CANARY}"}}']
)
def test_an_error_about_a_document_keeps_nothing_of_it(text: str) -> None:
    """A parser's error has the whole text; ours has the place and what was expected."""
    with pytest.raises(InvalidValue) as raised:
        load_crm(text)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert CANARY not in f"{raised.value!r}{vars(raised.value)}"


@pytest.mark.parametrize("content", [f"ID;TITLE\n1;{CANARY}\xff".encode("latin-1"), f'ID;TITLE\n1;"{CANARY}'.encode()])
def test_an_error_about_a_file_keeps_nothing_of_it(content: bytes, tmp_path: Path) -> None:
    """An error of decoding has the whole file."""
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile) as raised:
        read_leads(path)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert CANARY not in f"{raised.value!r}{vars(raised.value)}"
