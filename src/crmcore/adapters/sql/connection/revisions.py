"""The versions of the tables that this library knows: what an open store is held to, and what an upgrade leads to."""

from crmcore.adapters.sql.connection.errors import NewerStore, OlderStore

__all__ = ["REVISIONS", "VERSION_TABLE", "check_known"]

#: Every version of the tables that this library knows, in order.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")

#: The table with the version.
VERSION_TABLE = "crmcore_version"


def check_known(version: str, place: str = "the database") -> None:
    """Raise the error that says what to do, unless this is the version of the tables that this library works on."""
    if version != REVISIONS[-1]:
        raise OlderStore(place, version) if version in REVISIONS else NewerStore(place, str(version))
