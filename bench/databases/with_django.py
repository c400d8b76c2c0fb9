"""The switch as one would write it with Django's ORM over the same tables: naturally, and in bulk."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.db import connections

from bench.databases.duties import CHUNK, LINKS, rows_of
from crmcore.adapters.sql.connection.engines import SETTINGS
from crmcore.adapters.sql.rows import tables

__all__ = ["bulk", "natural"]

_INIT = "; ".join(f"PRAGMA {setting}" for setting in (*SETTINGS, "journal_mode=WAL"))


def _database(url: str) -> dict[str, Any]:
    if url.startswith("sqlite:///"):
        options = {"init_command": _INIT, "transaction_mode": "IMMEDIATE"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username or "",
        "HOST": parts.hostname or parse_qs(parts.query).get("host", [""])[0],
        "PORT": str(parts.port or ""),
    }


def _models() -> dict[str, Any]:
    """A class over each table of the library, which Django does not manage."""
    from django.db import models

    kinds = {"BIGINT": models.BigIntegerField, "INTEGER": models.IntegerField, "SMALLINT": models.SmallIntegerField}
    kinds["BOOLEAN"] = models.BooleanField
    found = {}
    for name in ("lead", "company", "contact", "deal", "binding", "match", "ledger", "outcome"):
        table = getattr(tables, name)
        body: dict[str, Any] = {"__module__": __name__}
        for column in table.columns:
            kind = kinds.get(
                str(column.type), models.BooleanField if str(column.type) == "BOOLEAN" else models.TextField
            )
            body[column.name] = kind(null=column.nullable)
        body["pk"] = models.CompositePrimaryKey(*[column.name for column in table.primary_key.columns])
        body["Meta"] = type("Meta", (), {"managed": False, "db_table": table.name, "app_label": "bench"})
        found[name] = type(name.title(), (models.Model,), body)
    return found


@contextmanager
def natural(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Callable[[], int]]:
    """Lead by lead, each in a transaction: look up its activities, create the objects, save."""
    models, transaction, contacts = _set_up(url)

    def run() -> int:
        done = 0
        lead_model, binding = models["lead"], models["binding"]
        for id in list(lead_model.objects.filter(semantics="P").order_by("id").values_list("id", flat=True)):
            with transaction.atomic():
                lead = lead_model.objects.get(portal=1, id=id)
                activities = binding.objects.filter(portal=1, kind=0, id=id).order_by("activity")
                ids = list(activities.values_list("activity", flat=True))
                for table, row in rows_of(lead, ids, 2, contacts):
                    models[table].objects.create(**row)
                lead.save()
            done += 1
        return done

    try:
        yield run
    finally:
        connections.close_all()


@contextmanager
def bulk(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Callable[[], int]]:
    """Chunk by chunk: one query for the leads, one for their activities, `bulk_create` and `bulk_update`."""
    models, transaction, contacts = _set_up(url)

    def run() -> int:
        done = 0
        lead_model, binding = models["lead"], models["binding"]
        while True:
            with transaction.atomic():
                found = list(lead_model.objects.filter(portal=1, semantics="P").order_by("id")[:CHUNK])
                if not found:
                    return done
                pairs = binding.objects.filter(portal=1, kind=0, id__range=(found[0].id, found[-1].id))
                activities = defaultdict(list)
                for lead_id, activity in pairs.order_by("activity").values_list("id", "activity"):
                    activities[lead_id].append(activity)
                rows = defaultdict(list)
                for lead in found:
                    for table, row in rows_of(lead, activities[lead.id], 2, contacts):
                        rows[table].append(models[table](**row))
                for table, each in rows.items():
                    models[table].objects.bulk_create(each, batch_size=CHUNK)
                lead_model.objects.bulk_update(found, LINKS, batch_size=100)
            done += len(found)

    try:
        yield run
    finally:
        connections.close_all()


def _set_up(url: str) -> tuple[dict[str, Any], Any, int]:
    settings.configure(DATABASES={"default": _database(url)}, INSTALLED_APPS=[], USE_TZ=True)
    django.setup()
    from django.db import transaction

    models = _models()
    return models, transaction, models["contact"].objects.count()
