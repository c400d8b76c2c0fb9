"""Known-bad stores: each has one fault, and is named after it, so that hosts can see their own checks fail.

`LastWriteWinsStore(seed)` is a bad store in memory; `LastWriteWinsStore.wrap(store)` wraps any store in the same fault.
`KNOWN_BAD` has all of them by name, each with the rule that it breaks and the contract test that reports it.
`FAMILIES` has those that are generated: a lossy store for every field, lossy permissions, bad plans.
`python -m crmcore.testing.faults tests/test_store.py:TestMyStore` runs a host's contract suite against each of them.
"""

from crmcore.testing.faults.activities import (
    LastBindingWinsStore,
    OneSidedStore,
    RebindingStore,
    SharedLeadsStillStore,
    StillLeadsStore,
)
from crmcore.testing.faults.backlogs import (
    CursorStore,
    LaggingCountStore,
    NoRecountStore,
    OffersMarkedLeadsStore,
    SetAsideBlindStore,
)
from crmcore.testing.faults.base import BadStore
from crmcore.testing.faults.catalogue import FAMILIES, KNOWN_BAD
from crmcore.testing.faults.claims import (
    CommandKeyBlindStore,
    CountBlindStore,
    ForgottenLedgerStore,
    IdBlindStore,
    LedgerBlindStore,
    MarkBlindStore,
    MatchKeyBlindStore,
    OutcomeDroppingStore,
    StageBlindStore,
    StillKeysStore,
    SwitchKeyBlindStore,
    TwoDealsStore,
)
from crmcore.testing.faults.confirmation import AsksEarlyStore, AsksLateStore, NeverAsksStore
from crmcore.testing.faults.epochs import (
    CancelKeepsEpochStore,
    EpochBlindForNewLeadsStore,
    EpochBlindForReopenedLeadsStore,
    EpochBlindStore,
    RestlessEpochStore,
)
from crmcore.testing.faults.halves import DealFirstStore, HalfCommitStore
from crmcore.testing.faults.lists import (
    DeletedListStore,
    GivesUpListStore,
    LimitFirstStore,
    NosyListStore,
    StaleListStore,
)
from crmcore.testing.faults.lossy import LossyStore
from crmcore.testing.faults.permissions import LossyPermissions
from crmcore.testing.faults.plans import BadPlan
from crmcore.testing.faults.records import (
    FloatMoneyStore,
    LowIdsStore,
    RepeatingIdsStore,
    TombstoneDroppingStore,
    UnorderedDealsStore,
    UnorderedPagesStore,
)
from crmcore.testing.faults.restarts import ForgetfulStore, ForgottenIdsStore, HalfWrittenStore
from crmcore.testing.faults.versions import (
    AbsenceBlindStore,
    EditOfAnyVersionStore,
    LastWriteWinsStore,
    LeadVersionBlindStore,
    OverwritingStore,
    PartialWriteStore,
    PipelineBlindStore,
    ReadBlindStore,
    VagueConflictStore,
    VersionlessStore,
)

__all__ = [
    "FAMILIES",
    "KNOWN_BAD",
    "AbsenceBlindStore",
    "AsksEarlyStore",
    "AsksLateStore",
    "BadPlan",
    "BadStore",
    "CancelKeepsEpochStore",
    "CommandKeyBlindStore",
    "CountBlindStore",
    "CursorStore",
    "DealFirstStore",
    "DeletedListStore",
    "EditOfAnyVersionStore",
    "EpochBlindForNewLeadsStore",
    "EpochBlindForReopenedLeadsStore",
    "EpochBlindStore",
    "FloatMoneyStore",
    "ForgetfulStore",
    "ForgottenIdsStore",
    "ForgottenLedgerStore",
    "GivesUpListStore",
    "HalfCommitStore",
    "HalfWrittenStore",
    "IdBlindStore",
    "LaggingCountStore",
    "LastBindingWinsStore",
    "LastWriteWinsStore",
    "LeadVersionBlindStore",
    "LedgerBlindStore",
    "LimitFirstStore",
    "LossyPermissions",
    "LossyStore",
    "LowIdsStore",
    "MarkBlindStore",
    "MatchKeyBlindStore",
    "NeverAsksStore",
    "NoRecountStore",
    "NosyListStore",
    "OffersMarkedLeadsStore",
    "OneSidedStore",
    "OutcomeDroppingStore",
    "OverwritingStore",
    "PartialWriteStore",
    "PipelineBlindStore",
    "ReadBlindStore",
    "RebindingStore",
    "RepeatingIdsStore",
    "RestlessEpochStore",
    "SetAsideBlindStore",
    "SharedLeadsStillStore",
    "StageBlindStore",
    "StaleListStore",
    "StillKeysStore",
    "StillLeadsStore",
    "SwitchKeyBlindStore",
    "TombstoneDroppingStore",
    "TwoDealsStore",
    "UnorderedDealsStore",
    "UnorderedPagesStore",
    "VagueConflictStore",
    "VersionlessStore",
]
