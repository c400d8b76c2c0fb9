"""The walks: each a small CRM and an alphabet, walked to the end; together every command meets every other two."""

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.application.crm import Crm
from crmcore.application.images import image_of
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.protocol.commands import SetAside
from crmcore.testing.walk.alphabets import (
    BOTH,
    CLOSING,
    IN_SPARE,
    activities,
    archiving,
    chained,
    deleting,
    edits,
    erasing,
    intake,
    life,
    plan_and_right,
    small_crm,
    steering,
    switch,
)
from crmcore.testing.walk.walker import ACTORS, Walk

__all__ = ["DEEP_WALKS", "STARTS", "THREES", "WALKS", "start"]

FIRST = Ref(Kind.LEAD, LeadId(1))


def _by_name(*walks: Walk) -> dict[str, Walk]:
    return {walk.name: walk for walk in walks}


#: The cheaper ones first: what is broken shows early.
WALKS = _by_name(
    Walk("a switch and new leads", small_crm(), chained(switch("k"), life("add", "close", "convert"))),
    Walk(
        "two switches and lives", small_crm(closed=1), chained(switch("k", "l", sizes=(1,)), life("reopen", "delete"))
    ),
    Walk(
        "a switch and a shared activity",
        small_crm(1, 2),
        chained(switch("k", policy=CLOSING, sizes=(1,)), activities("add", "complete", "unbind"), life("convert")),
    ),
    Walk(
        "edits of an activity and an erasure",
        small_crm(1, leads=1),
        chained(switch("k", policy=CLOSING, sizes=(1,), back=False), activities("edit", "reopen"), erasing(1)),
    ),
    Walk(
        "one more binding and two erasures",
        small_crm(1),
        chained(switch("k", sizes=(2,), back=False), activities("bind"), erasing(1, 2)),
    ),
    Walk(
        "two converters of a shared activity",
        small_crm(1, 2),
        chained(switch("k", sizes=(1, 2)), activities("add"), life("convert", "delete", leads=(1, 2))),
    ),
    Walk(
        "a pipeline in use",
        small_crm(),
        chained(switch("k", "l", policy=IN_SPARE), archiving, life("convert", policy=IN_SPARE)),
    ),
    Walk(
        "rights and plan",
        small_crm(leads=1),
        chained(switch("k", sizes=(1,)), steering, archiving),
        worlds=plan_and_right,
        symmetric=False,
    ),
    Walk(
        "a lead with a fault",
        small_crm(),
        chained(switch("k", sizes=(2,)), steering, life("close", "delete"), edits(FIRST)),
        faulty=LeadId(1),
    ),
    Walk(
        "edits and lives",
        small_crm(leads=1),
        chained(switch("k", sizes=(1,)), life("close", "convert", "reopen", "delete"), edits(FIRST)),
    ),
    Walk(
        "one address",
        small_crm(leads=1, match=MatchSetting.EMAIL, mails=True),
        chained(switch("k", sizes=(1,), policy=BOTH), intake(2), life("convert")),
    ),
    Walk(
        "an activity and the end of its lead",
        small_crm(1, leads=1),
        chained(switch("k", sizes=(1,)), activities("add", "complete", "delete"), life("delete", "close", "reopen")),
    ),
    Walk(
        "a client and a deal that are deleted",
        small_crm(1, match=MatchSetting.EMAIL, mails=True),
        chained(switch("k", sizes=(1,), back=False), life("delete"), deleting(Kind.DEAL, Kind.CONTACT)),
    ),
    Walk(
        "a client that is deleted while its lead is converted",
        small_crm(1, leads=1, client=True),
        chained(life("convert", "delete"), deleting(Kind.DEAL, Kind.CONTACT, loses=True)),
    ),
    Walk(
        "rights and leads",
        small_crm(leads=1),
        chained(switch("k", sizes=(1,), back=False), life("add", "close", "reopen")),
        worlds=plan_and_right,
        symmetric=False,
    ),
)

#: Larger walks, without an upper bound on time (`CRMCORE_DEEP=1`).
DEEP_WALKS = _by_name(
    Walk(
        "two switches and all of a lead's life",
        small_crm(closed=1),
        chained(switch("k", "l"), steering, life("add", "close", "reopen", "delete", "convert")),
    ),
    Walk(
        "a switch and all of activities",
        small_crm(1, 2),
        chained(
            switch("k", "l", policy=CLOSING),
            activities("add", "complete", "unbind", "delete"),
            life("convert", "delete", "close"),
        ),
    ),
    Walk(
        "a fault and all of two leads",
        small_crm(),
        chained(switch("k", "l"), steering, life("add", "close", "reopen", "delete", "convert"), edits(FIRST)),
        faulty=LeadId(1),
    ),
    Walk(
        "rights and everything on leads",
        small_crm(leads=1),
        chained(switch("k", "l", sizes=(1,)), steering, life("add", "close", "reopen", "convert"), archiving),
        worlds=plan_and_right,
        symmetric=False,
    ),
    Walk(
        "one address and three leads",
        small_crm(match=MatchSetting.EMAIL, mails=True),
        chained(switch("k", policy=BOTH), intake(3, setting=True), life("convert")),
    ),
)

_EVERYTHING = chained(
    switch("k", "l"),
    steering,
    life("add", "copy", "close", "reopen", "delete", "convert"),
    edits(FIRST),
    activities("add", "complete", "unbind", "delete"),
    intake(3, setting=True),
    archiving,
)


def start(name: str) -> CrmImage:
    """A small CRM in one of the states of the mode machine, from which any three commands are tried."""
    store = InMemoryStore(small_crm(1, 2, mails=True, closed=int(name == "classic with a closed lead")))
    crm = Crm(store=store, permissions=RoleTable({ACTORS[0]: [ADMINISTRATOR]}), plan=FixedPlan(), clock=FixedClock())
    if not name.startswith("classic"):
        token = crm.begin_switch(ACTORS[0], key="k")
        assert isinstance(token, SwitchToken)
        if name == "blocked":
            crm.run(ACTORS[0], SetAside(token=token, lead_id=LeadId(1), code="unreadable"))
        if name != "begun":
            crm.convert_chunk(token, 1)
        if name in ("simple", "back"):
            crm.run_switch(token)
        if name == "back":
            crm.switch_to_classic(ACTORS[0])
    return image_of(store)


STARTS = ("classic", "classic with a closed lead", "begun", "half done", "blocked", "simple", "back")
THREES = _by_name(*(Walk(f"any three from {name}", start(name), _EVERYTHING, loads=3) for name in STARTS))
DEEP_WALKS |= _by_name(*(Walk(f"any four from {name}", start(name), _EVERYTHING, loads=4) for name in STARTS))
