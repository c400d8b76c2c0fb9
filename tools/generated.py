"""The generated parts of the documents, each drawn from the data that the library itself goes by."""

from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from crmcore.adapters.bitrix24_csv.languages.catalogue import languages as languages_of_files
from crmcore.adapters.bitrix24_csv.words.file_kinds import own_columns as own_columns_of_kinds
from crmcore.adapters.bitrix24_csv.words.names import activity_names as names_of_activities
from crmcore.adapters.bitrix24_csv.words.names import stage_names as seen_stage_names
from crmcore.adapters.bitrix24_csv.words.stage_words import COMPANIONS, stage_cells, stage_headings
from crmcore.adapters.sql.rows.views import VIEWS
from crmcore.adapters.words import languages
from crmcore.domain.laws import (
    BINDING_LAWS,
    CLIENT_LAWS,
    COMMAND_LAWS,
    CRM_LAWS,
    DEAL_LAWS,
    LEAD_LAWS,
    OUTCOME_LAWS,
    UNREADABLE_LAWS,
)
from crmcore.domain.model import schema, stages, text, values
from crmcore.domain.model.ids import DEFAULT_PIPELINE, Epoch, StageCode
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.model.policy import OPTION_PAGES, ClientChoice, ConversionTerms, MatchSetting
from crmcore.domain.model.settings import CrmMode, Settings, Switching
from crmcore.domain.protocol import commands
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.mode import BEHAVIOURS, CONDITIONS, Behaviour, CrmState, Does, state_of
from crmcore.testing.vectors.needs import NEEDS
from tools.house import house_map
from tools.kills import record_problems
from tools.known_bad_stores import families, host_mistakes, known_bad_stores
from tools.reading_parts import readings_table, sections
from tools.readings import stale_record
from tools.rules import leaves_of
from tools.source import source_problems
from tools.spec_changes import changes_in, misfits
from tools.tables import RECORD, table_problems, tables_file
from tools.trace import problems_of
from tools.trace_pages import example_problems, trace_data, trace_files
from tools.unseen import unseen_part
from tools.vector_forms import answer_examples, answer_keys, document_keys, document_values, kept_keys

__all__ = ["ROOT", "SECTIONS", "files", "problems", "sql_views", "trace", "ways_between_states"]

ROOT = Path(__file__).resolve().parent.parent


def decision_table() -> str:
    """States × commands (MODE-6)."""
    return _table(
        ("", "before the state", *(state.value.capitalize() for state in CrmState)),
        (
            (
                asked.value,
                "; ".join(condition.value for condition in CONDITIONS[asked]),
                *(_cell(row[state]) for state in CrmState),
            )
            for asked, row in BEHAVIOURS.items()
        ),
    )


def state_diagram() -> str:
    """The states with what leads from one to the next, the derived ones included."""
    lines = (f"    {before} --> {after}: {what}" for before, after, what in ways_between_states())
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def ways_between_states() -> list[tuple[str, str, str]]:
    """Each way from one state to another, with what leads there; a new CRM comes from `[*]`."""
    ways = [("[*]", str(state_of(Settings(), plan_has_classic=True)), "a new CRM")]
    for asked, row in BEHAVIOURS.items():
        ways += [(str(state), str(cell.then), asked.value) for state, cell in row.items() if cell.then is not None]
    return list(dict.fromkeys([*ways, *_derived()]))


def field_map() -> str:
    """What a conversion carries (CONV-3)."""
    return _table(
        ("lead", "contact", "company", "deal"),
        (
            (_FIELDS.get(row.field, _words(row.field)), *(_target(row.field, name) for name in row[1:]))
            for row in FIELD_MAP
        ),
    )


def refusals() -> str:
    """The code of each refusal with the rule that says no, and what it rests on (PERM-7)."""
    return _table(
        ("code", "rule", "rests on"),
        (
            (f"`{reason.value}`", reason.rule, ", ".join(ground.name.lower() for ground in reason.grounds))
            for reason in Reason
        ),
    )


def option_pages() -> str:
    """How each page words the options in each language, in the order in which it asks."""
    there = languages().values()
    return _table(
        ("page", "asks", "option", *(each.name for each in there)),
        (
            (page, f"{place}.", f"`{option}`", *(getattr(each.pages[page], option).label for each in there))
            for page, options in OPTION_PAGES.items()
            for place, option in enumerate(options, start=1)
        ),
    )


