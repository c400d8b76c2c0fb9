"""Records from elsewhere: what is equal and what differs, field by field, and what an import may bring."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crmcore.domain.model.ids import Kind
from tools.vectors.commands import imported
from tools.vectors.drafts import Draft, Json, call, do, fields_of
from tools.vectors.scenes import FILLED, PEOPLE, document

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
    yield from _clients()
    yield from _updates()
    yield from _within_one()
    yield from _afterwards()
    yield from _by_others()


def _client(id: int, **fields: Any) -> Json:
    """A client that came from nowhere, alike for contacts and companies but for what only one of them has."""
    row = {**next(row for row in document("classic")["contacts"] if row["id"] == 1)}
    del row["deleted_at"]
    return {**row, "id": id, "lead_id": None, "company_id": None, **fields}


def _company(id: int, **fields: Any) -> Json:
    row = {**next(row for row in document("classic")["companies"] if row["id"] == 1)}
    del row["deleted_at"]
    return {**row, "id": id, "lead_id": None, **fields}


def _clients() -> Iterator[Draft]:
    """Contacts and companies with the leads that are linked to them."""
    contact, company = _client(80, company_id=81), _company(81)
    lead = imported(50, contact_id=80, company_id=81)
    brings: Mapping[str, Json] = {
        "all": {"leads": [lead], "contacts": [contact], "companies": [company]},
        "company-of-contact": {"contacts": [contact], "companies": [company]},
        "linked-to-stored": {"contacts": [_client(80, company_id=1)]},
        "without-company": {"leads": [lead], "contacts": [contact]},
        "without-contact": {"leads": [lead], "companies": [company]},
        "twice-equal": {"contacts": [_client(80), _client(80)], "companies": [company, company]},
        "twice-different": {"companies": [company, _company(81, title="Other")]},
        "made-of-lead": {"contacts": [_client(80, lead_id=4)]},
        "stored-differs": {"contacts": [_client(1, comments="Differs in this alone")]},
        "too-high-id": {"companies": [_company(4611686018427387905)]},
    }
    for name, given in brings.items():
        for state in ("classic", "simple", "switching"):
            yield Draft(
                id=f"import.clients.{name}.{state}",
                given=state,
                when=[do(1, "import_records", **given)],
                rules=("IMPORT-1.7", "IMPORT-1.8"),
            )
    bring = do(1, "import_records", **{**brings["all"], "leads": [{**lead, "stage": "NEW", "semantics": "P"}]})
    for name, step in {
        "again": bring,
        "convert": do(1, "convert_lead", lead_id=50),
        "next-contact": do(1, "add_record", kind="contact", fields={}),
    }.items():
        yield Draft(
            id=f"import.clients.then.{name}", given="classic", when=[bring, step], rules=("IMPORT-1.7", "CONV-2")
        )
    for person in PEOPLE:
        actor = PEOPLE[person][0]
        for name, given in {
            "own": {"contacts": [_client(80, responsible=actor)], "companies": [_company(81, responsible=actor)]},
            "of-another": {"contacts": [_client(80, responsible=99)]},
            "linked": {"contacts": [_client(80, responsible=actor, company_id=1)]},
        }.items():
            yield Draft(
                id=f"import.clients.by.{person}.{name}",
                given="classic",
                when=[do(actor, "import_records", **given)],
                rules=("PERM-6", "IMPORT-1.7"),
            )


def _now(id: int, **fields: Any) -> Json:
    """The lead that is there, with other values in some fields."""
    row = {**next(row for row in document("classic")["leads"] if row["id"] == id), **fields}
    del row["deleted_at"]
    return row


def _updates() -> Iterator[Draft]:
    """Leads that are there already: 1 and 2 are active, 3 failed, 4 converted, 5 deleted, 6 won without a deal."""
    brings: Mapping[str, Json] = {
        "equal": {"updates": [[_now(1), 1]]},
        "equal-converted": {"updates": [[_now(4), 1]]},
        "title": {"updates": [[_now(1, title="Other"), 1]]},
        "two": {"updates": [[_now(1, title="Other"), 1], [_now(2, comments="Other"), 1]]},
        "other-stage": {"updates": [[_now(1, stage="IN_PROCESS"), 1]]},
        "closes": {"updates": [[_now(1, stage="JUNK", semantics="F"), 1]]},
        "wins": {"updates": [[_now(1, stage="CONVERTED", semantics="S"), 1]]},
        "closed": {"updates": [[_now(3, comments="Other"), 1]]},
        "opens": {"updates": [[_now(3, stage="NEW", semantics="P"), 1]]},
        "won": {"updates": [[_now(6, comments="Other"), 1]]},
        "converted": {"updates": [[_now(4, comments="Other"), 1]]},
        "deleted": {"updates": [[imported(5), 1]]},
        "missing": {"updates": [[imported(98), 1]]},
        "other-version": {"updates": [[_now(1, title="Other"), 2]]},
        "version-zero": {"updates": [[_now(1, title="Other"), 0]]},
        "unknown-stage": {"updates": [[_now(1, stage="NOWHERE"), 1]]},
        "with-deal": {"updates": [[_now(1, deal_id=1), 1]]},
        "missing-client": {"updates": [[_now(1, contact_id=99), 1]]},
        "linked-to-new": {"updates": [[_now(1, contact_id=80), 1]], "contacts": [_client(80)]},
        "twice-equal": {"updates": [[_now(1, title="Other"), 1], [_now(1, title="Other"), 1]]},
        "twice-different": {"updates": [[_now(1, title="Other"), 1], [_now(1, title="More"), 1]]},
        "with-activity": {"updates": [[_now(1, title="Other"), 1]], "activities": [_activity(61, ["lead", 1])]},
        "one-bad-of-two": {"updates": [[_now(1, title="Other"), 1], [_now(3, title="Other"), 1]]},
        "beside-new": {"updates": [[_now(1, title="Other"), 1]], "leads": [imported(50)]},
    }
    for name, given in brings.items():
        for state in ("classic", "switching", "unlicensed"):
            yield Draft(
                id=f"import.updates.{name}.{state}",
                given=state,
                when=[do(1, "import_records", **given)],
                rules=("IMPORT-2",),
            )
    update = do(1, "import_records", **brings["title"])
    for name, step in {
        "again": update,
        "stale": do(1, "import_records", updates=[[_now(1, title="More"), 1]]),
        "next": do(1, "import_records", updates=[[_now(1, title="More"), 2]]),
        "read": call(1, "lead", lead_id=1),
        "begin": do(1, "begin_switch", key="first"),
    }.items():
        yield Draft(id=f"import.updates.then.{name}", given="classic", when=[update, step], rules=("IMPORT-2",))
    for person in PEOPLE:
        for name, given in {"title": brings["title"], "equal": brings["equal"]}.items():
            yield Draft(
                id=f"import.updates.by.{person}.{name}",
                given="classic",
                when=[do(PEOPLE[person][0], "import_records", **given)],
                rules=("PERM-6", "IMPORT-2"),
            )


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
