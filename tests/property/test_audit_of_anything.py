"""Whatever is changed in a document, an audit answers: it is read or refused, and never breaks."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crmcore import ClientChoice, ModeSwitchPolicy
from crmcore.adapters.cli.commands.audit import audit_image
from crmcore.adapters.cli.commands.switch_file import Wanted, switch_file
from crmcore.adapters.cli.work.options import FilesBeside
from crmcore.adapters.document import BadDocument, dump_crm, load_crm
from crmcore.sample import activities_file, leads_file

POLICY = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)
SWITCHED = switch_file(
    Wanted(leads=leads_file(), beside=FilesBeside(activities=activities_file()), policy=POLICY)
).image
assert SWITCHED is not None
TEXT = dump_crm(SWITCHED)
LISTS = [name for name, value in json.loads(TEXT).items() if isinstance(value, list) and value]
VALUES: list[Any] = [
    None,
    0,
    1,
    5,
    2,
    -1,
    101,
    2**62,
    "x",
    "P",
    "NEW",
    "lead",
    [],
    [["lead", 101]],
    [["deal", 3]],
    [1, 2],
    True,
]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bool]:
    """The document with a few rows taken out, doubled, or changed in one key; and whether anything was."""
    document = json.loads(TEXT)
    for _ in range(draw(st.integers(1, 3))):
        rows = document[draw(st.sampled_from(LISTS))]
        if not rows:
            continue
        at = draw(st.integers(0, len(rows) - 1))
        match draw(st.sampled_from(("take out", "double", "change", "change"))):
            case "take out":
                rows.pop(at)
            case "double":
                rows.append({**rows[at], **{key: 9999 for key in ("id", "lead_id") if key in rows[at]}})
            case _:
                rows[at][draw(st.sampled_from(sorted(rows[at])))] = draw(st.sampled_from(VALUES))
    return json.dumps(document), document != json.loads(TEXT)


@given(case=damaged())
def test_an_audit_answers_whatever_is_in_the_document(case: tuple[str, bool]) -> None:
    """Exit 0 or 5 for what can be read, a place for what cannot; what is unchanged is clean."""
    text, changed = case
    try:
        image = load_crm(text)
    except BadDocument as bad:
        image, place = None, bad.field
    else:
        place = ""
    if image is None:
        assert changed
        assert place
    else:
        report = audit_image(image)
        assert report.exit_code in (0, 5)
        assert changed or report.ok
