"""The state machine that a host runs on its own store: any order of commands, actors, faults, crashes and restarts.

A factory that gives a new store holding exactly the records of a seed is all it needs:

    from crmcore.testing.machine import CrmMachine

    TestMyMachine = CrmMachine(make_store).TestCase
"""

from crmcore.testing.machine.machine import CrmMachine, StoreMachine

__all__ = ["CrmMachine", "StoreMachine"]
