"""Whether a record that was made unchecked is one that could have been built: what a store has read is held to DATA-1.

Rules: DATA-1. The checks of a record's own class run once more, so that each limit stays where its field stands.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.ids import CARDS, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ClientChoice, ConversionTerms, MatchSetting
from crmcore.domain.model.schema import Field, check_parts, parts_of, settle
from crmcore.domain.model.settings import Settings, Switching
from crmcore.domain.model.text import check_code, check_id, check_instant, check_key, check_text, check_type
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoints, CustomFields

__all__ = ["UNREADABLE", "check_bindings", "check_given", "check_whole", "is_whole"]

#: The code of a record that cannot be read, since it holds what may not be stored.
UNREADABLE = "unreadable"


def check_whole(record: Any) -> None:
    """Raise `InvalidValue` unless each part of a record, and each part of its parts, may be stored (DATA-1).

    A blank text becomes `None`, as it does in a record that is being built (CONV-4).
    """
    _WHOLE.get(type(record), _settled)(record)


def is_whole(record: Any) -> bool:
    """Whether a record may be stored, whatever it is (DATA-1); a part that no check can look at is damage too."""
    try:
        check_whole(record)
    except (InvalidValue, ValueError, TypeError, LookupError, ArithmeticError, AttributeError):
        return False
    return True


def check_given(given: Any) -> None:
    """Raise `InvalidValue` unless a value from outside is what its class has built, with every value inside it.

    It was checked when it was built, and Python lets a caller change what is frozen, or make it without its class.
    """
    try:
        _given(given)
    except (AttributeError, TypeError, RecursionError):
        # A part is missing, is of a class that has no such parts, or is a list that holds itself.
        raise_alone(InvalidValue(type(given).__name__, "every part as its class has built it"))


def _given(value: Any) -> None:
    cls: Any = type(value)
    if cls in _WHOLE or cls in _CARDS:
        check_whole(value)
    elif hasattr(cls, "__attrs_attrs__"):
        if hasattr(cls, "__attrs_post_init__"):
            value.__attrs_post_init__()  # what has a type is of it, so nothing below is without an end
        for each in cls.__attrs_attrs__:
            inside = getattr(value, each.name)
            if type(inside) in _PARTLESS:
                continue
            # The fields of a command; any other mapping has no values with parts, and may be without an end.
            is_fields = isinstance(inside, Mapping) and type(inside) not in _WHOLE
            for part in tuple(inside.values()) if is_fields else (inside,):
                _given(part)
    elif isinstance(value, tuple | frozenset | list):
        for each in value:
            _given(each)


#: Records whose parts are of the classes that belong there, once they have looked themselves.
_CARDS = frozenset({Lead, Deal, Contact, Company})
#: What has no parts to look at: most fields of a record.
_PARTLESS = frozenset({NoneType, str, int, bool, Decimal, date, datetime})


def check_bindings(refs: Iterable[Ref]) -> None:
    """Raise `InvalidValue` unless each of what an activity is bound to names a card."""
    for ref in refs:
        if ref.kind not in CARDS:
            raise InvalidValue("bindings", f"one of {', '.join(CARDS)}")
        check_id("bindings", ref.id)


def _settled(record: Any) -> None:
    """What a class does with a record that is being built, done again: blank texts go, and each limit is looked at."""
    cls: Any = type(record)
    for name in _inner(cls):
        value = getattr(record, name)
        if value is not None:
            check_whole(value)
    record.__attrs_post_init__()
    for name in _provisional(cls):
        check_id(f"{cls.__name__}.{name}", getattr(record, name))


@cache
def _inner(cls: Any) -> tuple[str, ...]:
    """The parts of a record that are values with parts of their own."""
    return tuple(part.name for part in parts_of(cls) if part.type in _WHOLE or hasattr(part.type, "__attrs_attrs__"))


@cache
def _provisional(cls: Any) -> tuple[str, ...]:
    """The ids that are 0 while nobody has handed one out, which is over for what is stored."""
    return tuple(part.name for part in parts_of(cls) if Field.PROVISIONAL in part.marks)


def _pipeline(pipeline: Pipeline) -> None:
    for stage in pipeline.stages:
        check_whole(stage)
    _settled(pipeline)


def _activity(activity: Activity) -> None:
    _settled(activity)
    check_bindings(activity.unbound)


def _points(points: ContactPoints) -> None:
    for point in points:
        point.__attrs_post_init__()
    if points and len(ContactPoints(points)) != len(points):
        raise InvalidValue("contact_points", "no blank contact point")


def _custom(custom: CustomFields) -> None:
    if custom:  # most records have none, and every record that is loaded is looked at
        CustomFields(dict(custom))


def _tombstone(tombstone: Tombstone) -> None:
    check_parts(tombstone)
    check_id("Tombstone.id", tombstone.id)
    settle(tombstone)


def _ledger(row: LedgerRow) -> None:
    check_id("LedgerRow.lead_id", row.lead_id)
    check_id("LedgerRow.deal_id", row.deal_id)
    for name in ("contact_id", "company_id"):
        if getattr(row, name) is not None:
            check_id(f"LedgerRow.{name}", getattr(row, name))
    if row.amount is not None:
        check_whole(row.amount)
    for id in row.activity_ids:
        check_id("LedgerRow.activity_ids", id)
    for field in row.not_carried:
        check_text("LedgerRow.not_carried", field)
    check_instant("LedgerRow.converted_at", row.converted_at)


def _terms(terms: ConversionTerms, place: str = "ConversionTerms") -> None:
    check_type(f"{place}.client", terms.client, ClientChoice)
    check_id(f"{place}.pipeline_id", terms.pipeline_id, lowest=0)
    check_code(f"{place}.deal_stage", terms.deal_stage)
    check_code(f"{place}.lead_stage", terms.lead_stage)
    check_type(f"{place}.keep_activities", terms.keep_activities, bool)
    check_type(f"{place}.match", terms.match, MatchSetting)


def _switch(switch: SwitchRecord) -> None:
    check_key("key", switch.key)
    check_id("SwitchRecord.epoch", switch.epoch)
    _terms(switch.terms, "SwitchRecord.terms")
    check_id("SwitchRecord.at_begin", switch.at_begin, lowest=0)
    check_instant("SwitchRecord.began_at", switch.began_at)
    if switch.ended not in (None, "finished", "cancelled"):
        raise InvalidValue("SwitchRecord.ended", "one of finished, cancelled")
    if (switch.ended is None) != (switch.ended_at is None):
        raise InvalidValue("SwitchRecord.ended_at", "an instant if the switch has ended, and otherwise nothing")
    if switch.ended_at is not None:
        check_instant("SwitchRecord.ended_at", switch.ended_at)


def _command(command: CommandRecord) -> None:
    check_key("key", command.key)
    check_text("CommandRecord.fingerprint", command.fingerprint)
    for ref in command.made:
        check_type("CommandRecord.made", ref.kind, Kind)
        check_id("CommandRecord.made", ref.id, lowest=0)


def _switching(switching: Switching) -> None:
    check_id("Settings.switching.epoch", switching.epoch)
    check_key("Settings.switching.key", switching.key)
    _terms(switching.terms, "Settings.switching.terms")


def _settings(settings: Settings) -> None:
    check_id("Settings.epoch", settings.epoch)
    if settings.switching is not None:
        _switching(settings.switching)


def _outcome(outcome: LeadOutcome) -> None:
    check_type("LeadOutcome.kind", outcome.kind, OutcomeKind)
    if outcome.code is not None:
        check_code("LeadOutcome.code", outcome.code)
    check_type("LeadOutcome.added", outcome.added, bool)
    for name in ("contacts", "companies", "bound", "completed", "kept_open"):
        check_id(f"LeadOutcome.{name}", getattr(outcome, name), lowest=0)


_WHOLE: dict[type, Callable[[Any], None]] = {
    Activity: _activity,
    Pipeline: _pipeline,
    ContactPoints: _points,
    CustomFields: _custom,
    Tombstone: _tombstone,
    LedgerRow: _ledger,
    ConversionTerms: _terms,
    SwitchRecord: _switch,
    CommandRecord: _command,
    Settings: _settings,
    LeadOutcome: _outcome,
}
