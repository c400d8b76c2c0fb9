"""The state machine that a host runs on its own store: any order of commands, actors, faults, crashes and restarts.

It needs only a factory that returns a new store with exactly the records of a seed:

    from crmcore.testing.machine import CrmMachine

    TestMyMachine = CrmMachine(make_store).TestCase
"""

from crmcore.testing.machine.machine import CrmMachine, StoreMachine

__all__ = ["CrmMachine", "StoreMachine"]
