"""Every order of the steps of two actors on a small CRM, over the real code or a weakened design of it.

`explore(WALKS["a pipeline in use"])` walks to the end; `make_store=` walks over a host's own store, which needs a
`fork()`. `story_of(FAULTS[0])` is the shortest way to a broken law, and `script_of` the same as a script.
"""

from crmcore.testing.walk.designs import FAULTS, Fault
from crmcore.testing.walk.laws import Broken
from crmcore.testing.walk.run import LawBroken, Run
from crmcore.testing.walk.script import script_of
from crmcore.testing.walk.story import Story, story_of
from crmcore.testing.walk.walker import REAL, Design, Found, Offer, Walk, World, explore
from crmcore.testing.walk.walks import DEEP_WALKS, THREES, WALKS

__all__ = [
    "DEEP_WALKS",
    "FAULTS",
    "REAL",
    "THREES",
    "WALKS",
    "Broken",
    "Design",
    "Fault",
    "Found",
    "LawBroken",
    "Offer",
    "Run",
    "Story",
    "Walk",
    "World",
    "explore",
    "script_of",
    "story_of",
]
