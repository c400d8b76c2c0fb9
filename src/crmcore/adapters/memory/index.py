"""The match index of the in-memory store: which records have which e-mail or phone, and each key's version."""

from collections.abc import Iterable

from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.values import PointKind
from crmcore.domain.rules.matching import MatchKey, match_keys

__all__ = ["MatchIndex"]

_BY = (PointKind.EMAIL, PointKind.PHONE)


class MatchIndex:
    """Ids by match key. A write moves the version of every key that a record has or had: the claim of CONV-7.

    Versions go by the hash of a key, so that no address stays behind that no record has (DATA-3). Keys with one hash
    share a version, which then moves more often than it must.
    """

    def __init__(self) -> None:
        self._ids: dict[MatchKey, set[int]] = {}
        self._versions: dict[int, int] = {}
        self._keys: dict[tuple[Kind, int], frozenset[MatchKey]] = {}

    def put(self, kind: Kind, id: int, record: object) -> None:
        """Index a record as it stands now; a deleted one leaves the index."""
        has_points = isinstance(record, Lead | Contact | Company)
        after = match_keys(record.contact_points, (kind,), _BY) if has_points else frozenset()  # type: ignore[attr-defined]  # has_points says so
        before = self._keys.get((kind, id), frozenset())
        for key in before - after:
            self._ids[key].discard(id)
            if not self._ids[key]:
                del self._ids[key]
        for key in after - before:
            self._ids.setdefault(key, set()).add(id)
        for key in before | after:
            hashed = hash(key)
            self._versions[hashed] = self._versions.get(hashed, 0) + 1
        if after:
            self._keys[kind, id] = after
        else:
            self._keys.pop((kind, id), None)

    def find(self, key: MatchKey) -> Iterable[int]:
        """The ids under a key, in order."""
        return sorted(self._ids.get(key, ()))

    def version(self, key: MatchKey) -> int:
        """How often the records under a key have changed; 0 for a key that was never used."""
        return self._versions.get(hash(key), 0)
