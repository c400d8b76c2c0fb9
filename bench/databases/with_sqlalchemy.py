"""The switch as one would write it with SQLAlchemy's ORM over the same tables: naturally, and in bulk."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event, func, insert, select, update
from sqlalchemy.orm import Session, registry

from bench.databases.duties import CHUNK, rows_of
from crmcore.adapters.sql.connection.engines import SETTINGS
from crmcore.adapters.sql.rows import tables

__all__ = ["bulk", "natural"]

_registry = registry()


def _model(name: str) -> Any:
    """A class over a table of the library."""
    model = type(name.title(), (), {})
    _registry.map_imperatively(model, getattr(tables, name))
    return model


MODELS = {
    name: _model(name)
    for name in ("lead", "company", "contact", "deal", "binding", "match", "ledger", "outcome", "activity")
}
Lead, Binding = MODELS["lead"], MODELS["binding"]


@contextmanager
def natural(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Callable[[], int]]:
    """Lead by lead: look up its activities, add the objects, commit."""
    with _session(url) as (session, epoch, contacts):

        def run() -> int:
            done = 0
            for id in session.scalars(select(Lead.id).where(Lead.semantics == "P").order_by(Lead.id)).all():
                lead = session.scalars(select(Lead).where(Lead.id == id)).one()
                of_lead = select(Binding.activity).where(Binding.kind == 0, Binding.id == id)
                activities = session.scalars(of_lead.order_by(Binding.activity)).all()
                for table, row in rows_of(lead, activities, epoch, contacts):
                    made = MODELS[table]()
                    for name, value in row.items():
                        setattr(made, name, value)
                    session.add(made)
                    if table in ("company", "contact", "deal"):
                        session.flush()
                session.commit()
                session.expunge_all()
                done += 1
            return done

        yield run


@contextmanager
def bulk(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Callable[[], int]]:
    """Chunk by chunk: one query for the leads, one for their activities, bulk inserts and updates, commit."""
    with _session(url) as (session, epoch, contacts):

        def run() -> int:
            done = 0
            while True:
                active = select(Lead).where(Lead.semantics == "P").order_by(Lead.id).limit(CHUNK)
                found = session.scalars(active).all()
                if not found:
                    return done
                of_leads = select(Binding.id, Binding.activity).where(
                    Binding.kind == 0, Binding.id.between(found[0].id, found[-1].id)
                )
                activities = defaultdict(list)
                for lead_id, activity in session.execute(of_leads.order_by(Binding.activity)):
                    activities[lead_id].append(activity)
                rows = defaultdict(list)
                for lead in found:
                    session.expunge(lead)
                    for table, row in rows_of(lead, activities[lead.id], epoch, contacts):
                        rows[table].append(row)
                for table, each in rows.items():
                    session.execute(insert(MODELS[table]), each)
                changed = ("portal", "id", "version", "stage", "semantics", "deal_id", "contact_id", "company_id")
                session.execute(update(Lead), [{name: getattr(lead, name) for name in changed} for lead in found])
                session.commit()
                done += len(found)

        yield run


@contextmanager
def _session(url: str) -> Iterator[tuple[Session, int, int]]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def settle(connection: Any, _: Any) -> None:
            for setting in (*SETTINGS, "journal_mode=WAL"):
                connection.execute(f"PRAGMA {setting}")

    try:
        with Session(engine, expire_on_commit=False) as session:
            contacts = session.scalar(select(func.count()).select_from(MODELS["contact"])) or 0
            yield session, 2, contacts
    finally:
        engine.dispose()
