"""The touch of an inquiry: it keeps the message, and names what no record took over (INTAKE-6)."""

from collections.abc import Collection

from crmcore.domain.model.lead import Lead
from crmcore.domain.model.text import TEXT_LIMIT
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.rules.conversion import FIELD_MAP, filled_fields
from crmcore.domain.rules.matching import point_keys

__all__ = ["LOST", "lost_when_attached", "message_of", "without_known_points"]

#: How the line begins in which a touch names what was not carried; a constant that a host can translate.
LOST = "Not carried: "

#: What the touch itself keeps of an inquiry that is attached: its message, and whose work it is.
_KEPT = ("comments", "responsible")


def lost_when_attached(inquiry: Lead, *, title: bool) -> tuple[str, ...]:
    """What is lost of an inquiry that is attached: all but what the touch keeps; `title` says whether that is lost."""
    kept = _KEPT if title else (*_KEPT, "title")
    return filled_fields(inquiry, [row.field for row in FIELD_MAP if row.field not in kept])


def without_known_points(
    lost: tuple[str, ...], inquiry: Lead, known: Collection[tuple[PointKind, str]]
) -> tuple[str, ...]:
    """What is lost, but for e-mails and phones that are all known: those under which the sender is found."""

    def is_known(point: ContactPoint) -> bool:
        keys = point_keys((point,), (point.kind,))
        return bool(keys) and all(key in known for key in keys)

    kept = [
        f"{kind.value}s"
        for kind in (PointKind.EMAIL, PointKind.PHONE)
        if all(is_known(point) for point in inquiry.contact_points if point.kind is kind)
    ]
    return tuple(field for field in lost if field not in kept)


def message_of(inquiry: Lead, lost: tuple[str, ...] = ()) -> str | None:
    """The description of the touch: the comments, and a line that names what is lost where there is room for it."""
    if not lost:
        return inquiry.comments
    note = LOST + ", ".join(lost)
    message = note if inquiry.comments is None else f"{inquiry.comments}\n\n{note}"
    return message if len(message) <= TEXT_LIMIT else inquiry.comments
