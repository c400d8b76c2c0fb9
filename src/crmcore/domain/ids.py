"""Typed identifiers: a bare number never names a record in a signature."""

from enum import StrEnum
from typing import NamedTuple, NewType

__all__ = [
    "DEFAULT_PIPELINE",
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


class Ref(NamedTuple):
    """One record, named by kind and id; safe to log (DATA-2).

    `kind` is a `Kind`, `id` a whole number, or text for what has a key.

    >>> str(Ref(Kind.LEAD, 17))
    'lead:17'
    """

    kind: Kind
    id: int | str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