def limits() -> str:
    """The limits of DATA-1."""
    return _table(
        ("what", "limit"),
        (
            ("a line: titles, names, parts of an address", f"{text.LINE_LIMIT:,} characters"),
            ("the name of a stage, a pipeline or a role", "a line without direction overrides"),
            ("a long text: comments, descriptions, a custom text", f"{text.TEXT_LIMIT:,} characters"),
            ("a code or a key", f"{text.CODE_LIMIT:,} characters, codes without spaces"),
            ("a phone, e-mail, website or messenger", f"{values.POINT_LENGTH_LIMIT:,} characters"),
            (
                "an amount or another decimal",
                f"{text.INTEGER_DIGITS} digits before and {text.FRACTION_DIGITS} digits after the point",
            ),
            ("an id", f"1 to {text.ID_LIMIT:,}"),
            ("an id that an import brings", f"1 to {text.IMPORTED_ID_LIMIT:,}"),
            ("contact points of one record", f"{values.POINTS_LIMIT:,}"),
            ("custom fields of one record", f"{values.CUSTOM_FIELDS_LIMIT:,}"),
            ("texts in one custom list", f"{values.LIST_LIMIT:,}"),
            ("observers of one lead", f"{schema.IDS_LIMIT:,}"),
            ("records that one activity is bound to when it is added, or by hand", f"{commands.BINDINGS_LIMIT:,}"),
            ("stages of leads, or of one pipeline", f"{stages.STAGES_LIMIT:,}"),
        ),
    )


def laws() -> str:
    """The laws with their rules, by what they look at."""
    return _table(
        ("rule", "law", "looks at", "says"),
        (
            (law.rule, f"`{law.check.__name__}`", looks_at, (law.check.__doc__ or "").strip().splitlines()[0])
            for looks_at, group in LAWS.items()
            for law in group
        ),
    )


def trace(root: Path = ROOT) -> str:
    """The families with their pages, and how many of their sentences a change proves."""
    rows: dict[str, list[int]] = {}
    for rule in trace_data(root, *_named())["rules"]:
        found = rows.setdefault(rule["id"].partition("-")[0], [0, 0, 0, 0])
        proved = [any(kill["how"] != "untried" for kill in each["kills"]) for each in rule["sentences"]]
        counts = (1, len(proved), sum(proved), sum(len(each["kills"]) for each in rule["sentences"]))
        rows[rule["id"].partition("-")[0]] = [one + more for one, more in zip(found, counts, strict=True)]
    total = [sum(column) for column in zip(*rows.values(), strict=True)]
    return _table(
        ("family", "rules", "sentences", "of these proved", "changes"),
        (
            *((f"[{name}](trace/{name.lower()}.md)", *map(str, counts)) for name, counts in rows.items()),
            ("all", *map(str, total)),
        ),
    )


def files(root: Path = ROOT) -> dict[str, str]:
    """The files that are generated as a whole, by their place: the trace as data and as pages, and what tables say."""
    return {**trace_files(root, *_named()), RECORD: tables_file(root)}


def _named() -> tuple[dict[str, str], dict[str, str]]:
    """The laws and the refusals with their rules."""
    laws = {law.check.__name__: law.rule for group in LAWS.values() for law in group}
    return laws, {reason.value: reason.rule for reason in Reason}


def sql_views() -> str:
    """Every view of a SQL store, with its columns."""
    parts = []
    for view in VIEWS:
        rows = ((f"`{column.name}`", column.meaning) for column in view.columns)
        parts += [f"## `{view.name}`: {view.row}", "", _table(("column", "what it says"), rows), ""]
    return "\n".join(parts).strip()


def stage_words() -> str:
    """The words by which a column may be the stage, by language."""
    rows = (
        (language, ", ".join(headings), ", ".join(stage_cells().get(language, ())))
        for language, headings in stage_headings().items()
    )
    beside = f"Words that may stand beside one in a heading: {', '.join(sorted(COMPANIONS))}."
    return f"{_table(('language', 'headings', 'cells'), rows)}\n\n{beside}"


def stage_names() -> str:
    """The names of stages that public sources have."""
    return _table(("code", "names"), ((f"`{code}`", ", ".join(names)) for code, names in seen_stage_names().items()))


def translated_stages() -> str:
    """The names of stages that count once the language is told."""
    codes = tuple(seen_stage_names())
    rows = (
        (f"{each.name} (`{each.code}`)", *(", ".join(each.translated["stages"][code]) for code in codes))
        for each in languages_of_files()
        if "stages" in each.translated
    )
    return _table(("language", *(f"`{code}`" for code in codes)), rows)


