"""The canonical document of a CRM, and single records as JSON objects."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import ClientChoice, InvalidValue, Kind, LeadId, ModeSwitchPolicy, Money, Ref
from crmcore.adapters import MissingExtra
from crmcore.adapters.document import BadDocument, dump_crm, dump_record, load_crm, load_record
from crmcore.adapters.document.whole import written
from crmcore.domain.model.image import ReadTable, new_crm
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import CustomValue
from tests.building import ADMIN, Scene, accepted, classic, email, euros, of

Json = dict[str, Any]
KEYS = ["format", "settings", "stages", "pipelines", "leads", "deals", "contacts", "companies", "activities", "ledger",
        "outcomes", "switches", "commands"]  # fmt: skip
CUSTOM: dict[str, CustomValue] = {
    "UF_DECIMAL": Decimal("1.50"),
    "UF_YES": True,
    "UF_TEXTS": ("a", "b"),
    "UF_DATE": date(2020, 2, 29),
    "UF_INSTANT": datetime(2020, 1, 1, 12, 30, tzinfo=UTC),
    "UF_INTEGER": 1,
    "UF_TEXT": "yes",
}


def _switched() -> Scene:
    scene = classic()
    for number in (1, 2, 3):
        scene.add(
            title=f"Lead {number}", responsible=ADMIN, amount=euros("12.345"), contact_points=[email("a@b.example")]
        )
    scene.edit(LeadId(1), custom=CUSTOM)
    scene.add_activity(of(Kind.LEAD, 1), subject="Call back")
    scene.add_activity(of(Kind.LEAD, 2))
    accepted(scene.crm.delete_lead(ADMIN, LeadId(3)))
    scene.switch(ModeSwitchPolicy(client=ClientChoice.BOTH))
    return scene


def _document() -> Json:
    document: Json = json.loads(dump_crm(_switched().image()))
    return document


def test_a_document_has_every_part_of_the_crm_in_its_order() -> None:
    """Readers find each list where it always is, sorted by id."""
    document = _document()
    assert document["format"] == "crmcore.crm/1"
    assert list(document) == KEYS
    assert [lead["id"] for lead in document["leads"]] == [1, 2, 3]
    assert document["settings"]["mode"] == "simple"


def test_a_record_says_all_its_keys_with_the_id_first() -> None:
    """An empty field is null, so that no reader has to guess which keys there are."""
    lead = _document()["leads"][1]
    assert next(iter(lead)) == "id"
    assert lead["birth_date"] is None
    assert lead["deleted_at"] is None
    assert lead["amount"] == {"amount": "12.345", "currency": "EUR"}


def test_the_bindings_of_an_activity_are_sorted_pairs() -> None:
    """What an activity is bound to stands with the activity."""
    activity = _document()["activities"][0]
    assert activity["bindings"] == [["company", 1], ["contact", 1], ["deal", 1], ["lead", 1]]
    assert activity["unbound"] == []


@pytest.mark.rule("CONV-8")
def test_custom_fields_keep_their_types() -> None:
    """Yes is not 1, a decimal keeps its digits, and a list stays a list."""
    scene = _switched()
    row = dump_record(scene.lead(LeadId(1)))
    assert row["custom"]["UF_DECIMAL"] == {"type": "decimal", "value": "1.50"}
    assert row["custom"]["UF_YES"] == {"type": "yes_no", "value": True}
    loaded = load_record(Kind.LEAD, json.loads(json.dumps(row)))
    assert loaded == scene.lead(LeadId(1))
    assert str(loaded.custom["UF_DECIMAL"]) == "1.50"
    assert {code: type(value) for code, value in loaded.custom.items()} == {
        code: type(value) for code, value in CUSTOM.items()
    }


@pytest.mark.rule("DATA-3")
def test_a_deleted_lead_is_marked_and_has_no_data() -> None:
    """A tombstone has its id, its links and when it was deleted."""
    scene = _switched()
    deleted = _document()["leads"][2]
    assert set(deleted) == {"id", "deleted_at", "contact_id", "company_id", "deal_id", "lead_id"}
    assert isinstance(load_crm(dump_crm(scene.image())).leads[LeadId(3)], Tombstone)


def test_the_same_crm_always_gives_the_same_bytes() -> None:
    """The order in which records were stored leaves no trace."""
    image = _switched().image()
    names = ("leads", "deals", "contacts", "companies", "activities", "bindings", "ledger", "outcomes")
    tables: dict[str, Any] = {name: dict(reversed(getattr(image, name).items())) for name in names}
    turned = evolve(image, **tables)
    assert dump_crm(turned) == dump_crm(image)


def test_the_batches_of_a_store_leave_no_trace() -> None:
    """A list that is read record by record is written as one that is there at once."""
    image = _switched().image()
    in_ones: Any = ReadTable(lambda: (([id], [record]) for id, record in sorted(image.leads.items())))
    assert dump_crm(evolve(image, leads=in_ones)) == dump_crm(image)


def test_who_listens_hears_each_record_on_the_way() -> None:
    """By the list where it stands, an activity with what it is bound to."""
    image = _switched().image()
    heard: Json = {}
    bound: list[Any] = []

    def told(name: str, records: Sequence[Any], refs: Sequence[frozenset[Ref]]) -> None:
        heard[name] = [*heard.get(name, []), *records]
        bound.extend(refs)

    assert "".join(written(image, told)) == dump_crm(image)
    tables: Json = {name: getattr(image, name) for name in KEYS[3:]}
    assert heard == {name: [table[id] for id in sorted(table)] for name, table in tables.items() if table}
    assert bound == [image.bindings[id] for id in sorted(image.activities)]


def test_the_order_of_custom_fields_leaves_no_trace() -> None:
    """Equal mappings give equal bytes."""
    scene = classic()
    one, other = (scene.lead(scene.add(responsible=ADMIN, custom=dict(items))) for items in _both_ways(CUSTOM))
    assert list(one.custom) != list(other.custom)
    assert json.dumps(dump_record(one)["custom"]) == json.dumps(dump_record(other)["custom"])


def _both_ways(items: dict[str, CustomValue]) -> tuple[list[tuple[str, CustomValue]], list[tuple[str, CustomValue]]]:
    return list(items.items()), list(reversed(items.items()))


def test_each_record_has_a_line_of_its_own() -> None:
    """So that a comparison by lines shows the records that differ."""
    text = dump_crm(_switched().image())
    assert sum(line.startswith('{"id": ') for line in text.splitlines()) == 1 + 3 + 2 + 2 + 2 + 2


def test_texts_of_all_scripts_stay_readable() -> None:
    """Letters are written as they are."""
    scene = classic()
    scene.add(title="Müller & 李", responsible=ADMIN)
    assert '"Müller & 李"' in dump_crm(scene.image())


def test_a_money_value_with_one_part_comes_back() -> None:
    """An amount without a currency is kept as it is."""
    scene = classic()
    id = scene.add(responsible=ADMIN, amount=Money(amount=Decimal("0.10")))
    loaded = load_crm(dump_crm(scene.image())).leads[id]
    assert loaded == scene.lead(id)


def _set(*path: Any, to: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


SECRET = "\x00secret"
DEAL_KEYS = (
    "no keys but address, amount, comments, company_id, contact_id, created_at, custom, id, lead_id, opened, origin, "
    "pipeline_id, responsible, semantics, source, source_description, stage, title, utm"
)
MISSING, PLAIN = "a key of this name", "text without NUL, control characters and lone surrogates"
WHOLE, DECIMAL = "a whole number from -9223372036854775808 to 9223372036854775807", "a decimal as text"
BAD: list[tuple[Callable[[Json], None], str, str]] = [
    (_set("deals", 1, "amount", to=SECRET), "deals[1].amount", "an object"),
    (_set("deals", 1, "amount", "amount", to=1.5), "deals[1].amount.amount", "str"),
    (_set("deals", 1, "amount", "amount", to="NaN"), "deals[1].amount.amount", "a finite decimal"),
    (_set("deals", 1, "amount", "amount", to=SECRET), "deals[1].amount.amount", DECIMAL),
    (
        _set("deals", 1, "amount", "currency", to="secret"),
        "deals[1].amount.currency",
        "three capital letters, for example EUR",
    ),
    (_set("deals", 1, "id", to="2"), "deals[1].id", "int"),
    (_set("deals", 1, "id", to=True), "deals[1].id", "int"),
    (_set("deals", 1, "id", to=2**63), "deals[1].id", WHOLE),
    (_set("deals", 1, "id", to=1), "deals[1].id", "a value that no other record of the list has"),
    (_drop("deals", 1, "title"), "deals[1].title", MISSING),
    (
        _set("deals", 1, "secret", to=1),
        "deals[1]",
        DEAL_KEYS,
    ),
    (_set("leads", 0, "title", to=SECRET), "leads[0].title", PLAIN),
    (_set("leads", 0, "title", to="\ud800"), "leads[0].title", PLAIN),
    (_set("leads", 0, "name", "first", to=5), "leads[0].name.first", "str"),
    (_set("leads", 0, "birth_date", to="2020-02-30"), "leads[0].birth_date", "a date as text, for example 2026-11-23"),
    (_set("leads", 0, "created_at", to="2020-01-01T00:00:00"), "leads[0].created_at", "an instant with a time zone"),
    (
        _set("leads", 0, "created_at", to="0001-01-01T00:00:00+01:00"),
        "leads[0].created_at",
        "an instant of the years 1 to 9999",
    ),
    (_set("leads", 0, "semantics", to="secret"), "leads[0].semantics", "one of P, S, F"),
    (_set("leads", 0, "semantics", to=["P"]), "leads[0].semantics", "one of P, S, F"),
    (_set("leads", 0, "opened", to=1), "leads[0].opened", "bool"),
    (_set("leads", 0, "observers", to=[1, "secret"]), "leads[0].observers[1]", "int"),
    (_set("leads", 0, "observers", to="secret"), "leads[0].observers", "a list"),
    (
        _set("leads", 0, "contact_points", 0, "kind", to="secret"),
        "leads[0].contact_points[0].kind",
        "one of phone, email, website, messenger",
    ),
    (
        _set("leads", 0, "contact_points", 0, "type", to="a b"),
        "leads[0].contact_points[0].type",
        "a code of 1 to 100 printable characters without spaces",
    ),
    (_set("leads", 0, "custom", "UF_DECIMAL", "value", to="secret"), "leads[0].custom[UF_DECIMAL].value", DECIMAL),
    (
        _set("leads", 0, "custom", "UF_DECIMAL", "value", to="1e99"),
        "leads[0].custom[UF_DECIMAL].value",
        "at most 20 digits before and 10 after the point",
    ),
    (
        _set("leads", 0, "custom", "UF_DECIMAL", "type", to=["x"]),
        "leads[0].custom[UF_DECIMAL].type",
        "one of text, integer, decimal, yes_no, date, instant, texts",
    ),
    (_set("leads", 0, "custom", "UF_DECIMAL", to="secret"), "leads[0].custom[UF_DECIMAL]", "a type and a value"),
    (
        _set("leads", 0, "custom", "no code", to=None),
        "leads[0].custom",
        "a code of 1 to 100 printable characters without spaces",
    ),
    (_set("leads", 0, "custom", to=[]), "leads[0].custom", "dict"),
    (_drop("leads", 0, "deleted_at"), "leads[0].deleted_at", MISSING),
    (
        _set("leads", 2, "deleted_at", to="secret"),
        "leads[2].deleted_at",
        "an instant as text, for example 2026-11-23T09:00:00+00:00",
    ),
    (_set("leads", 0, to="secret"), "leads[0]", "dict"),
    (_set("leads", to={}), "leads", "list"),
    (_drop("leads"), "leads", MISSING),
    (_set("activities", 0, "bindings", to=[["lead"]]), "activities[0].bindings[0]", "a pair of kind and id"),
    (
        _set("activities", 0, "bindings", to=[["lead", 1], ["secret", 1]]),
        "activities[0].bindings[1][0]",
        f"one of {', '.join(Kind)}",
    ),
    (
        _set("activities", 0, "bindings", to=[["lead", 1], ["settings", 0]]),
        "activities[0].bindings[1][0]",
        "one of lead, deal, contact, company",
    ),
    (_set("activities", 0, "bindings", to=[["lead", "secret"]]), "activities[0].bindings[0][1]", "int"),
    (_set("activities", 0, "unbound", to=[["switch", "k"]]), "activities[0].unbound[0][1]", "int"),
    (_set("activities", 0, "bindings", to=[["lead", None]]), "activities[0].bindings[0][1]", "int or str"),
    (_set("activities", 0, "bindings", to=None), "activities[0].bindings", "list"),
    (_drop("activities", 0, "bindings"), "activities[0].bindings", MISSING),
    (_set("settings", "mode", to=1), "settings.mode", "one of classic, simple"),
    (_set("settings", to=None), "settings", "Mapping"),
    (_set("stages", to=[]), "stages", "at least one in-process stage"),
    (_set("stages", 0, "code", to=""), "stages[0].code", "a code of 1 to 100 printable characters without spaces"),
    (_set("pipelines", 0, "stages", 0, "semantics", to=0), "pipelines[0].stages[0].semantics", "one of P, S, F"),
    (_set("ledger", 0, "amount", "amount", to=12), "ledger[0].amount.amount", "str"),
    (_set("outcomes", 0, "epoch", to="2"), "outcomes[0].epoch", "int"),
    (_set("outcomes", 0, "added", to=0), "outcomes[0].added", "bool"),
    (_set("outcomes", 1, "lead_id", to=1), "outcomes[1].lead_id", "a value that no other record of the list has"),
    (_set("switches", 0, "ended", to="secret"), "switches[0].ended", "one of finished, cancelled"),
    (_set("switches", 0, "terms", "client", to="neither"), "switches[0].terms.client", "one of contact, company, both"),
    (
        _set("secrets", to=[]),
        "document",
        f"no keys but {', '.join(KEYS)}",
    ),
    (_set("format", to="crmcore.crm/2"), "format", "'crmcore.crm/1': this one is for a newer crmcore"),
    (_set("format", to=1), "format", "'crmcore.crm/1'"),
    (_drop("format"), "format", "'crmcore.crm/1'"),
]


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize("change, place, expected", BAD)
def test_a_bad_document_is_refused_at_its_place_without_the_value(
    change: Callable[[Json], None], place: str, expected: str
) -> None:
    """The error says where to look and what belongs there, and repeats nothing of what is there."""
    document = _document()
    change(document)
    with pytest.raises(BadDocument) as bad:
        load_crm(json.dumps(document))
    assert (bad.value.field, bad.value.expected) == (place, expected)
    assert "secret" not in str(bad.value)


OVERDONE = "JSON that is not nested too deeply, without overlong numbers"
FORMAT = "'crmcore.crm/1'"


@pytest.mark.parametrize(
    "text, field, expected, line",
    [
        ("", "document", "JSON", 1),
        ('{"format": "crmcore.crm/1",\n\n oops', "document", "JSON", 3),
        ("[]", "document", "a JSON object", None),
        ('{"format": NaN}', "format", FORMAT, None),
        ('{"format": "crmcore.crm/1", "settings": NaN}', "stages", MISSING, None),
        ("[" * 100_000, "document", OVERDONE, None),
        ('{"format": ' + "9" * 5000 + "}", "document", OVERDONE, None),
    ],
    ids=["nothing", "cut off", "a list", "no number", "no settings", "deep", "long number"],
)
def test_what_is_no_document_is_refused(text: str, field: str, expected: str, line: int | None) -> None:
    """Where it is not even JSON, the line is named."""
    with pytest.raises(BadDocument) as bad:
        load_crm(text)
    assert (bad.value.field, bad.value.expected, bad.value.line) == (field, expected, line)
    again = pickle.loads(pickle.dumps(bad.value))
    assert (str(again), again.line) == (str(bad.value), bad.value.line)


def test_a_key_that_is_there_twice_is_refused() -> None:
    """Nobody could say which of the two lists is meant."""
    text = dump_crm(_switched().image())
    with pytest.raises(BadDocument) as bad:
        load_crm(text.replace('"deals": [', '"deals": [],\n"deals": [', 1))
    assert (bad.value.field, bad.value.expected) == ("document", "each key once in an object")


def test_a_document_of_a_newer_version_says_so() -> None:
    """Nothing of it is guessed at."""
    with pytest.raises(BadDocument, match="newer"):
        load_crm('{"format": "crmcore.crm/2"}')


@pytest.mark.parametrize(
    "change",
    [
        _drop("deals", 0),
        _set("deals", 1, "lead_id", to=1),
        _set("leads", 0, "stage", to="NEW"),
        _set("leads", 0, "stage", to="NOWHERE"),
        _set("activities", 0, "bindings", to=[]),
        _set("ledger", 0, "amount", to=None),
        _set("pipelines", to=[]),
    ],
)
def test_a_damaged_crm_loads_as_it_is(change: Callable[[Json], None]) -> None:
    """What records say about each other is for the audit to judge."""
    document = _document()
    change(document)
    text = dump_crm(load_crm(json.dumps(document)))
    assert json.loads(text) == document


def test_an_empty_crm_has_a_document() -> None:
    """Nothing is a CRM too."""
    assert load_crm(dump_crm(new_crm())) == new_crm()


def test_a_single_record_of_an_unknown_kind_is_refused() -> None:
    """Only kinds that are kept have records."""
    with pytest.raises(InvalidValue, match="kind"):
        load_record(Kind.RIGHTS, {})


def test_a_single_record_names_the_place_inside_it() -> None:
    """The path starts at the record."""
    row = dump_record(_switched().lead(LeadId(1)))
    with pytest.raises(InvalidValue) as bad:
        load_record(Kind.LEAD, {**row, "amount": {"amount": "x", "currency": None}})
    assert bad.value.field == "amount.amount"


@pytest.mark.slow
def test_a_missing_extra_is_named() -> None:
    """Who lacks the package is told how to get it."""
    code = (
        "import sys; sys.modules['cattrs'] = None\n"
        "try: import crmcore.adapters.document\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith("MissingExtra")
    assert "pip install 'crmcore[json]'" in said


def test_a_missing_extra_survives_pickling() -> None:
    """Errors keep what they know."""
    error = pickle.loads(pickle.dumps(MissingExtra("cattrs", "json")))
    assert (error.package, error.extra) == ("cattrs", "json")


def test_a_document_of_before_says_nothing_of_what_an_inquiry_lost() -> None:
    """The record of a key is read all the same, and what it was given since is kept."""
    record = CommandRecord(key="k", fingerprint="f", made=(Ref(Kind.DEAL, 1),), not_carried=("phones",))
    row = dump_record(record)
    assert load_record(Kind.COMMAND, row) == record
    del row["not_carried"]
    assert load_record(Kind.COMMAND, row) == evolve(record, not_carried=())
