"""Making many frozen records from values that were checked before (CONV-3).

A frozen class pays for each field of each record that it makes, and checks texts that a conversion only hands on.
`unchecked` is a twin of the same layout that is not frozen while its record is being made, and checks nothing; what it
returns is of the frozen class. It is for conversions and for rows that were checked when they were written.
"""

from typing import Any, TypeVar, cast

from attrs import field, make_class

__all__ = ["unchecked"]

R = TypeVar("R")

_TWINS: dict[type, Any] = {}


def unchecked(cls: type[R]) -> type[R]:
    """A callable that makes records of the class from all of its fields, by name or in their order.

    No field has a default, so that one which is forgotten is an error at once. In their order is three times as fast
    where fields are many, since Python looks for each name from the beginning.
    It is made when it is first asked for, so that the import does not pay for it.
    """
    try:
        return cast(type[R], _TWINS[cls])
    except KeyError:
        _TWINS[cls] = _twin(cls)
        return cast(type[R], _TWINS[cls])


def _twin(cls: Any) -> Any:
    def become_frozen(record: Any) -> None:
        record.__class__ = cls

    return make_class(
        cls.__name__,
        {each.name: field() for each in cls.__attrs_attrs__},
        bases=cls.__bases__,
        class_body={"__attrs_post_init__": become_frozen},
        slots=True,
        eq=False,
        repr=False,
    )
