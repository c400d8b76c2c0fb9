"""When two addresses are one, and whom a conversion finds by them: the pairs of docs/spec/matching.md, and CONV-7."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import PersonName
from tools.vectors.drafts import Draft, Json, call, do, said
from tools.vectors.families.policies import whole
from tools.vectors.scenes import Scene, email, phone

__all__ = ["DOCUMENTS", "GIVENS", "drafts"]

_PAGE = Path(__file__).resolve().parents[3] / "docs" / "spec" / "matching.md"

_LEADS = {
    "equal": (email("ann@example.com"),),
    "capitals": (email("Ann Sample <ANN@Example.com>"),),
    "phone-alone": (phone("+32 2 555 01 10"),),
    "two-clients": (email("bob@example.com"), email("ann@example.com")),
    "company-alone": (email("info@example.com"),),
    "no-address": (),
    "unknown": (email("eve@example.net"),),
    "unknown-again": (email("eve@example.net"), phone("055 1234")),
    "no-key": (email("eve at example.net"),),
}


def _clients() -> Any:
    image = new_crm(CrmMode.CLASSIC)
    p = Scene.at(evolve(image, settings=evolve(image.settings, match=MatchSetting.EMAIL)))
    firm = p.company(title="Example Ltd", contact_points=(email("info@example.com"), email("ann@example.com")))
    p.company(title="Info", contact_points=(email("info@example.com"),))
    p.contact(name=PersonName(first="Bob"), contact_points=(email("bob@example.com"),), company_id=firm.id)
    p.contact(name=PersonName(first="Ann"), contact_points=(email("ann@example.com"), phone("+32 2 555 01 10")))
    p.contact(name=PersonName(first="Ann too"), contact_points=(email("ANN@example.com"),))
    for name, points in _LEADS.items():
        p.lead(title=name, contact_points=points, company_title="Sample & Sons")
    p.lead(title="of a client", contact_points=(email("ann@example.com"),), contact_id=1)
    p.later()
    return p


DOCUMENTS: Mapping[str, Callable[[], object]] = {"matching": _clients}
GIVENS: Mapping[str, Json] = {"matching": {"document": "matching"}}


def drafts() -> Iterator[Draft]:
    """The vectors."""
    yield from _conversions()
    yield from _pairs()


def _conversions() -> Iterator[Draft]:
    for client in ("contact", "company", "both"):
        policy = {"client": client, "pipeline_id": None, "keep_activities": True}
        for number, name in enumerate([*_LEADS, "of-client"], 1):
            yield Draft(
                id=f"matching.by-hand.{name}.{client}",
                given="matching",
                when=[do(1, "convert_lead", lead_id=number, policy=policy)],
                rules=("CONV-7", "CONV-2"),
            )
        yield Draft(
            id=f"matching.whole.{client}",
            given="matching",
            when=[*whole(policy, size=100), call(1, "switch_named", key="first")],
            rules=("CONV-7", "SWITCH-11", "SWITCH-13"),
        )
        yield Draft(
            id=f"matching.preview.{client}",
            given="matching",
            when=[call(1, "preview_switch", policy=policy)],
            rules=("CONV-7", "SWITCH-12"),
        )
        yield Draft(
            id=f"matching.off.{client}",
            given="matching",
            when=[do(1, "change_settings", match="none"), *whole(policy, size=100, first=1)[:2]],
            rules=("CONV-7",),
        )
        yield Draft(
            id=f"matching.off-while-switching.{client}",
            given="matching",
            when=[
                do(1, "begin_switch", key="first", policy=policy),
                do(1, "change_settings", match="none"),
                do(1, "convert_lead", lead_id=1),
                do(0, "convert_chunk", token=said(0), size=100),
            ],
            rules=("CONV-7", "SWITCH-4"),
        )
        yield Draft(
            id=f"matching.one-after-the-other.{client}",
            given="matching",
            when=[do(1, "convert_lead", lead_id=7, policy=policy), do(1, "convert_lead", lead_id=8, policy=policy)],
            rules=("CONV-7",),
        )
    yield Draft(
        id="matching.client-changed-between",
        given="matching",
        when=[
            do(1, "edit_record", ref=["contact", 2], version=1, fields={"contact_points": []}),
            do(1, "convert_lead", lead_id=1),
            do(
                1,
                "add_record",
                kind="contact",
                fields={"contact_points": [{"kind": "email", "type": "WORK", "value": "EVE@example.net"}]},
            ),
            do(1, "convert_lead", lead_id=7),
        ],
        rules=("CONV-7",),
    )


def _pairs() -> Iterator[Draft]:
    """Each pair of the tables: a client that has the one address, and an inquiry from the other."""
    text = _PAGE.read_text(encoding="utf-8")
    for kind, title in {"email": "### E-mails", "phone": "### Phones"}.items():
        rows = text.partition(title)[2].partition("\n### ")[0].partition("\n## ")[0]
        for one, other, verdict, why in re.findall(r"^\| `(.*?)` \| `(.*?)` \| (.*?) \| (.*?) \|$", rows, re.MULTILINE):
            for name, first, second in (("", one, other), (".back", other, one)):
                by = [first, second] if verdict == "no key" else [second]  # what has no key is not even found by itself
                yield Draft(
                    id=f"matching.{kind}.{_slug(verdict)}.{_slug(why)}{_which(kind, one, rows, why)}{name}",
                    given="new",
                    when=[
                        do(1, "add_record", kind="company", fields=_points(kind, _text(first))),
                        *(do(1, "take_inquiry", channel="call", fields=_points(kind, _text(each))) for each in by),
                    ],
                    rules=("MATCH-1" if kind == "email" else "MATCH-2", "MATCH-3", "INTAKE-3"),
                )


def _which(kind: str, one: str, rows: str, why: str) -> str:
    """What tells two rows with one reason apart: the address itself."""
    same = re.findall(rf"\| {re.escape(why)} \|$", rows, re.MULTILINE)
    return "" if len(same) == 1 else f".{_slug(one)}"


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _text(cell: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), cell).replace("\\n", "\n")


def _points(kind: str, value: str) -> Json:
    return {"contact_points": [{"kind": kind, "type": "WORK", "value": value}]}