def own_columns() -> str:
    """What each kind of file is told by."""
    return _table(
        ("kind", "codes, two each", "names, two each", "usual names, one each"),
        (
            (
                kind.value,
                ", ".join(f"`{code}`" for code in own.codes),
                ", ".join(own.names) or "–",
                ", ".join(own.usual) or "–",
            )
            for kind, own in own_columns_of_kinds().items()
        ),
    )


def activity_names() -> str:
    """The types of activities that are known by name."""
    return _table(("code", "names"), ((f"`{code}`", ", ".join(names)) for code, names in names_of_activities().items()))


#: The laws by what they look at.
LAWS = {
    "lead": LEAD_LAWS,
    "deal": DEAL_LAWS,
    "client": CLIENT_LAWS,
    "activity": BINDING_LAWS,
    "command": COMMAND_LAWS,
    "outcome": OUTCOME_LAWS,
    "the CRM": CRM_LAWS,
    "any record": UNREADABLE_LAWS,
}


def problems(root: Path = ROOT) -> list[str]:
    """What keeps the rules of this repository from being traced."""
    changes = changes_in(root)
    return [
        *problems_of(root, *_named()),
        *misfits(changes, [leaf.id for leaf in leaves_of(root / "docs" / "spec")], root),
        *record_problems(changes, root),
        *source_problems(root / "docs" / "spec"),
        *table_problems(root),
        *stale_record(),
        *example_problems(root / "docs" / "spec"),
    ]


#: The generated parts by the name in their marker.
def needs() -> str:
    """What a vector may need of an implementation."""
    return _table(("need", "what it is"), ((f"`{name}`", said) for name, said in NEEDS.items()))


SECTIONS = {
    "decision table": decision_table,
    "state diagram": state_diagram,
    "field map": field_map,
    "refusals": refusals,
    "option pages": option_pages,
    "limits": limits,
    "laws": laws,
    "families": families,
    "host mistakes": host_mistakes,
    "known-bad stores": known_bad_stores,
    "sql-views": sql_views,
    "map of imports": house_map,
    "trace": trace,
    "stage names": stage_names,
    "translated stages": translated_stages,
    "stage words": stage_words,
    "own columns": own_columns,
    "activity names": activity_names,
    "needs": needs,
    "keys of a document": document_keys,
    "values of a document": document_values,
    "keys of answers": answer_keys,
    "answers": answer_examples,
    "kept by an erasure": kept_keys,
    "readings": readings_table,
    "unseen": unseen_part,
    **sections(),
}

_FIELDS = {
    "name": "honorific; first, middle and last name",
    "contact_points": "phones, e-mails, websites, messengers, each with its type",
    "address": "address, one value taken whole",
    "opened": "open to all",
    "origin": "external origin",
    "utm": "UTM marks",
    "amount": "amount with currency, one exact value",
    "custom": "custom fields",
    "stage_description": "description of the stage",
}


def _target(field: str, name: str | None) -> str:
    if name is None:
        return "–"
    return "same" if name == field else _words(name)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(cell: Behaviour) -> str:
    if cell.does is Does.REFUSE and cell.reason is not None:
        return f"refused: `{cell.reason.value}`"
    done = cell.does.value + (", recorded in the switch" if cell.recorded else "")
    done += "" if cell.reason is None else f", else refused: `{cell.reason.value}`"
    done += "" if cell.then is None else f" → **{cell.then.value.capitalize()}**"
    return f"{done}; without the plan refused: `plan_without_classic`" if cell.needs_plan else done


def _derived() -> list[tuple[str, str, str]]:
    """The ways between states that no command takes: the plan changes, or only set-aside leads are left (MODE-3)."""
    terms = ConversionTerms(
        client=ClientChoice.BOTH,
        pipeline_id=DEFAULT_PIPELINE,
        deal_stage=StageCode("NEW"),
        lead_stage=StageCode("CONVERTED"),
        keep_activities=True,
        match=MatchSetting.NONE,
    )
    classic = Settings(mode=CrmMode.CLASSIC)
    live = evolve(classic, switching=Switching(epoch=Epoch(1), key="any", terms=terms))
    ways = []
    for settings in (Settings(), classic, live):
        usual = state_of(settings, plan_has_classic=True)
        for state, there, back in (
            (state_of(settings, plan_has_classic=False), "the plan loses Classic", "the plan offers Classic again"),
            (
                state_of(settings, plan_has_classic=True, only_set_aside_left=True),
                "only set-aside leads are left",
                "a lead can be converted again",
            ),
        ):
            if state is not usual:
                ways += [(str(usual), str(state), there), (str(state), str(usual), back)]
    return ways


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
