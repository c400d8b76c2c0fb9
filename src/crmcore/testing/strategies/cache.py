"""Strategies that are made once, and that refuse options which they do not have.

Hypothesis looks over each new strategy, and records are built out of dozens of them.
"""

from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from typing import ParamSpec, TypeVar, cast

__all__ = ["kept", "named"]

P = ParamSpec("P")
R = TypeVar("R")


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """Answer the same strategy when it is asked for with the same options."""
    return named(cast(Callable[P, R], cache(make)))


def named(make: Callable[P, R]) -> Callable[P, R]:
    """Refuse an unknown option by the strategy's own name, and say how to ask for anything else."""

    @wraps(make)
    def asked(*places: P.args, **options: P.kwargs) -> R:
        try:
            return make(*places, **options)
        except TypeError:
            known = sorted(signature(make).parameters)
            unknown = sorted(options.keys() - known)
            if not places and not unknown:
                raise
        name = make.__name__
        wrong = f"no option {', '.join(map(repr, unknown))}" if unknown else "options by name only"
        raise TypeError(
            f"{name}() has {wrong}; its options are: {', '.join(known) or 'none'}. To ask for anything else, write"
            f" `{name}().map(lambda each: attrs.evolve(each, ...))` or `{name}().filter(lambda each: ...)`"
        )

    return asked
