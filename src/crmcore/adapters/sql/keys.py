"""Match keys as they stand in the table."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from crmcore.adapters.sql.tables import BINDING_CODES
from crmcore.domain.ids import Kind
from crmcore.domain.matching import MatchKey, normal_email, normal_phone
from crmcore.domain.values import ContactPoint, PointKind

__all__ = ["StoredKey", "keys_of", "point_keys_of", "stored", "version_sum"]

#: Kind (by number), kind of point, and the compared form.
StoredKey = tuple[int, str, str]

#: PostgreSQL indexes entries of up to a third of a page; longer forms are kept as their digest.
_LONGEST = 200


def stored(key: MatchKey) -> StoredKey:
    """A match key as it stands in the table; an e-mail has an @ and a phone no letters, so no digest is one."""
    value = key.value if len(key.value) <= _LONGEST else _digest(key.value)
    return (BINDING_CODES[key.kind], key.point.value, value)


def point_keys_of(points: Iterable[ContactPoint]) -> set[tuple[str, str]]:
    """The e-mails and phones of a record in their compared form, as they stand in the table."""
    found = set()
    for point in points:
        if point.kind is PointKind.EMAIL:
            normal = normal_email(point.value or "")
            kind = "email"
        elif point.kind is PointKind.PHONE:
            normal = normal_phone(point.value or "")
            kind = "phone"
        else:
            continue
        if normal is not None:
            found.add((kind, normal if len(normal) <= _LONGEST else _digest(normal)))
    return found


def _digest(value: str) -> str:
    return "sha256:" + sha256(value.encode()).hexdigest()


def keys_of(kind: Kind, points: Iterable[ContactPoint]) -> frozenset[StoredKey]:
    """The keys under which a record with these contact points stands."""
    code = BINDING_CODES[kind]
    return frozenset((code, point, value) for point, value in point_keys_of(points))


def version_sum(rows: Iterable[Any]) -> dict[StoredKey, int]:
    """The version of each key from its rows."""
    versions: dict[StoredKey, int] = {}
    for kind, point, key, version in rows:
        versions[kind, point, key] = versions.get((kind, point, key), 0) + version
    return versions
