"""The contract of the store port, as one suite."""

from crmcore.testing.contracts.activities import ActivityLaws
from crmcore.testing.contracts.addresses import AddressLaws
from crmcore.testing.contracts.answers import AnswerLaws
from crmcore.testing.contracts.backlog import BacklogLaws
from crmcore.testing.contracts.chunks import ChunkLaws
from crmcore.testing.contracts.claims import ClaimLaws
from crmcore.testing.contracts.conditions import ConditionLaws
from crmcore.testing.contracts.confirmation import ConfirmLaws
from crmcore.testing.contracts.conversions import ConversionLaws
from crmcore.testing.contracts.deletions import DeletionLaws
from crmcore.testing.contracts.epochs import EpochLaws
from crmcore.testing.contracts.fields import FieldLaws
from crmcore.testing.contracts.handles import HandleLaws
from crmcore.testing.contracts.ids import IdLaws
from crmcore.testing.contracts.interrupts import InterruptLaws
from crmcore.testing.contracts.keys import KeyLaws
from crmcore.testing.contracts.limits import LimitLaws
from crmcore.testing.contracts.lists import ListLaws
from crmcore.testing.contracts.moments import MomentLaws
from crmcore.testing.contracts.overwrites import OverwritingLaws
from crmcore.testing.contracts.pages import OrderLaws
from crmcore.testing.contracts.parts import StagingLaws
from crmcore.testing.contracts.readers import ConcurrencyLaws
from crmcore.testing.contracts.reference import ReferenceLaws
from crmcore.testing.contracts.restarts import RestartLaws
from crmcore.testing.contracts.rewrites import RewriteLaws
from crmcore.testing.contracts.size import SizeLaws
from crmcore.testing.contracts.unread import UnreadLaws
from crmcore.testing.contracts.versions import VersionLaws

__all__ = ["StoreContract"]


class StoreContract(
    SizeLaws,
    InterruptLaws,
    HandleLaws,
    DeletionLaws,
    KeyLaws,
    LimitLaws,
    RewriteLaws,
    VersionLaws,
    OverwritingLaws,
    EpochLaws,
    ActivityLaws,
    ConversionLaws,
    ChunkLaws,
    ConcurrencyLaws,
    MomentLaws,
    ConfirmLaws,
    ClaimLaws,
    ConditionLaws,
    AddressLaws,
    AnswerLaws,
    FieldLaws,
    OrderLaws,
    IdLaws,
    ListLaws,
    BacklogLaws,
    ReferenceLaws,
    RestartLaws,
    UnreadLaws,
    StagingLaws,
):
    """What a store promises its callers: the eight points of `Store`, and the rest of its docstrings.

    A host writes a subclass whose name pytest collects, and `make_store(self, seed)`. Four hooks reach behind the port
    and are optional; without one, the tests that need it are skipped and say what they would have shown:

    * `reopen(self, store)`: a second handle on the same database, as another process has one.
    * `raw(self, store)`: all text that the database holds for this CRM, in the host's own columns too.
    * `interrupted(self, store, n)`: a context in which the n-th commit of the database does not happen.
    * `touch(self, store, lead_id)`: what the host's other code does for a lead whose rows it has changed.
    """
