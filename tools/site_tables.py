"""The tables of the site: what vectors say, as people look for it; each cell links to its vector.

The answers are those of the vectors, the cells beside them what the code goes by. The pages are made when the site is
built and stand nowhere else.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from crmcore.domain.model.policy import ClientChoice
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.mode import BEHAVIOURS, CONDITIONS, Asked, CrmState
from crmcore.testing.vectors import Vector, families, vectors

__all__ = ["NAMES", "anchor_of", "table_pages"]

#: The vectors that show each command of the decision table: `mode.NAME.STATE`.
NAMES: Mapping[Asked, str] = {
    Asked.PREVIEW_SWITCH: "preview",
    Asked.BEGIN_SWITCH: "begin",
    Asked.CONVERT_CHUNK: "chunk",
    Asked.SET_ASIDE: "set-aside",
    Asked.FINISH_SWITCH: "finish",
    Asked.SWITCH_STATUS: "status",
    Asked.RESUME_SWITCH: "resume",
    Asked.RETRY_SWITCH: "retry",
    Asked.CANCEL_SWITCH: "cancel",
    Asked.SWITCH_TO_CLASSIC: "to-classic",
    Asked.ADD_LEAD: "add-lead",
    Asked.REOPEN_LEAD: "reopen-lead",
    Asked.EDIT_STAGE: "edit-stage-open",
    Asked.CLOSE_LEAD: "close-lead",
    Asked.DELETE_LEAD: "delete-lead",
    Asked.IMPORT_ACTIVE_LEADS: "import-active",
    Asked.CONVERT_LEAD: "convert-lead",
    Asked.TAKE_INQUIRY: "inquiry",
    Asked.ARCHIVE_PIPELINE: "archive-pipeline",
}

Rows = Iterable[tuple[str, ...]]


def anchor_of(vector: Vector) -> str:
    """Where a vector stands in the site, from a page beside those of the vectors."""
    return f"../vectors/{vector.family}.html#{vector.id}"


def table_pages() -> dict[str, str]:
    """Every page of tables and of vectors by its place in the site."""
    known = {vector.id: vector for vector in vectors()}
    pages = {f"tables/{name}.md": _page(title, said, table(known)) for name, (title, said, table) in _TABLES.items()}
    pages |= {f"vectors/{family}.md": _vectors_page(family) for family in families()}
    return pages


def _page(title: str, said: str, table: str) -> str:
    return f"# {title}\n\n{said}\nA cell is what the vector behind it says.\n\n{table}\n"


def _table(head: Iterable[str], rows: Rows) -> str:
    """A table as HTML: its cells have links, which Markdown would have to look up one by one."""
    lines = [
        '<div class="table-wrapper docutils container">',
        '<table class="docutils">',
        f"<tr>{''.join(f'<th>{escape(each)}</th>' for each in head)}</tr>",
    ]
    lines += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
    return "\n".join([*lines, "</table>", "</div>"])


def _link(vector: Vector | None, text: str | None = None) -> str:
    """What a vector says, as a link to it; nothing where there is none."""
    if vector is None:
        return ""
    return f'<a href="{anchor_of(vector)}">{escape(_said(vector) if text is None else text)}</a>'


def _said(vector: Vector) -> str:
    """The answer of the last command of a vector in short: the code of a refusal, or what came."""
    answer = next(each for each in reversed(vector.then["answers"]) if each is not None)
    kind = answer["answer"]
    text = f"refused: {answer['code']}" if kind == "refused" else kind.replace("_", " ")
    return text if kind == "refused" or not vector.then["changed"] else f"{text} → {vector.then['state']}"


def _mode(known: Mapping[str, Vector]) -> str:
    def cell(asked: Asked, state: CrmState) -> str:
        name = f"mode.{NAMES[asked]}.{state}"
        with_plan, without = known.get(name), known.get(f"{name}-without-plan")
        text = f"{escape(BEHAVIOURS[asked][state].does.value)}<br>{_link(with_plan)}"
        differs = without is not None and with_plan is not None and _said(without) != _said(with_plan)
        return f"{text}<br>without the plan: {_link(without)}" if differs else text

    rows = (
        (
            escape(asked.value),
            escape("; ".join(each.value for each in CONDITIONS[asked]).replace("`", "")),
            *(cell(asked, state) for state in CrmState),
        )
        for asked in BEHAVIOURS
    )
    return _table(("command", "before the state", *(state.value for state in CrmState)), rows)


def _authority(known: Mapping[str, Vector]) -> str:
    """Who may do what, in Classic and in Simple, and without the plan where that is asked of the administrator."""
    states = ("classic", "unlicensed", "switching", "blocked", "simple")
    found: dict[tuple[str, str], dict[str, Vector]] = {}
    for vector in known.values():
        parts = vector.id.split(".")
        if vector.family == "rights" and len(parts) == 4 and parts[2] in states:
            found.setdefault((parts[1], parts[2]), {})[parts[3]] = vector
    people = list(dict.fromkeys(person for row in found.values() for person in row))
    rows = (
        (escape(name), state, _link(known.get(f"mode.{name}.{state}")), *(_link(row.get(each)) for each in people))
        for (name, state), row in found.items()
    )
    return _table(("operation", "state and plan", "administrator", *people), rows)


def _field_map(known: Mapping[str, Vector]) -> str:
    rows = (
        (
            escape(row.field.replace("_", " ")),
            *(escape((target or "–").replace("_", " ")) for target in (row.contact, row.company, row.deal)),
            *(
                _link(known.get(f"conversion.field.{row.field.replace('_', '-')}.{each}"), each)
                for each in ClientChoice
            ),
        )
        for row in FIELD_MAP
    )
    return _table(("lead", "contact", "company", "deal", *(f"vector, {each}" for each in ClientChoice)), rows)


def _clients(known: Mapping[str, Vector]) -> str:
    """Whose client a deal gets: what the lead is linked to, what it names, what was chosen."""
    found: dict[tuple[str, str], dict[str, Vector]] = {}
    for vector in known.values():
        parts = vector.id.split(".")
        if parts[:2] == ["conversion", "by-hand"] and parts[5:] == ["keep", "default"]:
            found.setdefault((parts[2], parts[3]), {})[parts[4]] = vector
    rows = (
        (escape(link), escape(names), *(_link(row.get(each), _client(row[each])) for each in ClientChoice))
        for (link, names), row in found.items()
    )
    return _table(("the lead is linked to", "it names", *(f"chosen: {each}" for each in ClientChoice)), rows)


def _client(vector: Vector) -> str:
    """Which clients the deal of a conversion has, and which of them are new."""
    [row] = vector.then["changed"]["ledger"]
    tables = {"contact": "contacts", "company": "companies"}
    new = {kind: {each["id"] for each in vector.then["changed"].get(table, ())} for kind, table in tables.items()}
    parts = (
        f"{'a new' if row[f'{kind}_id'] in new[kind] else 'the linked'} {kind}"
        for kind in ("contact", "company")
        if row.get(f"{kind}_id") is not None
    )
    return " and ".join(parts)


def _refusals(known: Mapping[str, Vector]) -> str:
    """Which reason of two is told: by command, the reasons that meet, and the one that comes first (PERM-7)."""
    asked = (vector for vector in known.values() if vector.id.startswith("rights.order."))
    rows = (
        (escape(vector.id.split(".")[2]), escape(vector.id.split(".")[3].replace("-", " ")), _link(vector))
        for vector in asked
    )
    return _table(("command", "what is wrong", "what is said"), rows)


def _vectors_page(family: str) -> str:
    """All vectors of a family, each with an address of its own."""
    rows = (
        (
            f'<a id="{vector.id}"></a><code>{vector.id}</code>',
            escape(", ".join(vector.rules)),
            escape("; ".join(_step(each) for each in vector.when)),
            escape(_said(vector)),
        )
        for vector in vectors(family=family)
    )
    said = f"`crmcore vectors --id ID` asks one of them; the whole of each is in `{family}.json`."
    return f"# Vectors: {family}\n\n{said}\n\n{_table(('vector', 'rules', 'asked', 'said'), rows)}\n"


def _step(step: Mapping[str, Any]) -> str:
    """A step in short."""
    if "set" in step:
        return f"set {', '.join(step['set'])}"
    return f"{step.get('command') or step['call']} by {step['actor']}"


_TABLES: Mapping[str, tuple[str, str, Callable[[Mapping[str, Vector]], str]]] = {
    "mode": (
        "Mode × command",
        "What each command does in each state, with what is looked at before the state (MODE-6).",
        _mode,
    ),
    "authority": (
        "Authority",
        "Who may do what: each operation in each state, asked by each class of actors (PERM-5, PERM-6).",
        _authority,
    ),
    "fields": (
        "The field map",
        "What of a lead goes where, with the vectors that carry each field (CONV-3).",
        _field_map,
    ),
    "clients": (
        "Client × link × names",
        "Whose client a deal gets: what the lead is linked to, what it names, and what was chosen (CONV-2, POLICY-1).",
        _clients,
    ),
    "refusals": ("Refusals in their order", "Where two reasons meet, which is told (PERM-7).", _refusals),
}
