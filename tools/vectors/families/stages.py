"""Stages: what a lead's stage means, which stage is taken where none is named, and what may be changed of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import evolve

from crmcore.domain.model.ids import LeadId, StageCode
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.stages import LeadStages, Stage, StageSemantics
from crmcore.testing import ADMIN, accepted
from tools.vectors.drafts import Draft, Json, call, do
from tools.vectors.families.policies import CHOICES, whole
from tools.vectors.scenes import Scene

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

#: Codes that lie: JUNK and WON are in process, NEW has failed, LOST is success.
_LYING = (
    ("JUNK", "Rubbish, they say", "P"),
    ("WON", "Won, they say", "P"),
    ("NEW", "New, they say", "F"),
    ("LOST", "Lost, they say", "S"),
    ("APOLOGY", "Sorry", "F"),
)


def _lying() -> Any:
    """A CRM whose stages have the codes of other meanings, with a lead in each."""
    image = new_crm(CrmMode.CLASSIC)
    catalogue = LeadStages(
        stages=tuple(
            Stage(code=StageCode(code), name=name, semantics=StageSemantics(said)) for code, name, said in _LYING
        )
    )
    p = Scene.at(evolve(image, stages=catalogue))
    for code in ("JUNK", "WON", "NEW", "APOLOGY"):
        p.lead(title=f"in {code}", stage=code)
    converted = p.lead(title="converted")
    p.later()
    accepted(p.crm.convert_lead(ADMIN, converted.id))
    p.later()
    return p


def _lying_simple() -> Any:
    p = _lying()
    accepted(p.crm.switch_to_simple(ADMIN, key="done"))
    return p


def _damaged() -> Any:
    """The same, with a lead that says of its stage what the catalogue does not."""
    image = _lying().image()
    lead = image.leads[LeadId(1)]
    return Scene.at(evolve(image, leads={**image.leads, lead.id: evolve(lead, semantics=StageSemantics.FAILURE)}))


DOCUMENTS: Mapping[str, Callable[[], object]] = {
    "lying-stages": _lying,
    "lying-stages-simple": _lying_simple,
    "damaged-stages": _damaged,
}
_WHOLE = ("lying-stages", "lying-stages-simple")
GIVENS: Mapping[str, Json] = {name: {"document": name} for name in DOCUMENTS}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    leads = {"junk": 1, "won": 2, "new": 3, "apology": 4, "converted": 5}
    for name, id in leads.items():
        for act, step in {
            "convert": do(1, "convert_lead", lead_id=id),
            "close": do(1, "close_lead", lead_id=id),
            "close-in-new": do(1, "close_lead", lead_id=id, stage="NEW"),
            "close-in-junk": do(1, "close_lead", lead_id=id, stage="JUNK"),
            "reopen": do(1, "reopen_lead", lead_id=id),
            "reopen-in-won": do(1, "reopen_lead", lead_id=id, stage="WON"),
            "reopen-in-new": do(1, "reopen_lead", lead_id=id, stage="NEW"),
            "copy": do(1, "copy_lead", lead_id=id),
            "edit-to-new": do(1, "edit_record", ref=["lead", id], version=1, fields={"stage": "NEW"}),
            "edit-to-won": do(1, "edit_record", ref=["lead", id], version=1, fields={"stage": "WON"}),
            "edit-to-lost": do(1, "edit_record", ref=["lead", id], version=1, fields={"stage": "LOST"}),
        }.items():
            for given in _WHOLE:
                yield Draft(
                    id=f"stage.lying.{name}.{act}.{'classic' if given == 'lying-stages' else 'simple'}",
                    given=given,
                    when=[step],
                    rules=("STAGE-2", "STAGE-1"),
                )
    for name, steps in {
        "whole": [*whole(CHOICES["both.keep.default"])],
        "added": [do(1, "add_lead", fields={"title": "One"})],
        "added-in-each": [do(1, "add_lead", fields={"title": code, "stage": code}) for code, *_ in _LYING],
        "active": [call(1, "leads", active=True), call(1, "lead_page", active=False), call(1, "active_leads")],
        "sources": [call(1, "sources")],
        "inquiry": [do(1, "take_inquiry", channel="call", fields={})],
    }.items():
        for given in _WHOLE if name != "whole" else ("lying-stages",):
            yield Draft(
                id=f"stage.lying.{name}.{'classic' if given == 'lying-stages' else 'simple'}",
                given=given,
                when=steps,
                rules=("STAGE-2",),
            )
    yield Draft(
        id="stage.damaged.audit", given="damaged-stages", when=[call(1, "audit")], rules=("STAGE-1", "PERM-6.6")
    )
    yield from _changes()


def _changes() -> Iterator[Draft]:
    """Names and order are free; a meaning is not, and a stage in use stays (STAGE-1)."""

    def said(*rows: tuple[str, str, str]) -> Json:
        return {"stages": [{"code": code, "name": name, "semantics": semantics} for code, name, semantics in rows]}

    old = _LYING
    for name, stages in {
        "renamed": said(*[(code, f"{title}!", semantics) for code, title, semantics in old]),
        "other-order": said(*old[::-1]),
        "won-for-converted": said(*old[:3], ("WON", "Won", "S"), old[4]),
        "without-used": said(*old[1:]),
        "without-used-failure": said(*old[:4]),
        "without-success": said(*old[:3], ("OTHER", "Other", "S"), old[4]),
        "other-meaning": said(("JUNK", "Rubbish", "F"), *old[1:]),
        "more": said(*old, ("CALLED", "Called back", "P")),
        "new-entry": said(("CALLED", "Called back", "P"), *old),
        "new-failure-first": said(("LATE", "Too late", "F"), *old),
        "two-successes": said(*old, ("ALSO", "Also", "S")),
        "no-failure": said(*old[:2], old[3]),
        "twice": said(*old, old[0]),
    }.items():
        define = do(1, "define_lead_stages", stages=stages, version=1)
        for given in _WHOLE:
            yield Draft(
                id=f"stage.change.{name}.{'classic' if given == 'lying-stages' else 'simple'}",
                given=given,
                when=[define, do(1, "add_lead", fields={"title": "One"}), do(1, "close_lead", lead_id=1)],
                rules=("STAGE-1",),
            )
    pipeline = {"id": 1, "name": "Partners", "archived": False}
    own = [("P:NEW", "New", "P"), ("P:WON", "Won", "S"), ("P:LOST", "Lost", "F")]
    for name, stages in {
        "other-order": said(*own[::-1]),
        "new-first": said(("P:FIRST", "First", "P"), *own),
        "failure-first": said(own[2], own[0], own[1]),
        "without-stage": said(*own[:2]),
        "other-meaning": said(own[0], ("P:WON", "Won", "F"), own[2]),
        "no-open-stage": said(*own[1:]),
    }.items():
        yield Draft(
            id=f"stage.pipeline.{name}",
            given="lying-stages",
            when=[
                do(1, "define_pipeline", pipeline={**pipeline, **said(*own)}, version=0),
                do(1, "define_pipeline", pipeline={**pipeline, **stages}, version=1),
                do(
                    1,
                    "convert_lead",
                    lead_id=1,
                    policy={"client": "contact", "pipeline_id": 1, "keep_activities": True},
                ),
                do(1, "add_record", kind="deal", fields={"title": "One", "pipeline_id": 1}),
            ],
            rules=("STAGE-1", "POLICY-2"),
        )
