"""Match keys as they stand in the table."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from crmcore.adapters.sql.tables import BINDING_CODES
from crmcore.domain.ids import Kind
from crmcore.domain.matching import MatchKey, match_keys
from crmcore.domain.values import ContactPoint, PointKind

__all__ = ["StoredKey", "keys_of", "stored"]

#: Kind (by number), kind of point, and the compared form.
StoredKey = tuple[int, str, str]

_BY = (PointKind.EMAIL, PointKind.PHONE)
#: PostgreSQL indexes entries of up to a third of a page; longer forms are kept as their digest.
_LONGEST = 200


def stored(key: MatchKey) -> StoredKey:
    """A match key as it stands in the table; an e-mail has an @ and a phone no letters, so no digest is one."""
    value = key.value
    if len(value) > _LONGEST:
        value = "sha256:" + sha256(value.encode()).hexdigest()
    return (BINDING_CODES[key.kind], key.point.value, value)


def keys_of(kind: Kind, points: Iterable[ContactPoint]) -> frozenset[StoredKey]:
    """The keys under which a record with these contact points stands."""
    return frozenset(map(stored, match_keys(points, (kind,), _BY))) if points else frozenset()


def version_sum(rows: Iterable[Any]) -> dict[StoredKey, int]:
    """The version of each key from its rows."""
    versions: dict[StoredKey, int] = {}
    for kind, point, key, version in rows:
        versions[kind, point, key] = versions.get((kind, point, key), 0) + version
    return versions
