"""Fast construction of frozen records from values that are already checked (CONV-3).

A frozen class pays for each field of each record, and checks texts that a conversion only passes on. `unchecked` uses a
twin class of the same layout that is mutable during construction and checks nothing; the result is an instance of the
frozen class. It is for conversions and for rows that were checked when they were written.
"""

from functools import cache
from typing import Any, TypeVar, cast

from attrs import field, fields, make_class

__all__ = ["unchecked"]

R = TypeVar("R")


@cache
def unchecked(cls: type[R]) -> type[R]:
    """Return a callable that makes records of the class from all of its fields, by name or by position.

    No field has a default, so a forgotten field is an error at once. By position is three times as fast if there are
    many fields, since Python searches each name from the start.
    The twin is made on first use, so that the import does not pay for it.
    """

    def become_frozen(record: Any) -> None:
        record.__class__ = cls

    twin = make_class(
        cls.__name__,
        {each.name: field() for each in fields(cls)},  # type: ignore[arg-type]  # attrs classes only
        bases=cls.__bases__,
        class_body={"__attrs_post_init__": become_frozen},
        slots=True,
        eq=False,
        repr=False,
    )
    return cast(type[R], twin)
