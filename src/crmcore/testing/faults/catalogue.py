"""All known-bad stores by name."""

from collections.abc import Mapping

from crmcore.testing.faults import (
    activities,
    backlogs,
    claims,
    confirming,
    epochs,
    halves,
    records,
    restarts,
    versions,
)
from crmcore.testing.faults.base import BadStore

__all__ = ["KNOWN_BAD"]

_MODULES = (activities, backlogs, claims, confirming, epochs, halves, records, restarts, versions)

#: Every known-bad store by its name: which rule it breaks and which test says so are attributes of the class.
KNOWN_BAD: Mapping[str, type[BadStore]] = {
    name: getattr(module, name)
    for name, module in sorted(
        ((name, module) for module in _MODULES for name in module.__all__), key=lambda pair: pair[0]
    )
}
