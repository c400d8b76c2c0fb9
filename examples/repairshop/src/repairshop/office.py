"""Who works in the shop and may do what, and what the shop has subscribed to: in the same file as the order book.

Both are asked again inside a commit, by `confirm`; then they answer from that very transaction.
"""

from crmcore import Grant, Kind, Level, Operation, PipelineId, Rights, Role, UserId

from repairshop.database import Database

__all__ = ["Staff", "Subscription"]


class Staff:
    """The people of the shop and their job titles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set_titles(self, person: UserId, *titles: Role) -> None:
        """Give a person these job titles and no others; a person without any may do nothing."""
        with self._database.writing() as sql:
            sql.execute("DELETE FROM staff WHERE person = ?", (person,))
            for title in titles:
                sql.execute(
                    "INSERT OR REPLACE INTO job_title VALUES (?, ?, ?, ?)",
                    (title.name, title.settings, title.export, title.administrator),
                )
                sql.execute("DELETE FROM job_title_allows WHERE title = ?", (title.name,))
                sql.executemany(
                    "INSERT INTO job_title_allows VALUES (?, ?, ?, ?, ?)",
                    [(title.name, to.operation, to.kind, to.pipeline_id, level) for to, level in title.levels.items()],
                )
                sql.execute("INSERT OR IGNORE INTO staff VALUES (?, ?)", (person, title.name))

    def rights(self, actor: UserId) -> Rights:
        """See `Permissions.rights`."""
        with self._database.asking() as sql:
            rows = sql.execute(
                "SELECT name, settings, export, administrator, operation, kind, workshop, level"
                " FROM staff JOIN job_title ON name = title LEFT JOIN job_title_allows USING (title) WHERE person = ?",
                (actor,),
            ).fetchall()
        return Rights.of(
            Role(
                name=name,
                levels={} if operation is None else {_grant(operation, kind, workshop): Level(level)},
                settings=bool(settings),
                export=bool(export),
                administrator=bool(administrator),
            )
            for name, settings, export, administrator, operation, kind, workshop, level in rows
        )


def _grant(operation: str, kind: str, workshop: int | None) -> Grant:
    return Grant(Operation(operation), Kind(kind), None if workshop is None else PipelineId(workshop))


class Subscription:
    """What the shop pays for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set_enquiries(self, included: bool) -> None:
        """Enquiries become part of what the shop pays for, or cease to be."""
        with self._database.writing() as sql:
            sql.execute("UPDATE subscription SET enquiries = ?", (included,))

    def has_classic(self) -> bool:
        """See `Plan.has_classic`."""
        with self._database.asking() as sql:
            (included,) = sql.execute("SELECT enquiries FROM subscription").fetchone()
        return bool(included)
