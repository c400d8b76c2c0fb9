"""A record that was made unchecked is held to what its class asks of a record that is being built."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    ClientChoice,
    ContactPoint,
    CustomFields,
    InvalidValue,
    Kind,
    Lead,
    LeadOutcome,
    MatchSetting,
    Money,
    OutcomeKind,
    PointKind,
    Ref,
    StageSemantics,
    Tombstone,
)
from crmcore.domain.model.integrity import check_bindings, check_whole, is_whole
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.making import unchecked
from crmcore.domain.model.pipeline import default_pipeline
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.settings import Settings, Switching
from crmcore.domain.model.values import ContactPoints
from crmcore.domain.rules.binding import clients_of

pytestmark = pytest.mark.rule("DATA-1")


def plain(cls: Any, **fields: Any) -> Any:
    """A record whose ids are plain numbers."""
    return cls(**fields)


NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)
X: Any = "x"
TERMS: Any = plain(
    ConversionTerms,
    client=ClientChoice.CONTACT,
    pipeline_id=0,
    deal_stage="NEW",
    lead_stage="CONVERTED",
    keep_activities=True,
    match=MatchSetting.NONE,
)
ROW: Any = plain(
    LedgerRow,
    lead_id=1,
    deal_id=1,
    contact_id=1,
    company_id=None,
    amount=Money(amount=Decimal(1)),
    activity_ids=(1,),
    not_carried=("observers",),
    converted_at=NOW,
)
SWITCH: Any = plain(SwitchRecord, key="k", epoch=2, terms=TERMS, at_begin=0, began_at=NOW)
COMMAND = plain(CommandRecord, key="k", fingerprint="f", made=(Ref(Kind.LEAD, 1),))
OUTCOME = LeadOutcome(OutcomeKind.SET_ASIDE, code="unreadable")
SETTINGS: Any = plain(Settings, switching=plain(Switching, epoch=2, key="k", terms=TERMS))
STONE = plain(Tombstone, kind=Kind.LEAD, id=1, deleted_at=NOW)
CALL: Any = plain(Activity, id=1, unbound=frozenset({Ref(Kind.DEAL, 1)}))
LEAD: Any = plain(
    Lead,
    id=1,
    responsible=1,
    stage="NEW",
    semantics=StageSemantics.IN_PROCESS,
    amount=Money(amount=Decimal(1)),
    contact_id=4,
)
POINT = ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")


def without_value() -> ContactPoints:
    """Contact points of which one is blank."""
    blank = unchecked(ContactPoint)(kind=PointKind.EMAIL, type="WORK", value=" ")
    return tuple.__new__(ContactPoints, (POINT, blank))


def custom(value: Any) -> CustomFields:
    """Custom fields that nobody has checked."""
    made = object.__new__(CustomFields)
    made._items = {"UF_A": value}
    return made


@pytest.mark.parametrize(
    "record",
    [
        TERMS,
        ROW,
        evolve(ROW, amount=None),
        SWITCH,
        evolve(SWITCH, ended="finished", ended_at=NOW),
        COMMAND,
        OUTCOME,
        LeadOutcome(OutcomeKind.CONVERTED),
        SETTINGS,
        plain(Settings),
        STONE,
        CALL,
        LEAD,
        default_pipeline(),
        ContactPoints([POINT]),
        CustomFields({"UF_A": 1}),
    ],
)
def test_what_may_be_stored_passes(record: Any) -> None:
    """Each kind of record."""
    check_whole(record)


@pytest.mark.parametrize(
    "record",
    [
        evolve(TERMS, client=X),
        evolve(TERMS, lead_stage="a b"),
        evolve(ROW, lead_id=0),
        evolve(ROW, company_id=X),
        evolve(ROW, amount=unchecked(Money)(amount=Decimal("NaN"), currency=None)),
        evolve(ROW, activity_ids=(X,)),
        evolve(ROW, not_carried=(1,)),
        evolve(ROW, converted_at=NAIVE),
        evolve(SWITCH, key=""),
        evolve(SWITCH, ended=X, ended_at=NOW),
        evolve(SWITCH, ended="finished"),
        evolve(SWITCH, ended_at=NOW),
        evolve(SWITCH, ended="finished", ended_at=NAIVE),
        evolve(COMMAND, made=(Ref(Kind.LEAD, -1),)),
        evolve(COMMAND, made=(Ref(X, 1),)),
        OUTCOME._replace(code="a b"),
        OUTCOME._replace(added=X),
        OUTCOME._replace(bound=-1),
        evolve(SETTINGS, epoch=-1),
        evolve(SETTINGS, switching=evolve(SETTINGS.switching, epoch=X)),
        evolve(STONE, id=0),
        evolve(STONE, deleted_at=NAIVE),
        evolve(CALL, unbound=frozenset({Ref(Kind.PIPELINE, 1)})),
        evolve(LEAD, amount=unchecked(Money)(amount=None, currency="EURO")),
        without_value(),
        custom(1.5),
    ],
)
def test_what_may_not_be_stored_is_refused(record: Any) -> None:
    """Wherever the value stands in it."""
    with pytest.raises(InvalidValue):
        check_whole(record)
    assert not is_whole(record)


def test_what_no_check_can_look_at_is_not_whole() -> None:
    """A record that lost a part answers no question about it."""
    assert is_whole(LEAD)
    assert not is_whole(object.__new__(Lead))


def test_activities_are_bound_to_cards_with_numbers() -> None:
    """Anything else is damage."""
    check_bindings({Ref(Kind.DEAL, 1)})
    for ref in (Ref(Kind.DEAL, 0), Ref(Kind.SWITCH, "k")):
        with pytest.raises(InvalidValue):
            check_bindings({ref})


@pytest.mark.rule("DATA-3")
def test_the_clients_of_active_leads_are_what_a_conversion_needs() -> None:
    """Closed and deleted leads need none; each client stands with a lead that is linked to it."""
    closed = evolve(LEAD, id=2, semantics=StageSemantics.FAILURE)
    of_company = evolve(LEAD, id=3, contact_id=None, company_id=5)
    assert clients_of([LEAD, closed, STONE, of_company, evolve(LEAD, contact_id=None)]) == {
        Kind.CONTACT: {4: 1},
        Kind.COMPANY: {5: 3},
    }
