"""Order books for the tests, and how long the tests look for mistakes.

`pytest --hypothesis-profile=long` looks longer.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crmcore.domain.image import CrmImage
from hypothesis import settings

from repairshop import OrderBook

settings.register_profile("short", max_examples=25, deadline=None)
settings.register_profile("long", max_examples=500, deadline=None)
settings.load_profile("short")

NewBook = Callable[[CrmImage], OrderBook]


@pytest.fixture
def new_book(tmp_path: Path) -> Iterator[NewBook]:
    """Makes order books, each in a file of its own, and closes them after the test."""
    numbers = itertools.count()
    made: list[OrderBook] = []

    def new(seed: CrmImage) -> OrderBook:
        made.append(OrderBook.new(tmp_path / f"orders{next(numbers)}.db", seed))
        return made[-1]

    yield new
    for book in made:
        book.close()
