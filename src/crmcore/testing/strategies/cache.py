"""Strategies that are made once: hypothesis looks over each new one, and records are built out of dozens of them."""

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar, cast

__all__ = ["kept"]

P = ParamSpec("P")
R = TypeVar("R")


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """Answer the same strategy when it is asked for with the same options."""
    return cast(Callable[P, R], cache(make))
