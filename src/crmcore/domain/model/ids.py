"""Typed identifiers: a bare number never names a record in a signature."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, NewType

__all__ = [
    "CARDS",
    "CLIENTS",
    "DEFAULT_PIPELINE",
    "MATCHED",
    "NUMBERED",
    "RECORDS",
    "TABLES",
    "ActivityId",
    "CompanyId",
    "ContactId",
    "DealId",
    "Epoch",
    "Kind",
    "LeadId",
    "PipelineId",
    "Ref",
    "SourceCode",
    "StageCode",
    "UserId",
]

LeadId = NewType("LeadId", int)
DealId = NewType("DealId", int)
ContactId = NewType("ContactId", int)
CompanyId = NewType("CompanyId", int)
ActivityId = NewType("ActivityId", int)
PipelineId = NewType("PipelineId", int)
UserId = NewType("UserId", int)
StageCode = NewType("StageCode", str)
SourceCode = NewType("SourceCode", str)
Epoch = NewType("Epoch", int)

#: The pipeline that is used when a policy names none (POLICY-2).
DEFAULT_PIPELINE = PipelineId(0)


class Kind(StrEnum):
    """The kinds of versioned records that a store keeps."""

    LEAD = "lead"
    DEAL = "deal"
    CONTACT = "contact"
    COMPANY = "company"
    ACTIVITY = "activity"
    PIPELINE = "pipeline"
    STAGES = "stages"
    SETTINGS = "settings"
    EPOCH = "epoch"
    RIGHTS = "rights"
    LEDGER = "ledger"
    OUTCOME = "outcome"
    SWITCH = "switch"
    COMMAND = "command"
    MATCH_KEY = "match_key"
    BINDING = "binding"


#: The cards: what has a responsible person, what rights are about, what an activity may be bound to.
#: Stores keep the place of a kind in this order, so a new one comes last.
CARDS = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)

#: The cards that are clients.
CLIENTS = (Kind.CONTACT, Kind.COMPANY)

#: The cards that a conversion makes.
MADE = (Kind.DEAL, *CLIENTS)

#: The cards that have contact points, and so are found by them (CONV-7).
MATCHED = (Kind.LEAD, *CLIENTS)

#: The kinds whose records have numbers that a store hands out.
NUMBERED = (*CARDS, Kind.ACTIVITY, Kind.PIPELINE)

#: The tables of a whole CRM, in the order of its document, with the part of an image and of `Changes` that holds each.
TABLES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.PIPELINE: "pipelines",
        Kind.LEAD: "leads",
        Kind.DEAL: "deals",
        Kind.CONTACT: "contacts",
        Kind.COMPANY: "companies",
        Kind.ACTIVITY: "activities",
        Kind.BINDING: "bindings",
        Kind.LEDGER: "ledger",
        Kind.OUTCOME: "outcomes",
        Kind.SWITCH: "switches",
        Kind.COMMAND: "commands",
    }
)

#: The tables of the numbered kinds; a query and a snapshot call their parts the same.
RECORDS: Mapping[Kind, str] = MappingProxyType({kind: TABLES[kind] for kind in NUMBERED})


class Ref(NamedTuple):
    """One record, named by kind and id; safe to log (DATA-2).

    `kind` is a `Kind`, `id` a whole number, or a text for records with a key.

    >>> str(Ref(Kind.LEAD, 17))
    'lead:17'
    """

    kind: Kind
    id: int | str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
