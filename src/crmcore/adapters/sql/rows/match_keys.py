"""Match keys as stored in the tables: in their compared form while a record has them, so that keys stay in order; as an
unreadable digest once no record has them (DATA-3)."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from crmcore.adapters.sql.rows.tables import BINDING_CODES
from crmcore.domain.model.errors import StoreCorrupt
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.rules.matching import MatchKey, normal_email, normal_phone

__all__ = ["StoredKey", "keys_of", "point_keys_of", "stored", "veiled", "version_sum"]

#: Kind (by number), kind of point, and the compared form or its digest.
StoredKey = tuple[int, str, str]

#: PostgreSQL indexes entries of up to a third of a page; longer forms are kept as their digest from the beginning.
_LONGEST = 200
#: How a digest begins; no normal form has a colon (MATCH-1, MATCH-2).
_MARK = "sha256:"


def stored(key: MatchKey) -> StoredKey:
    """A match key as it stands in the table."""
    return (BINDING_CODES[key.kind], key.point.value, _short(key.value))


def veiled(key: StoredKey) -> StoredKey:
    """The same key as it stands where nobody may read it: no record has it, or it was only looked up."""
    kind, point, value = key
    return key if value.startswith(_MARK) else (kind, point, _digest(value))


def point_keys_of(points: Iterable[ContactPoint]) -> set[tuple[str, str]]:
    """The e-mails and phones of a record in their compared form, as they stand in the table."""
    found = set()
    for point in points:
        form = _FORMS.get(point.kind)
        if form is not None:
            name, normal_of = form
            normal = normal_of(point.value or "")
            if normal is not None:
                found.add((name, _short(normal)))
    return found


#: What has a form in which it is compared: its name, and how that is found.
_FORMS = {PointKind.EMAIL: ("email", normal_email), PointKind.PHONE: ("phone", normal_phone)}


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else _digest(value)


def _digest(value: str) -> str:
    return _MARK + sha256(value.encode()).hexdigest()


def keys_of(kind: Kind, points: Iterable[ContactPoint]) -> frozenset[StoredKey]:
    """The keys under which a record with these contact points stands."""
    code = BINDING_CODES[kind]
    return frozenset([(code, point, value) for point, value in point_keys_of(points)])


def version_sum(rows: Iterable[Any]) -> dict[StoredKey, int]:
    """The version of each key from its rows; raises `StoreCorrupt` where one has none."""
    versions: dict[StoredKey, int] = {}
    for kind, point, key, version in rows:
        if type(version) is not int:
            raise StoreCorrupt("a version in crm_match cannot be read")
        versions[kind, point, key] = versions.get((kind, point, key), 0) + version
    return versions
