"""What goes on in the background: a worker that carries out orders, and a relay that hands events on."""

import json
from collections.abc import Callable
from urllib.request import Request, urlopen

from crmcore import Epoch, Refused, SwitchToken
from crmcore.adapters.document import dump_event
from crmcore.ports import Happened
from sqlalchemy import select

from agency.office import Office
from agency.tables import Order, Place

__all__ = ["post_to", "relay", "work"]


def work(office: Office, *, chunk: int = 100, pace: int | None = None) -> str | None:
    """Carry out the first open order, and return how it stands; `None` where there is none.

    A worker keeps nothing that the database does not have, so that any other goes on where one was killed.
    """
    with office.sessions() as session:
        order = session.scalar(select(Order).where(Order.result.is_(None)).order_by(Order.epoch).limit(1))
    if order is None:
        return None
    report = office.crm.run_switch(SwitchToken(order.key, Epoch(order.epoch)), chunk=chunk, pace=pace)
    result = str(report.reason) if isinstance(report, Refused) else report.result
    if result not in ("switching", "blocked"):  # these are still open: somebody has to look, and retry or cancel
        with office.sessions.begin() as session:
            session.merge(Order(key=order.key, epoch=order.epoch, ordered_by=order.ordered_by, result=result))
    return result


def relay(office: Office, receiver: str, hand_on: Callable[[Happened], object], limit: int = 100) -> int:
    """Hand on what happened since the last time, each event at least once; return how many."""
    with office.sessions() as session:
        place = session.scalar(select(Place.place).where(Place.receiver == receiver))
    page = office.store.events(place, limit)
    for each in page.entries:
        hand_on(each)  # before the place is stored: after a crash it comes again, with the same id
    with office.sessions.begin() as session:
        session.merge(Place(receiver=receiver, place=page.after))
    return len(page.entries)


def post_to(url: str) -> Callable[[Happened], object]:
    """Hand events on to a web address, as JSON with an id that the receiver recognises repeats by."""

    def post(happened: Happened) -> None:
        body = json.dumps({"id": happened.id, **dump_event(happened.event)}).encode()
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=10):
            pass  # anything but a success has raised

    return post
