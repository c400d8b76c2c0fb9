"""Acceptance cases about single leads in people's hands: convert, move, edit, and who may."""

from collections.abc import Callable

import pytest

from crmcore import (
    ConvertedLead,
    Grant,
    InvalidValue,
    Kind,
    LeadId,
    Level,
    Operation,
    Ref,
    Role,
    StageCode,
    UserId,
)
from crmcore.domain.protocol.commands import ConvertLead, ImportRecords
from crmcore.domain.protocol.results import ChunkDone
from tests.building import ADMIN, BOTH, STRANGER, Scene, accepted, classic, euros, interrupted, refused, there

WORKER = UserId(10)


@pytest.mark.rule("CONV-5", "CONV-8")
def test_m1_a_lead_with_an_amount_converted_by_hand() -> None:
    """The lead stands in the success stage, and there is one deal with its amount."""
    scene = classic()
    lead_id = scene.add(title="Request", amount=euros("10.50"))
    row = scene.convert(lead_id)
    assert scene.lead(lead_id).stage == "CONVERTED"
    assert [each.amount for each in there(scene.image().deals).values()] == [euros("10.50")]
    assert row.amount == euros("10.50")


@pytest.mark.rule("CONV-9.1", "SWITCH-1.1")
def test_m2_converting_again_answers_with_the_first_result() -> None:
    """Nothing is created, and the answer says that it was converted already; another policy changes nothing."""
    scene = classic()
    lead_id = scene.add(title="Request")
    first = scene.convert(lead_id)
    image = scene.image()
    scene.later()
    again = accepted(scene.crm.convert_lead(ADMIN, lead_id, policy=BOTH))
    assert (again.already, again.row) == (True, first)
    assert scene.image() == image


Entry = Callable[[Scene, LeadId], object]

#: Every way by which a converted lead could be touched again.
ENTRIES: list[tuple[str, Entry, str | None]] = [
    ("close", lambda s, n: s.crm.close_lead(ADMIN, n), "already_converted"),
    ("reopen", lambda s, n: s.crm.reopen_lead(ADMIN, n), "already_converted"),
    ("edit_stage_open", lambda s, n: s.asked_to_edit(n, stage=StageCode("NEW")), "already_converted"),
    ("edit_stage_failed", lambda s, n: s.asked_to_edit(n, stage=StageCode("JUNK")), "already_converted"),
    ("edit_stage_success", lambda s, n: s.asked_to_edit(n, stage=StageCode("CONVERTED")), "already_converted"),
    ("edit_title", lambda s, n: s.asked_to_edit(n, title="Other"), "already_converted"),
    ("edit_client", lambda s, n: s.asked_to_edit(n, contact_id=None), "already_converted"),
    ("edit_mixed", lambda s, n: s.asked_to_edit(n, comments="fine", title="Other"), "already_converted"),
    ("add_activity", lambda s, n: s.crm.add_activity(ADMIN, of=[Ref(Kind.LEAD, n)]), "already_converted"),
    ("convert", lambda s, n: s.crm.convert_lead(ADMIN, n), None),
    ("convert_many", lambda s, n: s.crm.convert_leads(ADMIN, [n, n])[1], None),
    ("run", lambda s, n: s.crm.run(ADMIN, ConvertLead(lead_id=n, policy=BOTH)), None),
    ("import", lambda s, n: s.crm.import_records(ADMIN, ImportRecords(leads=(s.lead(n),))), None),
    ("switch", lambda s, n: s.switch(BOTH), None),
    ("chunk", lambda s, n: s.crm.convert_chunk(accepted(s.crm.begin_switch(ADMIN, key="c"))), None),  # type: ignore[arg-type]
]


@pytest.mark.rule("CONV-9.3", "SWITCH-1", "CONV-6", "CONV-9.2")
@pytest.mark.parametrize("entry, code", [pytest.param(entry, code, id=f"M3-{name}") for name, entry, code in ENTRIES])
def test_no_entry_converts_a_lead_twice_or_changes_it(entry: Entry, code: str | None) -> None:
    """One guard in the domain: whichever way one comes, the lead keeps its one deal and its state."""
    scene = classic()
    lead_id = scene.add(title="Request")
    row = scene.convert(lead_id)
    before = accepted(scene.crm.lead(ADMIN, lead_id))
    answer = entry(scene, lead_id)
    assert accepted(scene.crm.lead(ADMIN, lead_id)) == before
    assert (scene.counts()["deals"], scene.counts()["contacts"], scene.row(lead_id)) == (1, 1, row)
    if code is not None:
        assert refused(answer) == code
    if code == "already_converted":
        assert getattr(answer, "subject", None) == Ref(Kind.DEAL, row.deal_id)
    if isinstance(answer, ConvertedLead):
        assert (answer.already, answer.row) == (True, row)
    if isinstance(answer, ChunkDone):
        assert answer.rows == ()
    assert scene.holds_all_laws()


@pytest.mark.rule("CONV-9")
@pytest.mark.parametrize("verb", ["reopen", "edit"], ids=["M4-reopen", "M4-edit"])
def test_moving_a_converted_lead_back_is_refused(verb: str) -> None:
    """Neither verb moves a converted lead to an open stage, and nothing is undone."""
    scene = classic()
    lead_id = scene.add(title="Request")
    row = scene.convert(lead_id)
    image = scene.image()
    if verb == "reopen":
        answer: object = scene.crm.reopen_lead(ADMIN, lead_id, stage="IN_PROCESS")
    else:
        answer = scene.asked_to_edit(lead_id, stage=StageCode("IN_PROCESS"))
    assert refused(answer) == "already_converted"
    assert getattr(answer, "subject", None) == Ref(Kind.DEAL, row.deal_id)
    assert scene.image() == image


