"""What stands beside the port of a store: a page of a list, and the end of a store."""

from crmcore.adapters.memory import InMemoryStore
from crmcore.ports.store import Entry, Listed, close_store


def test_a_page_ends_with_the_last_of_what_was_asked_for() -> None:
    """Where more was found the next page begins behind it, or else where the store says."""
    found = [Entry(id, None, 1) for id in (3, 5, 8)]
    assert Listed.of(found, 2) == Listed(tuple(found[:2]), 5)
    assert Listed.of(found, 3) == Listed(tuple(found), None)
    assert Listed.of(found, 4, looked_to=90) == Listed(tuple(found), 90)


class _Closing:
    """A store that counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_store_is_closed_if_it_can_be() -> None:
    """The port asks for no `close`."""
    store = _Closing()
    close_store(store)
    assert store.closed == 1
    close_store(InMemoryStore())
