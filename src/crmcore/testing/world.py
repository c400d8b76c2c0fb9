"""The names that the tests of the library used before there was `TestCrm`."""

from crmcore.testing.crm import TestCrm as World
from crmcore.testing.holding import Held
from crmcore.testing.personas import ADMIN, STRANGER
from crmcore.testing.personas import MANAGER as HAND

__all__ = ["ADMIN", "HAND", "STRANGER", "Held", "World"]