@pytest.mark.rule("CONV-9")
def test_m9_comments_and_responsible_of_a_converted_lead_may_be_edited() -> None:
    """Both are saved; any other field is refused with the deal's name."""
    scene = classic()
    lead_id = scene.add(title="Request")
    row = scene.convert(lead_id)
    accepted(scene.edit(lead_id, comments="still remembered", responsible=UserId(5)))
    lead = scene.lead(lead_id)
    assert (lead.comments, lead.responsible, lead.deal_id) == ("still remembered", 5, row.deal_id)
    assert refused(scene.asked_to_edit(lead_id, company_title="Other")) == "already_converted"
    assert scene.holds_all_laws()


@pytest.mark.rule("DATA-1", "CONV-9")
def test_m11_a_converted_lead_and_an_invalid_custom_value() -> None:
    """What is given is checked before anything is done: the bad value is named first, and nothing changes."""
    scene = classic()
    lead_id = scene.add(title="Request")
    version = scene.version(lead_id)
    with pytest.raises(InvalidValue, match="custom"):
        scene.crm.edit_lead(ADMIN, lead_id, version, custom={"UF": 1.5}, stage=StageCode("JUNK"))  # type: ignore[dict-item]
    assert (scene.version(lead_id), scene.lead(lead_id).stage) == (version, "NEW")
    scene.convert(lead_id)
    image = scene.image()
    with pytest.raises(InvalidValue, match="custom"):
        scene.crm.edit_lead(ADMIN, lead_id, scene.version(lead_id), comments="x", custom=5)  # type: ignore[arg-type]
    assert scene.image() == image


@pytest.mark.rule("PERM-3", "PERM-6", "PERM-7")
def test_m12_a_stranger_cannot_convert_somebody_s_lead() -> None:
    """Permission is judged before any write, and the lead answers as if it did not exist."""
    scene = classic()
    lead_id = scene.add(title="Request")
    image = scene.image()
    hidden, missing = scene.crm.convert_lead(STRANGER, lead_id), scene.crm.convert_lead(STRANGER, LeadId(999))
    assert refused(hidden) == refused(missing) == "unknown_record"
    assert scene.image() == image


def _worker(scene: Scene, *grants: Grant) -> None:
    scene.roles.grant(WORKER, Role(name="worker", levels=dict.fromkeys(grants, Level.ALL)))


READ, UPDATE = Grant(Operation.READ, Kind.LEAD), Grant(Operation.UPDATE, Kind.LEAD)
DEAL, CONTACT, COMPANY = (Grant(Operation.ADD, kind) for kind in (Kind.DEAL, Kind.CONTACT, Kind.COMPANY))


@pytest.mark.rule("PERM-3.4")
@pytest.mark.parametrize(
    "grants, code",
    [
        pytest.param((READ, UPDATE, DEAL, CONTACT, COMPANY), None, id="F15-all"),
        pytest.param((UPDATE, DEAL, CONTACT, COMPANY), "unknown_record", id="F15-no_read"),
        pytest.param((READ, DEAL, CONTACT, COMPANY), "not_permitted", id="F15-no_update"),
        pytest.param((READ, UPDATE, CONTACT, COMPANY), "not_permitted", id="F15-no_deal"),
        pytest.param((READ, UPDATE, DEAL, COMPANY), "not_permitted", id="E1-no_contact"),
        pytest.param((READ, UPDATE, DEAL, CONTACT), "not_permitted", id="E1-no_company"),
    ],
)
def test_all_rights_are_judged_before_the_first_write(grants: tuple[Grant, ...], code: str | None) -> None:
    """Read and update on the lead and create on every target: one missing right leaves no record behind."""
    scene = classic()
    _worker(scene, *grants)
    lead_id = scene.add(title="Request")
    image = scene.image()
    answer = scene.crm.convert_lead(WORKER, lead_id, policy=BOTH)
    if code is None:
        assert accepted(answer).row.lead_id == lead_id
    else:
        assert refused(answer) == code
        assert scene.image() == image


@pytest.mark.rule("PERM-3", "CONV-2")
@pytest.mark.parametrize("grants, code", [((READ, UPDATE, DEAL), None), ((READ, UPDATE, CONTACT), "not_permitted")])
def test_a_repeat_lead_needs_no_right_to_create_the_client_that_it_has(
    grants: tuple[Grant, ...], code: str | None
) -> None:
    """Only a deal is made of it, whatever the client option says, so only that right is asked for."""
    scene = classic()
    _worker(scene, *grants)
    client = scene.add_contact()
    lead_id = scene.add(title="Again", contact_id=client)
    answer = scene.crm.convert_lead(WORKER, lead_id, policy=BOTH)
    if code is None:
        assert accepted(answer).row.contact_id == client
    else:
        assert refused(answer) == code


@pytest.mark.rule("SWITCH-7", "SWITCH-1")
def test_or11_two_sessions_convert_one_lead() -> None:
    """Exactly one of them does; the other is told "already", with the same row, and sees no error of the store."""
    scene, store = interrupted()
    lead_id = scene.add(title="Request")
    store.overtake(lambda: scene.crm.convert_lead(ADMIN, lead_id, policy=BOTH))
    loser = accepted(scene.crm.convert_lead(ADMIN, lead_id))
    assert loser.already
    assert (loser.row, scene.counts()["deals"]) == (scene.row(lead_id), 1)
    assert (scene.counts()["contacts"], scene.counts()["companies"]) == (1, 1)
