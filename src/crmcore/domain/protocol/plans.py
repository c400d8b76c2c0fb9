"""What a switch would make of each lead (SWITCH-12), kept in a few bytes for each of them."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise
from typing import overload
from zlib import compress, decompress

from attrs import frozen

from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, LeadId
from crmcore.domain.model.text import Shown

__all__ = ["FOLD", "FoldedPlans", "LeadPlan"]

#: So many plans are folded into one piece.
FOLD = 1000
#: The columns of a piece that have one number for each plan; the ids of the activities come after them.
_COLUMNS = 6
#: More gains little, and takes several times as long.
_LEVEL = 1


@frozen(kw_only=True, repr=False, eq=False)
class LeadPlan(Shown):
    """What a switch would make of one lead (SWITCH-12); ids are those of existing clients.

    `lead_id` is the lead. `contact_id` and `company_id` are clients that it would get, `makes_contact` and
    `makes_company` say whether new ones are made. `activity_ids` are bound to the deal; `not_carried` names the filled
    fields that no record takes over (CONV-3).

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> lead = p.lead(observers=(p.manager,))
    >>> [(plan.makes_contact, plan.not_carried) for plan in p.crm.preview_switch(ADMIN).leads]
    [(True, ('observers',))]
    """

    lead_id: LeadId
    contact_id: ContactId | None
    company_id: CompanyId | None
    makes_contact: bool
    makes_company: bool
    activity_ids: tuple[ActivityId, ...]
    not_carried: tuple[str, ...]


class FoldedPlans(Sequence[LeadPlan]):
    """The plans of many leads in the order in which they were added, as numbers that are packed page by page.

    A plan is made anew each time that it is asked for, so that a million of them take a few megabytes. Going through
    them and taking slices is cheap; going to and fro between pages unpacks one each time.
    """

    __slots__ = ("_names", "_open", "_pieces", "_unfolded")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._open: list[LeadPlan] = []
        #: Each distinct list of fields, by its place.
        self._names: dict[tuple[str, ...], int] = {}
        self._unfolded: tuple[int, list[LeadPlan]] = (-1, [])

    def add(self, plan: LeadPlan) -> None:
        """Put a plan behind the others."""
        self._open.append(plan)
        if len(self._open) == FOLD:
            self._pieces.append(self._fold(self._open))
            self._open = []

    def __len__(self) -> int:
        return len(self._pieces) * FOLD + len(self._open)

    @overload
    def __getitem__(self, place: int) -> LeadPlan: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[LeadPlan, ...]: ...
    def __getitem__(self, place: int | slice) -> LeadPlan | tuple[LeadPlan, ...]:
        places = range(len(self))[place]
        if isinstance(places, range):
            return tuple(self[each] for each in places)
        piece, within = divmod(places, FOLD)
        return self._page(piece)[within]

    def __iter__(self) -> Iterator[LeadPlan]:
        for piece in range(len(self._pieces) + 1):
            yield from self._page(piece)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (FoldedPlans, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"FoldedPlans({len(self) if hasattr(self, '_unfolded') else '?'})"

    def _page(self, piece: int) -> list[LeadPlan]:
        if piece == len(self._pieces):
            return self._open
        number, page = self._unfolded
        if number != piece:
            page = list(self._unfold(self._pieces[piece]))
            self._unfolded = piece, page
        return page

    def _fold(self, plans: list[LeadPlan]) -> bytes:
        """Columns of numbers, ids as the steps from one to the next: what repeats packs well."""
        names = self._names
        activities = [id for plan in plans for id in plan.activity_ids]
        columns = (
            _steps([plan.lead_id for plan in plans]),
            (plan.contact_id or 0 for plan in plans),
            (plan.company_id or 0 for plan in plans),
            (plan.makes_contact + 2 * plan.makes_company for plan in plans),
            (names.setdefault(plan.not_carried, len(names)) for plan in plans),
            (len(plan.activity_ids) for plan in plans),
            _steps(activities),
        )
        return compress(array("q", [number for column in columns for number in column]).tobytes(), _LEVEL)

    def _unfold(self, piece: bytes) -> Iterator[LeadPlan]:
        numbers = array("q", decompress(piece)).tolist()
        columns = [numbers[place * FOLD : (place + 1) * FOLD] for place in range(_COLUMNS)]
        activities = accumulate(numbers[_COLUMNS * FOLD :])
        names = list(self._names)
        columns[0] = list(accumulate(columns[0]))
        for lead, contact, company, makes, not_carried, count in zip(*columns, strict=True):
            yield LeadPlan(
                lead_id=LeadId(lead),
                contact_id=ContactId(contact) if contact else None,
                company_id=CompanyId(company) if company else None,
                makes_contact=bool(makes & 1),
                makes_company=bool(makes & 2),
                activity_ids=tuple(map(ActivityId, islice(activities, count))),
                not_carried=names[not_carried],
            )


def _steps(ids: Sequence[int]) -> Iterator[int]:
    """The first id, then how much each is more than the one before it."""
    return (after - before for before, after in pairwise((0, *ids)))
