"""Edits field by field, custom fields of every type, versions, keys, and what a deletion leaves behind."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crmcore.domain.model.ids import Kind
from tools.vectors.drafts import Draft, Json, call, do, fields_of, said, world
from tools.vectors.scenes import FILLED

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

DOCUMENTS: Mapping[str, Callable[[], object]] = {}
GIVENS: Mapping[str, Json] = {}

_CUSTOM: Mapping[str, Any] = {
    "text": "oak",
    "integer": 40,
    "decimal": "1.50",
    "yes-no": True,
    "date": "2026-05-01",
    "instant": "2026-05-01T09:30:00+02:00",
    "texts": ["oak", "pine"],
}
_OF = {
    Kind.LEAD: tuple(FILLED),
    Kind.DEAL: (
        "title",
        "amount",
        "source",
        "source_description",
        "responsible",
        "opened",
        "address",
        "comments",
        "origin",
        "utm",
        "custom",
    ),
    Kind.CONTACT: (
        "name",
        "birth_date",
        "job_title",
        "contact_points",
        "source",
        "source_description",
        "opened",
        "address",
        "comments",
        "origin",
        "utm",
        "custom",
    ),
    Kind.COMPANY: ("title", "contact_points", "opened", "address", "comments", "origin", "utm", "custom"),
}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    yield from _edits()
    yield from _custom()
    yield from _versions()
    yield from _keys()
    yield from _deletions()
    yield from _two_links()
    yield Draft(
        id="data.erase.open-to-all",
        given="classic",
        when=[do(1, "erase_records", refs=[["deal", 2]]), call(1, "deal", deal_id=2)],
        rules=("DATA-5.2",),
    )


def _two_links() -> Iterator[Draft]:
    """Of two clients that are both missing the contact is named (D-165)."""
    links = {"contact_id": 98, "company_id": 99}
    for name, step in {
        "add-lead": do(1, "add_lead", fields=links),
        "add-deal": do(1, "add_record", kind="deal", fields=links),
        "edit-lead": do(1, "edit_record", ref=["lead", 1], version=1, fields=links),
        "edit-deal": do(1, "edit_record", ref=["deal", 1], version=1, fields=links),
    }.items():
        yield Draft(id=f"data.link.both-missing.{name}", given="classic", when=[step], rules=("PERM-7",))


def _edits() -> Iterator[Draft]:
    """Each field of each card is filled, read back and emptied."""
    for kind, names in _OF.items():
        everything = {name: FILLED[name] for name in names if name in FILLED}
        for name in names:
            value = FILLED.get(name, 9)
            filled = fields_of(kind, **{name: value})
            empties: Mapping[str, Json] = {
                "opened": {"opened": False},
                "responsible": {"responsible": 2},
                "name": {"name": {"honorific": None, "first": None, "middle": None, "last": None}},
                "contact_points": {"contact_points": []},
                "observers": {"observers": []},
                "custom": {"custom": {}},
            }
            empty = empties.get(name, {name: None})
            add = (
                do(1, "add_lead", fields={"title": "One"})
                if kind is Kind.LEAD
                else do(1, "add_record", kind=kind.value, fields={"comments": "One"})
            )
            ref = [kind.value, said(0, "number")]
            yield Draft(
                id=f"data.edit.{kind.value}.{name.replace('_', '-')}",
                given="classic",
                when=[
                    add,
                    do(1, "edit_record", ref=ref, version=1, fields=filled),
                    call(1, kind.value, **{f"{kind.value}_id": said(0, "number")}),
                    do(1, "edit_record", ref=ref, version=said(2, "version"), fields=empty),
                    call(1, kind.value, **{f"{kind.value}_id": said(0, "number")}),
                ],
                rules=("EDIT-1",),
            )
        ref = [kind.value, said(0, "number")]
        read = {"record": said(1, "record"), "version": said(1, "version")}
        yield Draft(
            id=f"data.edit.{kind.value}.as-read",
            given="classic",
            when=[
                do(1, "add_lead", fields={"comments": "One"})
                if kind is Kind.LEAD
                else do(1, "add_record", kind=kind.value, fields={"comments": "One"}),
                call(1, kind.value, **{f"{kind.value}_id": said(0, "number")}),
                do(1, "add_activity", fields={"kind": "email"}, bound_to=[ref]),
                do(1, "edit_record", ref=ref, version=read, fields={"comments": "Two"}),
                do(1, "edit_record", ref=ref, version=read, fields={"comments": "Three"}),
            ],
            rules=("EDIT-1",),
        )
        fields = fields_of(kind, **everything)
        yield Draft(
            id=f"data.add.{kind.value}.everything",
            given="classic",
            when=[
                do(1, "add_lead", fields=fields)
                if kind is Kind.LEAD
                else do(1, "add_record", kind=kind.value, fields=fields)
            ],
            rules=("DATA-1", "CONV-8"),
        )
    works: Mapping[str, Json] = {
        "deadline": {"deadline": "2026-04-01T10:00:00+02:00"},
        "completed": {"completed": True},
        "blank": {"subject": " ", "description": ""},
        "all": {"kind": "meeting", "subject": "Meet", "description": "here\nor there", "responsible": 4},
    }
    for name, fields in works.items():
        yield Draft(
            id=f"data.add.activity.{name}",
            given="classic",
            when=[do(1, "add_activity", fields=fields, bound_to=[["lead", 1], ["deal", 2]])],
            rules=("CONV-6", "CONV-4"),
        )


def _custom() -> Iterator[Draft]:
    for type, value in _CUSTOM.items():
        custom = {"UF_CRM_X": {"type": type.replace("-", "_"), "value": value}}
        for client in ("contact", "company", "both"):
            yield Draft(
                id=f"data.custom.{type}.{client}",
                given="classic",
                when=[
                    do(1, "add_lead", fields={"custom": custom}),
                    do(
                        1,
                        "convert_lead",
                        lead_id=said(0, "number"),
                        policy={"client": client, "pipeline_id": None, "keep_activities": True},
                    ),
                ],
                rules=("CONV-3", "DATA-1"),
            )
    whole: Json = {
        f"UF_CRM_{type.upper()}".replace("-", "_"): {"type": type.replace("-", "_"), "value": value}
        for type, value in _CUSTOM.items()
    }
    for name, fields in {
        "replaced": {"UF_CRM_OTHER": {"type": "integer", "value": 0}},
        "emptied": {},
        "same": whole,
    }.items():
        yield Draft(
            id=f"data.custom.{name}",
            given="classic",
            when=[
                do(1, "add_lead", fields={"custom": whole}),
                do(1, "edit_record", ref=["lead", said(0, "number")], version=1, fields={"custom": fields}),
            ],
            rules=("EDIT-1",),
        )


def _versions() -> Iterator[Draft]:
    """An edit brings the version that was read; whatever moved the record since makes it stale."""
    read = call(1, "lead", lead_id=2)
    edit = do(1, "edit_record", ref=["lead", 2], version=said(0, "version"), fields={"title": "Mine"})
    for name, steps in {
        "nothing-between": [],
        "edit-between": [do(2, "edit_record", ref=["lead", 2], version=1, fields={"comments": "Yours"})],
        "same-edit-between": [do(2, "edit_record", ref=["lead", 2], version=1, fields={"title": "Ten chairs"})],
        "activity-between": [do(2, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 2]])],
        "completion-between": [do(2, "complete_activity", activity_id=3)],
        "shared-conversion-between": [do(2, "convert_lead", lead_id=1)],
        "other-lead-between": [do(2, "close_lead", lead_id=3)],
        "close-between": [do(2, "close_lead", lead_id=2)],
        "conversion-between": [do(2, "convert_lead", lead_id=2)],
        "deletion-between": [do(2, "delete_lead", lead_id=2)],
    }.items():
        yield Draft(id=f"data.version.{name}", given="classic", when=[read, *steps, edit], rules=("EDIT-1",))
    for kind, id in (("deal", 1), ("contact", 1), ("company", 1)):
        yield Draft(
            id=f"data.version.twice.{kind}",
            given="classic",
            when=[
                do(1, "edit_record", ref=[kind, id], version=1, fields={"comments": "first"}),
                do(1, "edit_record", ref=[kind, id], version=1, fields={"comments": "second"}),
                do(1, "edit_record", ref=[kind, id], version=said(0, "version"), fields={"comments": "second"}),
                do(1, "edit_record", ref=[kind, id], version=said(2, "version"), fields={"comments": "second"}),
            ],
            rules=("EDIT-1",),
        )


def _keys() -> Iterator[Draft]:
    """A command that creates does its work once for each key, whatever became of it since."""
    makes: dict[str, tuple[Json, Json]] = {
        "lead": (do(1, "add_lead", key="k", fields={"title": "One"}), do(1, "delete_lead", lead_id=said(0, "number"))),
        "copy": (do(1, "copy_lead", key="k", lead_id=3), do(1, "delete_lead", lead_id=3)),
        "deal": (
            do(1, "add_record", key="k", kind="deal", fields={"title": "One", "pipeline_id": 1}),
            do(1, "archive_pipeline", pipeline_id=1),
        ),
        "contact": (
            do(1, "add_record", key="k", kind="contact", fields={"comments": "One"}),
            do(1, "edit_record", ref=["contact", said(0, "number")], version=1, fields={"comments": "Two"}),
        ),
        "activity": (
            do(1, "add_activity", key="k", fields={"kind": "call"}, bound_to=[["lead", 3]]),
            do(1, "delete_lead", lead_id=3),
        ),
    }
    for name, (make, change) in makes.items():
        for between, steps in {"at-once": [], "after-change": [change]}.items():
            yield Draft(
                id=f"data.key.{name}.{between}",
                given="classic",
                when=[make, *steps, make],
                rules=("EDIT-1",),
            )
        for other, (second, _) in makes.items():
            if other != name:
                yield Draft(
                    id=f"data.key.{name}-then-{other}",
                    given="classic",
                    when=[make, second],
                    rules=("EDIT-1",),
                )


def _deletions() -> Iterator[Draft]:
    """What is deleted leaves a tombstone; work that leads to nothing else goes with its lead (DATA-3)."""
    for name, steps in {
        "active": [do(1, "delete_lead", lead_id=1)],
        "shared-first": [do(1, "delete_lead", lead_id=2)],
        "both-of-shared": [do(1, "delete_lead", lead_id=1), do(1, "delete_lead", lead_id=2)],
        "closed": [do(1, "delete_lead", lead_id=3)],
        "converted": [do(1, "delete_lead", lead_id=4)],
        "won": [do(1, "delete_lead", lead_id=6)],
        "then-activity": [
            do(1, "delete_lead", lead_id=1),
            do(1, "add_activity", fields={"kind": "call"}, bound_to=[["lead", 1]]),
        ],
        "then-convert": [do(1, "delete_lead", lead_id=1), do(1, "convert_lead", lead_id=1)],
        "then-copy": [do(1, "delete_lead", lead_id=1), do(1, "copy_lead", lead_id=1)],
        "then-read": [
            do(1, "delete_lead", lead_id=1),
            call(1, "lead", lead_id=1),
            call(1, "activity", activity_id=1),
            call(1, "activity", activity_id=3),
        ],
        "then-import": [do(1, "delete_lead", lead_id=3), do(1, "add_lead", fields={"title": "Next"})],
        "unbound-first": [do(1, "unbind_activity", activity_id=3, ref=["lead", 2]), do(1, "delete_lead", lead_id=1)],
        "activity": [
            do(1, "delete_activity", activity_id=3),
            call(1, "bindings", activity_id=3),
            do(1, "complete_activity", activity_id=3),
        ],
        "activity-then-convert": [do(1, "delete_activity", activity_id=1), do(1, "convert_lead", lead_id=1)],
        "activity-of-converted": [do(1, "delete_activity", activity_id=5), call(1, "audit")],
        "unbind-rest": [do(1, "delete_lead", lead_id=2), do(1, "unbind_activity", activity_id=3, ref=["lead", 1])],
    }.items():
        for state in ("classic", "switching", "simple"):
            yield Draft(id=f"data.delete.{name}.{state}", given=state, when=steps, rules=("DATA-3",))
    yield from _deletions_of_clients()


#: Contact 1 is Bob of company 1, who have deal 1; Bob has deal 2 and activity 7; lead 2 is linked to both.
_DEAL, _BOB, _LTD = (do(1, "delete_record", ref=[kind, 1]) for kind in ("deal", "contact", "company"))
#: What the converted lead 4 became.
_OF_LEAD = [do(1, "delete_record", ref=ref) for ref in (["deal", 3], ["contact", 2], ["company", 2])]
_BY_BOB = {"contact_points": [{"kind": "email", "type": "WORK", "value": "bob@example.org"}]}


def _deletions_of_clients() -> Iterator[Draft]:
    """A link to a deleted client counts as none, in whatever makes a deal, and what was made stays (DATA-3, CONV-2)."""
    convert = do(1, "convert_lead", lead_id=2, policy={"client": "both", "pipeline_id": None, "keep_activities": True})
    inquiry = do(1, "take_inquiry", channel="email", fields={"title": "Again", **_BY_BOB})
    audit = call(1, "audit")
    for name, steps in {
        "deal": [_DEAL, call(1, "deal", deal_id=1), audit],
        "deal-again": [_DEAL, _DEAL],
        "contact-then-link": [_BOB, do(1, "add_record", kind="deal", fields={"contact_id": 1})],
        "contact-then-edit": [_BOB, do(1, "edit_record", ref=["contact", 1], version=2, fields={"job_title": "Buyer"})],
        "contact-then-convert": [_BOB, convert, audit],
        "company-then-convert": [_LTD, convert, audit],
        "both-then-convert": [_BOB, _LTD, convert, audit],
        "both-then-copy": [_BOB, _LTD, do(1, "copy_lead", lead_id=2)],
        "contact-then-inquiry": [_BOB, inquiry, audit],
        "company-then-inquiry": [_LTD, inquiry, audit],
        "deal-then-inquiry": [do(1, "change_settings", repeat_inquiry="attach"), _DEAL, inquiry, audit],
        "inquiry-then-contact": [inquiry, _BOB, audit],
        "activity-of-contact": [_BOB, call(1, "activity", activity_id=7), audit],
        "activity-of-two": [
            do(1, "add_activity", fields={"kind": "call"}, bound_to=[["deal", 1], ["company", 1]]),
            _DEAL,
            call(1, "bindings", activity_id=8),
            _LTD,
            call(1, "activity", activity_id=8),
        ],
        "activity-moves": [
            do(1, "add_activity", fields={"kind": "call"}, bound_to=[["deal", 1], ["contact", 1]]),
            do(1, "bind_activity", activity_id=8, ref=["company", 1]),
            do(1, "edit_record", ref=["company", 1], version=2, fields={"title": "Example Inc"}),
            do(1, "edit_record", ref=["deal", 1], version=1, fields={"title": "Monthly order"}),
        ],
        "activity-left": [
            do(1, "edit_activity", activity_id=5, version=1, fields={"subject": "Again"}),
            _OF_LEAD[0],
            do(1, "edit_record", ref=["contact", 2], version=1, fields={"comments": "Late"}),
            do(1, "edit_record", ref=["company", 2], version=1, fields={"comments": "Late"}),
        ],
        "activity-taken": [
            do(1, "unbind_activity", activity_id=5, ref=["deal", 3]),
            do(1, "edit_record", ref=["contact", 2], version=1, fields={"comments": "Late"}),
            do(1, "edit_record", ref=["contact", 2], version=2, fields={"comments": "In time"}),
        ],
        "unbind-rest": [
            do(1, "add_activity", fields={"kind": "call"}, bound_to=[["deal", 1], ["company", 1]]),
            _DEAL,
            do(1, "unbind_activity", activity_id=8, ref=["company", 1]),
        ],
        "of-lead": [*_OF_LEAD, audit],
        "of-lead-then-convert": [*_OF_LEAD, do(1, "convert_lead", lead_id=4), audit],
        "of-lead-then-lead": [*_OF_LEAD, do(1, "delete_lead", lead_id=4), call(1, "activity", activity_id=5), audit],
        "lead-first": [do(1, "delete_lead", lead_id=4), *_OF_LEAD, call(1, "activity", activity_id=5), audit],
        "then-pages": [
            _DEAL,
            _BOB,
            _LTD,
            call(1, "deal_page"),
            call(1, "contact_page", of=["company", 1]),
            call(1, "company_page"),
        ],
        "then-counts": [_DEAL, _BOB, _LTD, call(1, "export")],
        "then-erase": [_BOB, do(1, "erase_records", refs=[["lead", 2], ["deal", 1], ["deal", 2]]), audit],
        "erased-then-delete": [do(1, "erase_records", refs=[["contact", 1], ["deal", 1]]), _BOB, _DEAL, audit],
        "lead-is-none": [do(1, "delete_record", ref=["lead", 1])],
    }.items():
        for state in ("classic", "switching", "simple"):
            yield Draft(id=f"data.gone.{name}.{state}", given=state, when=steps, rules=("DATA-3",))
    yield Draft(
        id="data.gone.matched-before",
        given="classic",
        when=[
            do(1, "change_settings", match="email"),
            *(do(1, "add_lead", fields={"title": title, **_BY_BOB}) for title in ("Before", "After")),
            do(1, "convert_lead", lead_id=said(1, "number")),
            _BOB,
            do(1, "convert_lead", lead_id=said(2, "number")),
        ],
        rules=("DATA-3", "CONV-7"),
    )
    no_clients = {
        "name": "no clients",
        "levels": [[each, kind, None, "all"] for each in ("read", "add", "update") for kind in ("lead", "deal")],
    }
    yield Draft(
        id="data.gone.converted-by-who-adds-no-client",
        given="classic",
        when=[
            do(1, "add_lead", fields={"title": "Desks", "contact_id": 1}),
            _BOB,
            world(roles={"1": [{"name": "administrator", "administrator": True}], "20": [no_clients]}),
            do(20, "convert_lead", lead_id=said(0, "number")),
        ],
        rules=("CONV-2.3", "PERM-3"),
    )
    for name, gone in {"contact": [_BOB], "company": [_LTD], "both": [_BOB, _LTD]}.items():
        for client in ("contact", "company", "both"):
            policy = {"client": client, "pipeline_id": None, "keep_activities": True}
            for match in ("none", "email"):
                begin = do(1, "begin_switch", key="k", policy=policy)
                chunk = do(1, "convert_chunk", token={"key": "k", "epoch": 2}, size=10)
                yield Draft(
                    id=f"data.gone.{name}-switch-{client}.{match}",
                    given="classic",
                    when=[
                        do(1, "change_settings", match=match),
                        *gone,
                        call(1, "preview_switch", policy=policy),
                        begin,
                        chunk,
                    ],
                    rules=("DATA-3", "CONV-2", "CONV-7"),
                )
