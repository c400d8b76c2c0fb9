"""What 200 tests cost that start a server of the page each, beside as many without: `python -m bench.servers`."""

import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from crmcore.adapters.page import serve
from crmcore.testing import TestCrm

__all__ = ["main", "seconds_of"]

TESTS = 200
ROUNDS = 5
#: How many seconds more the tests with a server may take.
GOAL = 16.0


def seconds_of(tests: int, *, is_served: bool) -> float:
    """Build a CRM with a lead for each test, and with a server ask for its page once."""
    began = perf_counter()
    for _ in range(tests):
        p = TestCrm.classic()
        p.lead()
        if is_served:
            with _signed_in(p) as page:
                assert b"<html" in page
    return perf_counter() - began


@contextmanager
def _signed_in(p: TestCrm) -> Iterator[bytes]:
    with serve(p.crm) as server:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(server.link(p.administrator)) as answer:
            yield answer.read()


def main() -> int:
    """Print the table; the two kinds take turns."""
    seconds_of(1, is_served=True)  # what is loaded once
    without, within = zip(
        *((seconds_of(TESTS, is_served=False), seconds_of(TESTS, is_served=True)) for _ in range(ROUNDS)), strict=True
    )
    more = median(second - first for first, second in zip(without, within, strict=True))
    print(f"| {TESTS} tests, seconds of the clock, median of {ROUNDS} rounds | |\n|---|---:|")
    print(
        f"| without a server | {median(without):.2f} |\n| with one, signed in, one page read | {median(within):.2f} |"
    )
    print(f"| more | {more:.2f} |\n| goal | < {GOAL:.0f} |")
    return 0 if more < GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
