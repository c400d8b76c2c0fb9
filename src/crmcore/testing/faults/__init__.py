"""Known-bad stores: each has one fault, and is named after it, so that hosts can see their own checks fail.

`LastWriteWinsStore(seed)` is a bad store in memory; `LastWriteWinsStore.wrap(store)` wraps any store in the same fault.
`KNOWN_BAD` has all of them by name, each with the rule that it breaks and the contract test that reports it.
`FAMILIES` has those that are generated: a lossy store for every field, lossy permissions, bad plans.
`python -m crmcore.testing.faults tests/test_store.py:TestMyStore` runs a host's contract suite against each of them.
"""

from crmcore.testing.faults.activities import (
    BoundForeverStore,
    LastBindingWinsStore,
    OneSidedStore,
    RebindingStore,
    SharedLeadsStillStore,
    StillLeadsStore,
)
from crmcore.testing.faults.addresses import (
    ClosedLeadsFoundStore,
    CountedKeysStore,
    FormerClientsFoundStore,
    UsedStagesStore,
)
from crmcore.testing.faults.answers import (
    ClosedDealsStore,
    LastBoundFirstStore,
    LastMarkedFirstStore,
    NothingCountedStore,
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
from crmcore.testing.faults.chunks import (
    ChunkCopyingStore,
    ChunkForgettingStore,
    ChunkReadBlindStore,
    ChunkSetUpBlindStore,
    NumbersAloneStore,
)
from crmcore.testing.faults.claims import (
    CommandKeyBlindStore,
    CountBlindStore,
    EarlierMarksStore,
    ForgottenLedgerStore,
    IdBlindStore,
    LedgerBlindStore,
    MarkBlindStore,
    MatchKeyBlindStore,
    NoLeadsBlindStore,
    OtherIdsBlindStore,
    OutcomeDroppingStore,
    StageBlindStore,
    StillKeysStore,
    SwitchKeyBlindStore,
    TwoDealsStore,
)
from crmcore.testing.faults.columns import (
    ActivityTextsStore,
    CascadingStore,
    ContactColumnsStore,
    ErasedColumnsStore,
    MinuteDeadlinesStore,
    StrippedTitlesStore,
    TracelessStore,
)
from crmcore.testing.faults.comparisons import LooseKeysStore, UnchangedRowsStore
from crmcore.testing.faults.confirmation import AsksEarlyStore, AsksLateStore, NeverAsksStore
from crmcore.testing.faults.conversions import (
    AlikeBoundStore,
    ChunkKeyBlindStore,
    ClosedLeadsMoveStore,
    KeptActivitiesStillStore,
    NamesakesMoveStore,
    RecompletingStore,
)
from crmcore.testing.faults.epochs import (
    CancelKeepsEpochStore,
    EpochBlindForNewLeadsStore,
    EpochBlindForReopenedLeadsStore,
    EpochBlindStore,
    RestlessEpochStore,
)
from crmcore.testing.faults.halves import DealFirstStore, HalfCommitStore
from crmcore.testing.faults.listings import (
    CountsDeletedStore,
    DeletedListStore,
    GivesUpListStore,
    LimitFirstListStore,
    NosyListStore,
    OwnActivitiesStore,
    StaleListStore,
    SwitchesByKeyStore,
)
from crmcore.testing.faults.lists import CutListsStore, LimitFirstStore
from crmcore.testing.faults.lossy import LossyStore
from crmcore.testing.faults.moments import MovingReadsStore, OpenSectionStore, UnclaimedKeysStore
from crmcore.testing.faults.outboxes import BadEvents
from crmcore.testing.faults.permissions import LossyPermissions
from crmcore.testing.faults.plans import BadPlan
from crmcore.testing.faults.processes import CachedSettingsStore, DriverBeginStore, LateKeysStore
from crmcore.testing.faults.records import (
    FirstIdStore,
    FloatMoneyStore,
    LoadedIdsStore,
    LowIdsStore,
    RepeatingIdsStore,
    TextOrderStore,
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
    "ActivityTextsStore",
    "AlikeBoundStore",
    "AsksEarlyStore",
    "AsksLateStore",
    "BadEvents",
    "BadPlan",
    "BadStore",
    "BoundForeverStore",
    "CachedSettingsStore",
    "CancelKeepsEpochStore",
    "CascadingStore",
    "ChunkCopyingStore",
    "ChunkForgettingStore",
    "ChunkKeyBlindStore",
    "ChunkReadBlindStore",
    "ChunkSetUpBlindStore",
    "ClosedDealsStore",
    "ClosedLeadsFoundStore",
    "ClosedLeadsMoveStore",
    "CommandKeyBlindStore",
    "ContactColumnsStore",
    "CountBlindStore",
    "CountedKeysStore",
    "CountsDeletedStore",
    "CursorStore",
    "CutListsStore",
    "DealFirstStore",
    "DeletedListStore",
    "DriverBeginStore",
    "EarlierMarksStore",
    "EditOfAnyVersionStore",
    "EpochBlindForNewLeadsStore",
    "EpochBlindForReopenedLeadsStore",
    "EpochBlindStore",
    "ErasedColumnsStore",
    "FirstIdStore",
    "FloatMoneyStore",
    "ForgetfulStore",
    "ForgottenIdsStore",
    "ForgottenLedgerStore",
    "FormerClientsFoundStore",
    "GivesUpListStore",
    "HalfCommitStore",
    "HalfWrittenStore",
    "IdBlindStore",
    "KeptActivitiesStillStore",
    "LaggingCountStore",
    "LastBindingWinsStore",
    "LastBoundFirstStore",
    "LastMarkedFirstStore",
    "LastWriteWinsStore",
    "LateKeysStore",
    "LeadVersionBlindStore",
    "LedgerBlindStore",
    "LimitFirstListStore",
    "LimitFirstStore",
    "LoadedIdsStore",
    "LooseKeysStore",
    "LossyPermissions",
    "LossyStore",
    "LowIdsStore",
    "MarkBlindStore",
    "MatchKeyBlindStore",
    "MinuteDeadlinesStore",
    "MovingReadsStore",
    "NamesakesMoveStore",
    "NeverAsksStore",
    "NoLeadsBlindStore",
    "NoRecountStore",
    "NosyListStore",
    "NothingCountedStore",
    "NumbersAloneStore",
    "OffersMarkedLeadsStore",
    "OneSidedStore",
    "OpenSectionStore",
    "OtherIdsBlindStore",
    "OutcomeDroppingStore",
    "OverwritingStore",
    "OwnActivitiesStore",
    "PartialWriteStore",
    "PipelineBlindStore",
    "ReadBlindStore",
    "RebindingStore",
    "RecompletingStore",
    "RepeatingIdsStore",
    "RestlessEpochStore",
    "SetAsideBlindStore",
    "SharedLeadsStillStore",
    "StageBlindStore",
    "StaleListStore",
    "StillKeysStore",
    "StillLeadsStore",
    "StrippedTitlesStore",
    "SwitchKeyBlindStore",
    "SwitchesByKeyStore",
    "TextOrderStore",
    "TombstoneDroppingStore",
    "TracelessStore",
    "TwoDealsStore",
    "UnchangedRowsStore",
    "UnclaimedKeysStore",
    "UnorderedDealsStore",
    "UnorderedPagesStore",
    "UsedStagesStore",
    "VagueConflictStore",
    "VersionlessStore",
]
