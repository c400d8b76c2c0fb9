"""The workload W(N) in a database, written through the library."""

from bench import library
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.sql import create_portal, upgrade
from crmcore.application.images import image_of

__all__ = ["fill"]


def fill(url: str, leads: int, *, schema: str | None = None) -> None:
    """Make the tables and one Classic CRM with the workload in it; the import goes in portions of 5,000."""
    upgrade(url, schema)
    contacts = InMemoryStore.classic()
    library.add_contacts(library.crm_over(contacts), leads)
    with create_portal(url, image=image_of(contacts), schema=schema) as store:
        library.add_leads(library.crm_over(store), leads)
