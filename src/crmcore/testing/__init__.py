"""The test kit for host products: a CRM in one line, ports that fail on purpose, laws and suites for any store.

Most of it needs only `crmcore`. The contract suites need pytest and the machine needs hypothesis (extra `testing`).
They are imported on first use, since hypothesis alone takes longer to import than everything else here, and most tests
do not use it. The strategies are in `crmcore.testing.strategies`; with this import `st.from_type` knows them too, even
if hypothesis is imported later.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crmcore.application.step import Step
from crmcore.testing.checks import accepted, check
from crmcore.testing.crashes import Crash, crash_and_resume
from crmcore.testing.crm import TestCrm
from crmcore.testing.failures import FailingPermissions, FailingPlan, FailingStore
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER, Driver
from crmcore.testing.recorder import EventRecorder
from crmcore_hypothesis import setup as _tell_hypothesis

if TYPE_CHECKING:
    from crmcore.testing.contracts import EventContract, Hosted, PermissionsContract, PlanContract, StoreContract
    from crmcore.testing.machine import CrmMachine

__all__ = [
    "ADMIN",
    "MANAGER",
    "STRANGER",
    "Crash",
    "CrmMachine",
    "Driver",
    "EventContract",
    "EventRecorder",
    "FailingPermissions",
    "FailingPlan",
    "FailingStore",
    "Hosted",
    "PermissionsContract",
    "PlanContract",
    "Step",
    "StoreContract",
    "TestCrm",
    "accepted",
    "check",
    "crash_and_resume",
]

#: What is loaded when it is first named, and from where.
_LATE = {
    "CrmMachine": "crmcore.testing.machine",
    **dict.fromkeys(
        ("EventContract", "Hosted", "PermissionsContract", "PlanContract", "StoreContract"), "crmcore.testing.contracts"
    ),
}

# Where hypothesis is there already; where it comes later, its entry point does the same.
_tell_hypothesis()


def __getattr__(name: str) -> Any:
    """Import what needs pytest or hypothesis."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
