"""Match keys as they stand in the table: as digests, so that nothing of a deleted record can be read there (DATA-3)."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from crmcore.adapters.sql.tables import BINDING_CODES
from crmcore.domain.ids import Kind
from crmcore.domain.matching import MatchKey, normal_email, normal_phone
from crmcore.domain.values import ContactPoint, PointKind

__all__ = ["StoredKey", "keys_of", "point_keys_of", "stored", "version_sum"]

#: Kind (by number), kind of point, and the digest of the compared form.
StoredKey = tuple[int, str, str]


def stored(key: MatchKey) -> StoredKey:
    """A match key as it stands in the table."""
    return (BINDING_CODES[key.kind], key.point.value, _digest(key.value))


def point_keys_of(points: Iterable[ContactPoint]) -> set[tuple[str, str]]:
    """The e-mails and phones of a record, as they stand in the table."""
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
            found.add((kind, _digest(normal)))
    return found


def _digest(value: str) -> str:
    """Half of SHA-256: no two forms that anybody can find have the same, and every database can compute it."""
    return sha256(value.encode()).hexdigest()[:32]


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
