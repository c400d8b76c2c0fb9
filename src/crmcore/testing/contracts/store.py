"""The contract of the store port, as one suite."""

from crmcore.testing.contracts.activities import ActivityLaws
from crmcore.testing.contracts.backlog import BacklogLaws
from crmcore.testing.contracts.claims import ClaimLaws
from crmcore.testing.contracts.confirmation import ConfirmLaws
from crmcore.testing.contracts.epochs import EpochLaws
from crmcore.testing.contracts.fields import FieldLaws
from crmcore.testing.contracts.lists import ListLaws
from crmcore.testing.contracts.overwrites import OverwritingLaws
from crmcore.testing.contracts.pages import OrderLaws
from crmcore.testing.contracts.readers import ConcurrencyLaws
from crmcore.testing.contracts.reference import ReferenceLaws
from crmcore.testing.contracts.restarts import RestartLaws
from crmcore.testing.contracts.versions import VersionLaws

__all__ = ["StoreContract"]


class StoreContract(
    VersionLaws,
    OverwritingLaws,
    EpochLaws,
    ActivityLaws,
    ConcurrencyLaws,
    ConfirmLaws,
    ClaimLaws,
    FieldLaws,
    OrderLaws,
    ListLaws,
    BacklogLaws,
    ReferenceLaws,
    RestartLaws,
):
    """What a store promises its callers: the eight points of `Store`, and the rest of its docstrings.

    A host writes a subclass whose name pytest collects, and `make_store(self, seed)`; where a store can be opened
    again also `survives_restart = True` and `reopen(self, store)`.
    """
