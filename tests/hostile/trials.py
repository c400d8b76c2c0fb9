"""Trials by number: each is drawn from its number alone, so that a crash that is printed can be made again.

A trial says what is wrong, one line each, and nothing where all is as it should be. `judged` runs what is hostile and
says how it ended: an answer, a typed error, or what may not be.
"""

import io
import logging
import os
import resource
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import takewhile
from math import inf
from pathlib import Path
from random import Random
from time import monotonic
from types import FrameType
from typing import Any, NamedTuple

from crmcore import CrmError
from tests.hostile.ground import Ground

__all__ = ["CANARY", "DEEP", "GIVEN", "Ended", "Own", "Trial", "allowed", "judged", "run", "shown"]

#: The large numbers, as everywhere in the tests.
DEEP = bool(os.environ.get("CRMCORE_DEEP"))

#: Part of every personal text that is stored; nothing else contains it.
CANARY = "zqx"
#: Part of hostile texts that a caller gives as anything but a key or a code, which may be shown.
GIVEN = "zqv"

#: How many seconds of the processor one call may take (a busy machine is no fault), and by how much the process may
#: grow meanwhile.
SECONDS, BYTES = 8, 400 * 2**20


class Own(Exception):
    """Raised by objects of the caller: whatever calls them lets it through, or answers as for a bad value."""


class _TooLong(BaseException):
    """The call did not come back."""


class Ended(NamedTuple):
    """How a call ended: what it answered or raised, and what is wrong with that."""

    answer: Any = None
    error: BaseException | None = None
    wrong: tuple[str, ...] = ()


class Trial(NamedTuple):
    """What one trial came to: how many tries it was, how they ended, and what is wrong."""

    tries: int
    ends: Counter[str]
    wrong: tuple[str, ...]


def run(
    kind: str, trial: Callable[[Random, Ground], Trial], seeds: Iterable[int], folder: Path, until: float = inf
) -> Trial:
    """Run the trials with these numbers, and say of each thing that is wrong how to see it again.

    None begins after `until`, by the clock of `time.monotonic`.
    """
    with closing(Ground(folder)) as ground:
        return _run(kind, trial, takewhile(lambda _: monotonic() < until, seeds), ground)


def _run(kind: str, trial: Callable[[Random, Ground], Trial], seeds: Iterable[int], ground: Ground) -> Trial:
    tries, ends, wrong = 0, Counter[str](), []
    for seed in seeds:
        done = trial(Random(f"{kind} {seed}"), ground)
        tries += done.tries
        ends += done.ends
        wrong += [f"{each}\n    again: python -m tests.hostile {kind} --seed {seed} --trials 1" for each in done.wrong]
    return Trial(tries, ends, tuple(wrong))


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise _TooLong(f"still running after {SECONDS} seconds of the processor")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def judged(call: Callable[[], Any], words: Sequence[str], typed: tuple[type[BaseException], ...] = ()) -> Ended:
    """Run a call: it must answer or raise an error of the library, soon, in little memory, and without these words."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    before = _grown()
    answer, error, wrong = None, None, []
    try:
        with _alarm(), warnings.catch_warnings():
            warnings.simplefilter("error")
            answer = call()
    except BaseException as raised:  # whatever it is, it is what is looked for
        error = raised
        if not isinstance(raised, (CrmError, Own, *typed)):
            last = traceback.extract_tb(raised.__traceback__)[-1]
            wrong.append(f"{type(raised).__name__} at {Path(last.filename).name}:{last.lineno}: {str(raised)[:200]}")
    finally:
        logging.getLogger().removeHandler(handler)
    if _grown() - before > BYTES:
        wrong.append(f"grew by {(_grown() - before) >> 20} MiB")
    said = f"{log.getvalue()}{shown(answer)}{'' if error is None else ''.join(_texts_of(error))}"
    wrong += [f"shows {word!r}: …{said[max(0, said.index(word) - 80) :][:160]}" for word in words if word in said]
    return Ended(answer, error, tuple(wrong))


def allowed(error: BaseException | None) -> str:
    """A short name of how a call ended."""
    return "answer" if error is None else type(error).__name__


def shown(answer: object) -> str:
    """An answer as a log shows it."""
    return f"{answer!r}\n{answer}"


def _texts_of(error: BaseException) -> Iterator[str]:
    """Everything that a log may print of an error, of what it came from and of what it replaced."""
    seen: set[int] = set()
    at: BaseException | None = error
    yield "".join(traceback.format_exception(error))
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield f"{at}\n{at!r}\n{at.args!r}\n{vars(at)!r}\n"
        at = at.__cause__ or at.__context__


def _grown() -> int:
    """The most memory that the process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
