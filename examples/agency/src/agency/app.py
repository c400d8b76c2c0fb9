"""The web interface: what users call. Each request that writes is one transaction of the agency."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from time import monotonic, sleep
from typing import Annotated, Any

from crmcore import (
    ContactPoint,
    Crm,
    InvalidValue,
    Kind,
    LeadId,
    ModeSwitchPolicy,
    PointKind,
    Reason,
    Ref,
    Refused,
    StoreBusy,
    SwitchReport,
    SwitchToken,
    UserId,
)
from crmcore.adapters.document import dump_answer
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import delete
from sqlalchemy.orm import Session

from agency.office import Office, digest
from agency.tables import Order, Quote

__all__ = ["make_app"]

#: The status of a refusal, by its reason; 409 for all others.
STATUS = {Reason.NOT_PERMITTED: 403, Reason.UNKNOWN_RECORD: 404, Reason.NOT_SWITCHING: 404}

#: How often progress is looked at, and after how many seconds without any a sign of life is sent.
TICK, SIGN_OF_LIFE = 0.2, 15.0

SSE = "text/event-stream"


class NewLead(BaseModel):
    """A lead with the agency's quote for it; the same key again is the same lead."""

    key: str
    title: str
    email: str
    fee: Decimal
    note: str | None = Field(None, max_length=200)


def answered(answer: Any) -> JSONResponse:
    """An answer of the CRM, or its refusal, as JSON."""
    status = STATUS.get(answer.reason, 409) if isinstance(answer, Refused) else 200
    return JSONResponse(dump_answer(answer), status)


def make_app(office: Office) -> FastAPI:
    """The web interface of an office."""
    app = FastAPI(title="agency")
    bearer = HTTPBearer()

    def user(given: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> UserId:
        number = office.signed_in(given.credentials)
        if number is None:
            raise HTTPException(401)
        return UserId(number)

    Actor = Annotated[UserId, Depends(user)]

    @app.exception_handler(InvalidValue)
    def invalid(_: Request, error: InvalidValue) -> JSONResponse:
        return JSONResponse({"invalid": str(error)}, 422)

    @app.exception_handler(StoreBusy)
    def busy(_: Request, error: StoreBusy) -> JSONResponse:
        return JSONResponse({"busy": str(error)}, 503)

    @app.post("/leads")
    def add(actor: Actor, new: NewLead) -> JSONResponse:
        def both(session: Session, crm: Crm) -> LeadId | Refused:
            mail = ContactPoint(kind=PointKind.EMAIL, value=new.email)
            lead = crm.add_lead(actor, key=digest(new.key), title=new.title, contact_points=[mail])
            if not isinstance(lead, Refused):
                session.merge(Quote(lead=lead, fee=new.fee, note=new.note))
            return lead

        return answered(office.transact(both))

    @app.get("/switch/preview")
    def preview(actor: Actor, completes: bool = False) -> JSONResponse:
        return answered(office.crm.preview_switch(actor, ModeSwitchPolicy(keep_activities=not completes)))

    @app.post("/switches/{key}")
    def start(actor: Actor, key: str, completes: bool = False) -> JSONResponse:
        def both(session: Session, crm: Crm) -> Any:
            begun = crm.begin_switch(actor, key=key, policy=ModeSwitchPolicy(keep_activities=not completes))
            if isinstance(begun, SwitchToken) and session.get(Order, key) is None:
                session.add(Order(key=key, epoch=begun.epoch, ordered_by=actor))
            return begun

        begun = office.transact(both)
        return answered(office.crm.switch_named(actor, key) if isinstance(begun, SwitchToken) else begun)

    @app.get("/switches/{key}")
    def stands(actor: Actor, key: str) -> JSONResponse:
        return answered(office.crm.switch_named(actor, key))

    @app.get("/switches/{key}/progress", response_model=None)
    def progress(actor: Actor, key: str) -> JSONResponse | StreamingResponse:
        report = office.crm.switch_named(actor, key)
        return answered(report) if isinstance(report, Refused) else StreamingResponse(told(actor, key), media_type=SSE)

    def told(actor: UserId, key: str) -> Iterator[str]:
        """Server-sent events: the numbers whenever they have changed, until the switch has ended or needs somebody."""
        sent, since = "", monotonic()
        while True:
            report = office.crm.switch_named(actor, key)  # asks for the right each time
            data = json.dumps(dump_answer(report))
            if data != sent:
                sent, since = data, monotonic()
                yield f"event: {report.result if isinstance(report, SwitchReport) else 'refused'}\ndata: {data}\n\n"
            elif monotonic() - since > SIGN_OF_LIFE:
                since = monotonic()
                yield ": still here\n\n"
            if isinstance(report, Refused) or report.result != "switching":
                return
            sleep(TICK)

    @app.post("/switches/{key}/cancel")
    def cancel(actor: Actor, key: str) -> JSONResponse:
        def live(_: Session, crm: Crm) -> Any:
            report = crm.switch_status(actor)
            mine = isinstance(report, Refused) or (report.token is not None and report.token.key == key)
            return crm.cancel_switch(actor) if mine else Refused(Reason.NOT_SWITCHING, Ref(Kind.SWITCH, key))

        return answered(office.transact(live))

    @app.post("/switches/{key}/retry")
    def retry(actor: Actor, key: str) -> JSONResponse:
        again = office.transact(lambda _, crm: crm.retry_switch(actor))
        return answered(again if isinstance(again, Refused) else office.crm.switch_named(actor, key))

    @app.get("/switches/{key}/result")
    def result(actor: Actor, key: str, after: int = 0, limit: int = 100) -> JSONResponse:
        report = office.crm.switch_named(actor, key)
        if isinstance(report, Refused) or report.token is None:
            return answered(report)
        rows = islice(office.crm.outcomes(actor, report.token.epoch, after=LeadId(after)), limit)
        return JSONResponse({**dump_answer(report), "leads": [{"lead": id, "became": out.kind} for id, out in rows]})

    @app.get("/leads/{lead}/person")
    def would_erase(actor: Actor, lead: int) -> JSONResponse:
        return answered(office.crm.erasure(actor, Ref(Kind.LEAD, lead)))

    @app.delete("/leads/{lead}/person")
    def erase(actor: Actor, lead: int) -> JSONResponse:
        def both(session: Session, crm: Crm) -> Any:
            erased = crm.erase(actor, Ref(Kind.LEAD, lead))
            if not isinstance(erased, Refused):
                session.execute(delete(Quote).where(Quote.lead.in_(erased.leads)))
            return erased

        erased = office.transact(both)
        office.store.empty_log()  # of SQLite's, which still has what the rows were
        return answered(erased)

    return app
