"""The readings: where the article can be read in two ways, and the other reading of each as a design that runs.

docs/spec/readings.md has them all, with what the vendor's documentation says. `crmcore spec readings` tells them.
"""

from crmcore.testing.readings.catalogue import READINGS, Ambiguity, readings_of
from crmcore.testing.readings.record import Effect, recorded
from crmcore.testing.readings.seam import Replaced, Seam, Wrapped
from crmcore.testing.readings.told import Told, steps_of, tell

__all__ = [
    "READINGS",
    "Ambiguity",
    "Effect",
    "Replaced",
    "Seam",
    "Told",
    "Wrapped",
    "readings_of",
    "recorded",
    "steps_of",
    "tell",
]
