"""The in-memory store: the embedded default, with the conflicts of a real database."""

from crmcore.adapters.memory.store import InMemoryStore

__all__ = ["InMemoryStore"]
