"""Contract suites for the ports that hosts implement: plain classes that a host subclasses in a few lines."""

from crmcore.testing.contracts.events import EventContract, Hosted
from crmcore.testing.contracts.permissions import PermissionsContract
from crmcore.testing.contracts.plan import PlanContract
from crmcore.testing.contracts.store import StoreContract

__all__ = ["EventContract", "Hosted", "PermissionsContract", "PlanContract", "StoreContract"]
