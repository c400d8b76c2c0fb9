"""What a host product's tests can use: a CRM in one line, ports that fail on purpose, laws for any store.

Everything here needs `crmcore` alone. What needs pytest or hypothesis is in modules of its own, so that a test which
uses neither does not wait for them: `crmcore.testing.contracts`, `.machine` and `.strategies` (extra `testing`).
"""

from crmcore.testing.checking import accepted, check
from crmcore.testing.crashing import Crash, crash_and_resume
from crmcore.testing.crm import TestCrm
from crmcore.testing.failing import FailingPermissions, FailingPlan, FailingStore
from crmcore.testing.holding import Held
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER, Driver
from crmcore.testing.recording import EventRecorder

__all__ = [
    "ADMIN",
    "MANAGER",
    "STRANGER",
    "Crash",
    "Driver",
    "EventRecorder",
    "FailingPermissions",
    "FailingPlan",
    "FailingStore",
    "Held",
    "TestCrm",
    "accepted",
    "check",
    "crash_and_resume",
]
