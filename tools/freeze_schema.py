"""The SQL of the tables and views as they are now, for each database, written into a folder on request.

The versions that there are stay as they are: `python -m tools.freeze_schema FOLDER` shows what a next one has to reach.
"""

import sys
from pathlib import Path

from sqlalchemy import MetaData, create_mock_engine
from sqlalchemy.engine import make_url

from crmcore.adapters.sql.rows.indexes import metadata
from crmcore.adapters.sql.rows.views import views_of

__all__ = ["FOLDER", "copy_of_tables", "statements"]

FOLDER = Path(__file__).resolve().parent.parent / "src" / "crmcore" / "adapters" / "sql" / "migrations" / "versions"


def copy_of_tables() -> MetaData:
    """The tables as the code knows them; making tables on PostgreSQL marks the links that it added later as done."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(copy)
    return copy


def statements(database: str) -> list[str]:
    """Every statement that makes the tables and views on `sqlite` or `postgresql`, in order."""
    found: list[str] = []
    driver = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[database]
    dialect = make_url(driver).get_dialect()()
    engine = create_mock_engine(
        make_url(driver), lambda statement, *_, **__: found.append(str(statement.compile(dialect=dialect)))
    )
    copy_of_tables().create_all(engine, checkfirst=False)
    lines = ["\n".join(line.rstrip().replace("\t", "    ") for line in each.strip().splitlines()) for each in found]
    return [*lines, *views_of(database)]


if __name__ == "__main__":
    for name in ("sqlite", "postgresql"):
        (Path(sys.argv[1]) / f"tables_{name}.sql").write_text(";\n\n".join(statements(name)) + ";\n", encoding="utf-8")
