"""Making many frozen records from values that were checked before (CONV-3).

A frozen class pays for each field of each record that it makes, and checks texts that a conversion only hands on.
A maker is a class of the same layout that is not frozen while its record is being made, and checks nothing; what it
returns is the frozen class itself. It is for conversions only: everything else calls the class.
"""

from functools import cache
from typing import Any, TypeVar, cast

from attrs import field, fields, make_class

__all__ = ["maker_of"]

R = TypeVar("R")


@cache
def maker_of(kind: type[R]) -> type[R]:
    """A callable with the signature of the class, three times as fast; its records are of the class.

    It is made when it is first asked for, so that the import does not pay for it.

    The class adds no weak-reference slot of its own, since the layouts must be the same.
    """

    def become_frozen(record: Any) -> None:
        record.__class__ = kind

    own = {each.name: field(default=each.default) for each in fields(kind) if not each.inherited}  # type: ignore[arg-type]  # attrs classes only
    twin = make_class(
        kind.__name__,
        own,
        bases=kind.__bases__,
        class_body={"__attrs_post_init__": become_frozen},
        slots=True,
        weakref_slot=False,
        kw_only=True,
        eq=False,
        repr=False,
    )
    return cast(type[R], twin)
