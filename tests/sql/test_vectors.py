"""The vectors on SQLite and PostgreSQL: the same answers as in memory, and no record that did not change."""

import os

from crmcore.testing.vectors import families, run_vectors, stores_at, vectors
from tests.sql.conftest import Database

#: Every so many vectors of a family; all of them in a deep run, which takes a minute on each database.
EVERY = 1 if os.environ.get("CRMCORE_DEEP") == "1" else 97


def test_the_vectors_pass_on_a_database(database: Database) -> None:
    """Each vector has a portal of its own, and all of them share one database."""
    with stores_at(database.url) as make_store:
        for family in families():
            report = run_vectors(vectors(family=family)[::EVERY], make_store=make_store)
            assert [f"{each.id}: {each.said}" for each in report.failed] == []
            assert report.families[family]["skipped"] == 0
