"""Files of another kind, and files in which a stage may be missed, are refused to the letter; others come in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.bitrix24_csv import read_activities, read_companies, read_contacts, read_leads
from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.gate import client_kind
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind
from crmcore.domain.model.ids import Kind, LeadId
from tests.unit.adapters.bitrix24_csv.files import write_file

READERS: dict[str, Callable[[Path], Any]] = {
    "leads": read_leads,
    "contacts": read_contacts,
    "companies": read_companies,
    "activities": lambda path: read_activities(path, [LeadId(1)]),
}

HINT = "; or count every lead as new (all_new, --all-new)"
STAGE = (
    ": this column could be the stage and is not understood, so closed leads would be converted; call it STATUS_ID, "
    "with the codes or names of stages in its cells, or leave it out, in the file or in a mapping"
    f"{HINT} (unknown_stage_column)"
)
NO_STAGE = (
    f": no lead has a stage, so closed leads would be converted; export the file again{HINT} (unknown_stage_column)"
)
NO_HEADING = (
    ": this column has no heading that can be read, so it could be the stage: closed leads would be converted; give it "
    f"one, or leave the column out, in the file or in a mapping{HINT} (unknown_stage_column)"
)
CLIENTS = (
    ": these may be contacts or companies: expected a column of titles or of stages, as leads have them; give clients "
    f"together with leads, with --contacts or --companies{HINT} (not_understood)"
)
UNKNOWN = (
    "filled columns are understood, expected at least half of them; a mapping says what the others mean (--mapping)"
)
NAMELESS = (
    ": no title, name or contact point is understood, so leads would be nameless; a mapping says which column is one "
    "(--mapping):"
)
LIKE_CONTACTS = ": expected a file of leads, this looks like one of contacts: by the columns"
BESIDE = "contacts go beside leads, with --contacts"
COMPLETED = (
    ": this column could say which activities are completed and is not understood, so that all would be open; call it "
    "COMPLETED, with yes or no in its cells, or take it out (not_understood)"
)
OTHER_SYSTEM = (
    f", TYPE_ID{LIKE_CONTACTS} 'TYPE_ID', 'COMPANY_ID', 'NAME'; if they are leads of another system, a mapping says "
    f"what these columns mean (--mapping); {BESIDE} (wrong_file)"
)
OF_DEALS = "a switch makes deals of leads, and none are imported (wrong_file)"

#: A file and what is said of it behind its name and line; nothing where it comes in.
FILES: dict[str, dict[str, str]] = {
    "contacts": {
        "ID;NAME;STATUS_ID\n1;a;NEW\n": (
            ", STATUS_ID: expected a file of contacts, this looks like one of leads or stages and sources: by the "
            "columns 'STATUS_ID' (wrong_file)"
        ),
        "ID;NAME;TITLE\n1;a;b\n": (
            ", TITLE: expected a file of contacts, this looks like one of leads: contacts have no column 'TITLE'; "
            "leads go first, without an option (wrong_file)"
        ),
        "ID;NAME;TITLE\n1;a;\n": "",
        "ID;NAME;entityTypeId;stageId\n1;a;3;\n": "",
        "ID;POST;PHONE_WORK\n1;a;5\n": (
            ": expected a filled column with the names of persons, as files of contacts have it (not_understood)"
        ),
        "ID;POST;PHONE_WORK\n": "",
        "ID;NAME;A;B;C\n1;x;y;z;u\n": f": 2 of 5 {UNKNOWN}: 'A', 'B', 'C' (not_understood)",
        "NAME\nx\n": ": expected a column ID (missing_column)",
        "ID;NAME;entityTypeId\n1;a;4\n": (
            ", entityTypeId: expected a file of contacts, this looks like one of companies: contacts have the type 3; "
            "companies go beside leads, with --companies (wrong_file)"
        ),
    },
    "companies": {
        "ID;TITLE;NAME\n1;a;b\n": (
            ", NAME: expected a file of companies, this looks like one of contacts: companies have no column 'NAME'; "
            f"{BESIDE} (wrong_file)"
        ),
        "ID;TITLE;LAST_NAME\n1;a;b\n": (
            ", LAST_NAME: expected a file of companies, this looks like one of contacts: companies have no column "
            f"'LAST_NAME'; {BESIDE} (wrong_file)"
        ),
        "ID;TITLE;NAME\n1;a;\n": "",
        "ID;PHONE_WORK\n1;5\n": (
            ": expected a filled column with the titles of companies, as files of companies have it (not_understood)"
        ),
    },
    "activities": {
        "ID;SUBJECT;OWNER_ID;OWNER_TYPE_ID;OPPORTUNITY\n1;a;1;1;7\n": "",
        "ID;TITLE;LEAD_ID;STAGE_ID\n1;a;1;NEW\n": (
            ", LEAD_ID: expected a file of activities, this looks like one of deals: by the columns 'LEAD_ID', "
            f"'STAGE_ID'; {OF_DEALS}"
        ),
        "ID;Subject;Lead;First name\n1;s;1;a\n": (
            ", First name: expected a file of activities, this looks like one of other records that name leads: "
            "activities have no column 'First name' (wrong_file)"
        ),
        "ID;Subject;Lead;First name\n1;s;1;\n": "",
        "ID;SUBJECT;LEAD_ID;NAME\n1;s;1;a\n": "",
        "ID;OWNER_ID;OWNER_TYPE_ID;NAME;LAST_NAME\n1;1;1;a;b\n": "",
        "SUBJECT;OWNER_ID;OWNER_TYPE_ID\na;1;1\n": ": expected a column ID (missing_column)",
        "ID;SUBJECT;OWNER_ID;OWNER_TYPE_ID;State\n1;a;1;1;done\n": f", State{COMPLETED}",
        "ID;SUBJECT;OWNER_ID;OWNER_TYPE_ID;State\n1;a;1;1;\n": "",
        "ID;SUBJECT;OWNER_ID;OWNER_TYPE_ID;State;COMPLETED\n1;a;1;1;done;Y\n": "",
    },
    "leads": {
        "ID;NAME;COMPANY_ID\n1;a;3\n": f", COMPANY_ID{LIKE_CONTACTS} 'COMPANY_ID', 'NAME'; {BESIDE} (wrong_file)",
        "ID;TYPE_ID;COMPANY_ID;NAME\n1;a;b;3\n": (
            f", TYPE_ID{LIKE_CONTACTS} 'TYPE_ID', 'COMPANY_ID', 'NAME'; {BESIDE} (wrong_file)"
        ),
        "ID;TYPE_ID;COMPANY_ID;NAME;Stage\n1;a;b;3;NEW\n": OTHER_SYSTEM,
        "ID;TYPE_ID;COMPANY_ID;NAME;STATUS_DESCRIPTION\n1;a;b;3;x\n": OTHER_SYSTEM,
        "ID;NAME;CATEGORY_ID;CLOSEDATE;STATUS_DESCRIPTION\n1;a;3;;x\n": (
            f", CATEGORY_ID: expected a file of leads, this looks like one of deals: by the columns 'CATEGORY_ID', "
            f"'CLOSEDATE'; {OF_DEALS}"
        ),
        "ID;TITLE;STATUS_ID\n1;x;DT128_3:NEW\n": (
            ", STATUS_ID: expected a file of leads, this looks like one of smart process items: its stages are theirs "
            "(wrong_file)"
        ),
        "ID;TITLE;STATUS_ID\n1;x;C2:WON\n": (
            f", STATUS_ID: expected a file of leads, this looks like one of deals: its stages are theirs; {OF_DEALS}"
        ),
        "ID;TITLE;STATUS_ID;STATUS_DESCRIPTION\n1;x;C2:WON;\n": "",
        "ID;TITLE;entityTypeId\n1;a;2\n": (
            ", entityTypeId: expected a file of leads, this looks like one of deals: leads have the type 1; "
            f"{OF_DEALS}"
        ),
        "ID;TITLE;entityTypeId;categoryId;stageId\n1;a;1;0;NEW\n": "",
        "ID;TITLE;entityTypeId;categoryId;stageId\n1;a;1;;NEW\n2;a;1.0;;NEW\n3;a;lead;;NEW\n4;a;Leads;;NEW\n": "",
        "ID;TITLE;entityTypeId\n1;a;31\n": (
            ", entityTypeId: expected a file of leads, this looks like one of records of another type: leads have the "
            "type 1 (wrong_file)"
        ),
        "ID;FULL_NAME;COMPANY_ID\n1;a b;3\n": CLIENTS,
        "ID;COMPANY_TITLE;PHONE_WORK\n1;b;3\n": CLIENTS,
        "ID;First name;Company\n1;a;b\n": CLIENTS,
        "ID;Last name;Company\n1;a;b\n": CLIENTS,
        "ID;FULL_NAME;LINKED_COMPANY\n1;a;b\n": CLIENTS,
        "ID;COMPANY_TITLE;Stage\n1;a;NEW\n": "",
        "ID;COMPANY_TITLE;TITLE\n1;b;3\n": "",
        "ID;COMPANY_TITLE;STATUS_ID\n1;b;NEW\n": "",
        "ID;COMPANY_TITLE;STATUS_DESCRIPTION\n1;b;3\n": "",
        "ID;NAME;PHONE_WORK\n1;b;3\n": "",
        "ID;LAST_NAME;PHONE_WORK\n1;b;3\n": "",
        "ID;TITLE;STATUS_ID\n1;b;\n": f", STATUS_ID{NO_STAGE}",
        "ID;TITLE;STATUS_ID\n": "",
        "ID;TITLE;Lead phase\n1;b;c\n": f", Lead phase{STAGE}",
        "ID;TITLE;State\n1;b;Junk\n": f", State{STAGE}",
        "ID;TITLE;Mystery;Other\n1;b;x;Junk lead\n": f", Other{STAGE}",
        "ID;TITLE;Mystery;STATUS_ID\n1;b;Junk lead;NEW\n": "",
        "ID;TITLE;STATUS_ID;Lead status\n1;b;NEW;x\n": f", Lead status{STAGE}",
        "ID;TITLE;DATE_CLOSED\n1;b;2026-01-01\n": f", DATE_CLOSED{STAGE}",
        "ID;TITLE;DATE_CLOSED;STATUS_ID\n1;b;2026-01-01;NEW\n": "",
        "ID;TITLE;DATE_CLOSED\n1;b;\n": "",
        "ID;TITLE;STATUS_SEMANTIC_ID\n1;b;F\n": f", STATUS_SEMANTIC_ID{STAGE}",
        "ID;TITLE;STATUS_SEMANTIC_ID;STATUS_ID\n1;b;P;NEW\n": "",
        "ID;TITLE;State\n1;b;Rome\n": "",
        "ID;TITLE;Result\n1;b;x\n": f", Result{STAGE}",
        "ID;TITLE;STATUS_ID;Result\n1;b;NEW;x\n": "",
        "ID;TITLE;ADDRESS_PROVINCE\n1;b;Junk lead\n": "",
        "ID;TITLE;????\n1;b;7\n": f", column 3{NO_HEADING}",
        "ID;TITLE;\n1;b;x\n": f", column 3{NO_HEADING}",
        "ID;TITLE;\n1;b;7\n": "",
        "ID;TITLE;;STATUS_ID\n1;b;x;NEW\n": "",
        "ID;A;SOURCE_ID\n1;b;7\n": f"{NAMELESS} 'A'{HINT} (not_understood)",
        "ID;SOURCE_ID\n1;7\n": "",
        "ID;A\n1;b\n": f": nothing but the id is understood, so leads would have neither a title nor a name{HINT} "
        "(not_understood)",
        "ID;A;B;C;D\n1;b;7;1;2\n": f": 1 of 5 {UNKNOWN}: 'A', 'B', 'C', 'D'{HINT} (not_understood)",
        "ID;A;B;C;D;E\n1;b;7;1;2;3\n": f": 1 of 6 {UNKNOWN}: 'A', 'B', 'C', 'D', …{HINT} (not_understood)",
        "ID;TITLE;A;B\n1;b;7;1\n": "",
    },
}  # fmt: skip


@pytest.mark.rule("IMPORT-1", "STAGE-2")
@pytest.mark.parametrize("kind, text", [(kind, text) for kind, files in FILES.items() for text in files])
def test_a_file_comes_in_or_is_refused_for_what_it_is(tmp_path: Path, kind: str, text: str) -> None:
    """By its columns, by the type of its records, and where a column could say that leads are closed."""
    path = write_file(tmp_path, text)
    try:
        READERS[kind](path)
        said = ""
    except BadFile as bad:
        said = str(bad).removeprefix(f"{path}, line 1")
    assert said == FILES[kind][text]


def test_two_kinds_of_files_hold_clients() -> None:
    """Contacts and companies; all others hold none."""
    found = {kind: client_kind(kind) for kind in FileKind}
    clients = {FileKind.CONTACTS: Kind.CONTACT, FileKind.COMPANIES: Kind.COMPANY}
    assert found == {**dict.fromkeys(FileKind), **clients}
