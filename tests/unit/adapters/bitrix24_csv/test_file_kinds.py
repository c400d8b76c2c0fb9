"""What kind of records a file holds: how much its headings are like those of each kind, and which say so."""

import pytest

from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of, own_columns

LEADS, DEALS, CONTACTS, COMPANIES = FileKind.LEADS, FileKind.DEALS, FileKind.CONTACTS, FileKind.COMPANIES
ACTIVITIES, TASKS, QUOTES, STAGES = FileKind.ACTIVITIES, FileKind.TASKS, FileKind.QUOTES, FileKind.STAGES
OF_LEADS = (DEALS, CONTACTS, COMPANIES, ACTIVITIES)

#: The headings of a file, and what each kind scores that scores anything, with the headings that say so.
LIKE: list[tuple[list[str], dict[FileKind, tuple[int, list[str]]]]] = [
    ([], {}),
    (["ID", "TITLE", "STATUS_ID", "NAME"], {LEADS: (2, ["STATUS_ID"]), STAGES: (2, ["STATUS_ID"])}),
    (
        ["ID", " statusId ", "STATUS_DESCRIPTION", "company_title", "TITLE"],
        {LEADS: (6, [" statusId ", "STATUS_DESCRIPTION", "company_title"]), STAGES: (2, [" statusId "])},
    ),
    # A single word is a code in capitals only.
    (["export", "EXPORT", "Export", "PHOTO"], {CONTACTS: (6, ["EXPORT", "PHOTO", "export", "Export"])}),
    (
        ["ID", "STAGE_ID", "CATEGORY_ID", "CLOSEDATE"],
        {DEALS: (5, ["CATEGORY_ID", "CLOSEDATE", "STAGE_ID"]), QUOTES: (2, ["CLOSEDATE"])},
    ),
    (["ID", "Стадия сделки", "Anlaşma adı"], {DEALS: (4, ["Стадия сделки", "Anlaşma adı"])}),
    # What names a lead is in files of everything that belongs to leads, but where no other column has ids.
    (["ID", "LEAD_ID"], {kind: (3, ["LEAD_ID"]) for kind in OF_LEADS}),
    (["LEAD_ID", "TITLE"], {}),
    ([" id ", "Лид", "lead", "lead id"], {kind: (9, ["Лид", "lead", "lead id"]) for kind in OF_LEADS}),
    (["TITLE", "Lead"], {kind: (3, ["Lead"]) for kind in OF_LEADS}),
    (["OWNER_ID", "ownerId", "owner_id", "OwnerId"], {kind: (6, ["OWNER_ID", "ownerId"]) for kind in OF_LEADS}),
    # A field of somebody's own says nothing, whatever it is called.
    (["UF_CRM_DEAL_NAME", "UF_CRM_TASK", "TITLE"], {ACTIVITIES: (2, ["UF_CRM_TASK"])}),
    (
        ["ID", "Тема", "Крайний срок", "Тип", "Задача"],
        {ACTIVITIES: (3, ["Тема", "Крайний срок", "Тип"]), TASKS: (2, ["Крайний срок", "Задача"])},
    ),
    (
        ["ТИП СПРАВИ", "Type", "direction", "START_TIME", "startTime"],
        {ACTIVITIES: (8, ["ТИП СПРАВИ", "START_TIME", "startTime", "Type", "direction"])},
    ),
    # A file that names persons and has no title.
    (["Имя", "Фамилия", "Телефон"], {CONTACTS: (1, ["Имя"])}),
    (["Имя", "Название лида"], {LEADS: (2, ["Название лида"])}),
    (["name"], {CONTACTS: (1, ["name"])}),
    (["LAST_NAME", "NAME"], {CONTACTS: (1, ["LAST_NAME"])}),
    (["name", "title"], {}),
    # Words that speak of deals or leads, in whatever order.
    (["Deal name", "Next deal", "Stage of deals"], {DEALS: (4, ["Deal name", "Next deal", "Stage of deals"])}),
    (["Deal", "deals"], {}),
    (["лиды в работе", "Prospects of May", "A lead"], {LEADS: (6, ["лиды в работе", "Prospects of May", "A lead"])}),
    (["Leadership x", "leads", "Leader of leadx"], {}),
    (["ENTITY_ID", "STATUS_ID", "TITLE"], {LEADS: (2, ["STATUS_ID"]), STAGES: (3, ["STATUS_ID", "ENTITY_ID"])}),
    (["Тип контакта", "COMPANY_ID"], {CONTACTS: (3, ["Тип контакта", "COMPANY_ID"])}),
    (
        ["ID", "STAGE_ID", "Lead", "PROBABILITY"],
        {
            DEALS: (6, ["Lead", "PROBABILITY", "STAGE_ID"]),
            **{kind: (3, ["Lead"]) for kind in (CONTACTS, COMPANIES, ACTIVITIES)},
        },
    ),
]  # fmt: skip


@pytest.mark.rule("CSV-3.1")
def test_the_headings_of_a_file_are_weighed() -> None:
    """What belongs to one kind alone counts two, what is usual there one, and the strongest come first."""
    found = [{kind: (each.score, [*each.headings]) for kind, each in likeness_of(given).items()} for given, _ in LIKE]
    assert [{kind: each for kind, each in kinds.items() if each != (0, [])} for kinds in found] == [
        dict(expected) for _, expected in LIKE
    ]
    assert all(kinds.keys() == set(FileKind) for kinds in found)


@pytest.mark.rule("CSV-3.1")
def test_each_kind_is_told_by_its_codes_and_names() -> None:
    """In every language, each word once; what is usual for a kind is none of its own names."""
    for kind, own in own_columns().items():
        scores = {code: likeness_of([code])[kind].score for code in (*own.codes, *own.names)}
        assert {heading: score for heading, score in scores.items() if score < 2} == {}
        usual = {name: likeness_of(["ID", "TITLE", name])[kind].score for name in own.usual}
        assert {heading: score for heading, score in usual.items() if score < 1} == {}
        assert len(own.names) == len(set(own.names))
        assert len(own.usual) == len(set(own.usual))
    tasks = own_columns()[TASKS]
    assert {"Task", "Задача", "Deadline", "Крайний срок"} <= {*tasks.usual}
    activities = own_columns()[ACTIVITIES]
    assert {"Тип", "Тема", "Крайний срок", "Завершено", "Betreff"} <= {*activities.usual}
    assert own_columns()[DEALS].names[-1] == "Anlaşma aşaması"
