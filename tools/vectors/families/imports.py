"""Records from elsewhere: what is equal and what differs, field by field, and what an import may bring."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crmcore.domain.model.ids import Kind
from tools.vectors.commands import imported
from tools.vectors.drafts import Draft, Json, call, do, fields_of
from tools.vectors.scenes import FILLED, PEOPLE

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}


def _lead(**fields: Any) -> Json:
    """A closed lead with every field filled."""
    return imported(50, **{**fields_of(Kind.LEAD, **FILLED), "contact_id": 1, **fields})


#: Another value of each field.
_OTHER: Mapping[str, Any] = {
    "stage": None,
    "title": "Other",
    "name": {"honorific": "Ms", "first": "Ann", "middle": "B.", "last": "Other"},
    "birth_date": "1980-05-18",
    "job_title": "Seller",
    "company_title": "Other",
    "contact_points": [],
    "source": "CALL",
    "source_description": None,
    "stage_description": "called once",
    "amount": {"amount": "1200.51", "currency": "EUR"},
    "observers": [2],
    "contact_id": None,
    "company_id": 1,
    "responsible": 2,
    "opened": False,
    "address": None,
    "comments": "Wants them in oak.",
    "origin": None,
    "utm": None,
    "custom": {"UF_CRM_COLOUR": {"type": "text", "value": "pine"}},
    "created_at": "2026-01-05T08:30:01+00:00",
}


def _activity(id: int = 60, *bound: list[Any], **fields: Any) -> list[Any]:
    row = {
        "id": id,
        "kind": "call",
        "subject": "Ring",
        "description": "at noon",
        "responsible": 4,
        "deadline": "2026-02-01T12:00:00+00:00",
        "created_at": "2026-01-05T08:30:00+00:00",
        "completed": False,
        "completed_at": None,
        "unbound": [],
        **fields,
    }
    return [row, list(bound) or [["lead", 50]]]


_OTHER_WORK: Mapping[str, Any] = {
    "kind": "task",
    "subject": "Write",
    "description": None,
    "responsible": 2,
    "deadline": None,
    "created_at": None,
    "completed": True,
}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    first = do(1, "import_records", leads=[_lead()], activities=[_activity()])
    yield Draft(id="import.equal", given="classic", when=[first, first], rules=("IMPORT-1",))
    for field, value in _OTHER.items():
        other = {"stage": "NEW", "semantics": "P"} if field == "stage" else {field: value}
        yield Draft(
            id=f"import.differs.{field.replace('_', '-')}",
            given="classic",
            when=[first, do(1, "import_records", leads=[_lead(**other)])],
            rules=("IMPORT-1",),
        )
    for field, value in _OTHER_WORK.items():
        done = {"completed_at": "2026-01-06T08:00:00+00:00"} if field == "completed" else {}
        yield Draft(
            id=f"import.activity-differs.{field.replace('_', '-')}",
            given="classic",
            when=[first, do(1, "import_records", activities=[_activity(60, **{field: value, **done})])],
            rules=("IMPORT-1",),
        )
    for name, bound in {"more": [["lead", 50], ["lead", 3]], "elsewhere": [["lead", 3]]}.items():
        yield Draft(
            id=f"import.activity-bound.{name}",
            given="classic",
            when=[first, do(1, "import_records", activities=[_activity(60, *bound)])],
            rules=("IMPORT-1",),
        )
    yield from _within_one()
    yield from _afterwards()
    yield from _by_others()


def _within_one() -> Iterator[Draft]:
    """All of it or nothing."""
    brings: Mapping[str, Json] = {
        "twice-equal": {"leads": [_lead(), _lead()]},
        "twice-different": {"leads": [_lead(), _lead(title="Other")]},
        "activity-twice-equal": {"leads": [_lead()], "activities": [_activity(), _activity()]},
        "activity-twice-different": {"leads": [_lead()], "activities": [_activity(), _activity(60, subject="Write")]},
        "one-bad-of-two": {"leads": [_lead(), imported(51, "NOWHERE", "F")]},
        "one-active-of-two": {"leads": [_lead(), imported(51, "NEW", "P")]},
        "active-with-activity": {
            "leads": [imported(51, "NEW", "P")],
            "activities": [_activity(61, ["lead", 51], ["lead", 1])],
        },
        "activity-of-deal": {"activities": [_activity(61, ["deal", 1])]},
        "activity-of-contact": {"activities": [_activity(61, ["lead", 3], ["contact", 1])]},
        "deleted-lead": {"leads": [imported(5)]},
        "activity-of-deleted-lead": {"activities": [_activity(61, ["lead", 5])]},
        "deleted-activity": {"activities": [_activity(6, ["lead", 3])]},
        "nothing": {},
        "high-id": {"leads": [imported(4611686018427387904)]},
        "too-high-id": {"leads": [imported(4611686018427387905)]},
        "linked-company": {"leads": [_lead(company_id=1)]},
        "linked-to-nobody": {"leads": [_lead(contact_id=98)]},
        "completed": {
            "leads": [_lead()],
            "activities": [_activity(60, completed=True, completed_at="2026-01-09T10:00:00+00:00")],
        },
        "won": {"leads": [imported(50, "CONVERTED", "S", amount={"amount": "12.50", "currency": "EUR"})]},
    }
    for name, given in brings.items():
        for state in ("classic", "simple", "switching", "unlicensed"):
            yield Draft(
                id=f"import.brings.{name}.{state}",
                given=state,
                when=[do(1, "import_records", **given)],
                rules=("IMPORT-1",),
            )


def _afterwards() -> Iterator[Draft]:
    """What is imported is a record like any other."""
    bring = do(1, "import_records", leads=[imported(50, "NEW", "P", title="Brought"), imported(51, "CONVERTED", "S")])
    for name, step in {
        "convert": do(1, "convert_lead", lead_id=50),
        "convert-won": do(1, "convert_lead", lead_id=51),
        "reopen-won": do(1, "reopen_lead", lead_id=51),
        "next-id": do(1, "add_lead", fields={"title": "Next"}),
        "begin": do(1, "begin_switch", key="first"),
        "read": call(1, "lead", lead_id=50),
        "delete": do(1, "delete_lead", lead_id=51),
    }.items():
        yield Draft(id=f"import.then.{name}", given="classic", when=[bring, step], rules=("IMPORT-1", "CONV-5"))


def _by_others() -> Iterator[Draft]:
    for person in PEOPLE:
        actor = PEOPLE[person][0]
        brings: Mapping[str, Json] = {
            "own": {"leads": [imported(50, responsible=actor)]},
            "of-another": {"leads": [imported(50, responsible=99)]},
            "activity": {"activities": [_activity(61, ["lead", 3])]},
        }
        for name, given in brings.items():
            yield Draft(
                id=f"import.by.{person}.{name}",
                given="classic",
                when=[do(actor, "import_records", **given)],
                rules=("PERM-6", "IMPORT-1"),
            )
