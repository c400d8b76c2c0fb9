"""What kind of records a file holds, told from all of its headings.

A heading that belongs to one kind alone counts two, one that is only usual there counts one. A file is of another kind
than leads when that has two or more, and more than the leads have: so no single column of somebody's own decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from crmcore.adapters.bitrix24_csv.words.headings import camel
from crmcore.adapters.bitrix24_csv.words.stage_words import stage_key

__all__ = ["OWN_COLUMNS", "FileKind", "Likeness", "Own", "likeness_of"]


class FileKind(StrEnum):
    """The kinds of files that are told apart."""

    LEADS = "leads"
    DEALS = "deals"
    CONTACTS = "contacts"
    COMPANIES = "companies"
    ACTIVITIES = "activities"
    QUOTES = "quotes or invoices"
    STAGES = "stages and sources"
    PRODUCTS = "products"
    USERS = "users"


class Own(NamedTuple):
    """What a kind is told by: codes and display names that it alone has, and display names that are usual there."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    usual: tuple[str, ...] = ()


OWN_COLUMNS: Mapping[FileKind, Own] = {
    FileKind.LEADS: Own(
        ("STATUS_ID", "STATUS_DESCRIPTION", "STATUS_SEMANTIC_ID", "COMPANY_TITLE"),
        ("Название лида", "Дополнительно о стадии", "Дополнительно о статусе", "Lead name", "Lead title",
         "Stage information", "Status information"),
    ),
    FileKind.DEALS: Own(
        ("CATEGORY_ID", "IS_NEW", "IS_RECURRING", "IS_REPEATED_APPROACH", "PROBABILITY", "BEGINDATE", "CLOSEDATE",
         "CLOSED", "ADDITIONAL_INFO", "QUOTE_ID", "TYPE_ID"),
        ("Стадия сделки", "Название сделки", "Тип сделки", "Сделка закрыта", "Повторная сделка", "Регулярная сделка",
         "Deal stage", "Deal name", "Deal title", "Deal type", "Deal closed", "Repeat deal", "Recurring deal",
         "Nome della trattativa", "Fase della trattativa", "Nome affare", "Fase affare", "Dealname", "Dealphase",
         "Auftragsname", "Auftragsphase", "Auftragstyp", "Nombre de la negociación", "Etapa de la negociación",
         "Nome do negócio", "Etapa do negócio", "Nom de la transaction", "Étape de la transaction", "Nazwa deala",
         "Etap deala", "Nazwa transakcji", "Etap transakcji", "Назва угоди", "Стадія угоди", "Anlaşma adı",
         "Anlaşma aşaması"),
        ("STAGE_ID", "Направление", "Воронка", "Вероятность", "Предполагаемая дата закрытия", "Pipeline", "Probability",
         "Close date", "Closing date", "Expected close date", "Дата начала", "Дата завершения", "Probabilità",
         "Wahrscheinlichkeit", "Probabilidad", "Probabilidade", "Probabilité", "Prawdopodobieństwo"),
    ),
    FileKind.CONTACTS: Own(
        ("EXPORT", "PHOTO", "TYPE_ID", "COMPANY_IDS"),
        ("Тип контакта", "Участвует в экспорте контактов", "Contact type", "Participates in contact export",
         "Included in export", "Include in export", "Tipo di contatto", "Tipo contatto", "Kontakttyp", "Kontaktart",
         "Tipo de contacto", "Tipo de contato", "Type de contact", "Typ kontaktu", "Тип контакту", "Kişi türü",
         "Kişi tipi", "Contact owner"),
        ("COMPANY_ID", "Фото", "Photo", "Fotografia", "Foto", "Account name",
         "Reports to", "Mailing street", "Mailing city"),
    ),
    FileKind.COMPANIES: Own(
        ("COMPANY_TYPE", "INDUSTRY", "EMPLOYEES", "REVENUE", "BANKING_DETAILS", "LOGO", "IS_MY_COMPANY",
         "ADDRESS_LEGAL", "REG_ADDRESS"),
        ("Тип компании", "Company type", "Tipo di azienda", "Tipo azienda", "Tipo di società", "Unternehmenstyp",
         "Firmentyp", "Tipo de empresa", "Tipo de compañía", "Type d'entreprise", "Type de société", "Typ firmy",
         "Тип компанії", "Şirket türü"),
        ("Сфера деятельности", "Кол-во сотрудников", "Количество сотрудников", "Годовой оборот", "Банковские реквизиты",
         "Юридический адрес", "Фактический адрес", "Логотип", "Industry", "Employees", "Annual revenue",
         "Annual turnover", "Payment details", "Bank details", "Legal address", "Logo", "Settore", "Dipendenti",
         "Fatturato annuo", "Branche", "Mitarbeiter", "Jahresumsatz", "Sector", "Empleados", "Ingresos anuales",
         "Setor", "Funcionários", "Receita anual", "Secteur", "Employés", "Chiffre d'affaires", "Branża", "Pracownicy"),
    ),
    FileKind.ACTIVITIES: Own(
        ("OWNER_TYPE_ID", "PROVIDER_ID", "PROVIDER_TYPE_ID", "SUBJECT", "DEADLINE", "COMPLETED", "COMPLETED_AT",
         "START_TIME", "END_TIME", "DIRECTION", "NOTIFY_TYPE", "ASSOCIATED_ENTITY_ID", "BINDINGS", "COMMUNICATIONS",
         "RESPONSIBLE_ID", "DESCRIPTION_TYPE", "PRIORITY", "TYPE_ID", "UF_CRM_TASK", "ENTITY_TYPE"),
        ("Тип дела", "Activity type", "Tipo di attività", "Aktivitätstyp", "Tipo de actividad", "Tipo de atividade",
         "Type d'activité", "Typ działania", "Тип справи"),
        ("Тип", "Type", "Тема", "Subject", "Крайний срок", "Deadline", "Завершено", "Completed", "Completed on",
         "Oggetto", "Scadenza", "Betreff", "Frist", "Asunto", "Fecha límite", "Assunto", "Prazo", "Objet", "Échéance",
         "Temat", "Termin"),
    ),
    FileKind.QUOTES: Own(
        ("QUOTE_NUMBER", "DEAL_ID", "BEGINDATE", "CLOSEDATE", "ACCOUNT_NUMBER", "MYCOMPANY_ID", "DATE_BILL",
         "DATE_PAY_BEFORE",
         "PERSON_TYPE_ID",
         "PAY_VOUCHER_NUM", "CLIENT_TITLE"),
        ("Номер предложения", "Номер счета", "Quote number", "Invoice number", "Estimate number"),
    ),
    FileKind.STAGES: Own(("STATUS_ID", "NAME_INIT", "SYSTEM", "SEMANTICS", "SORT"), (), ("ENTITY_ID",)),
    FileKind.PRODUCTS: Own(
        ("CATALOG_ID", "SECTION_ID", "VAT_ID", "VAT_INCLUDED", "MEASURE", "XML_ID", "PREVIEW_PICTURE"),
        ("Название товара", "Product name", "Раздел каталога"),
        ("Единица измерения", "Unit of measurement", "SKU", "НДС"),
    ),
    FileKind.USERS: Own(
        ("UF_DEPARTMENT", "WORK_POSITION", "PERSONAL_GENDER", "PERSONAL_BIRTHDAY", "PERSONAL_PHOTO", "IS_ONLINE",
         "LAST_LOGIN", "USER_TYPE", "DATE_REGISTER"),
        (),
        ("ACTIVE",),
    ),
}  # fmt: skip

#: A file that names persons and has no title is usual for contacts.
_PERSONS = frozenset({"name", "last name", "first name", "имя", "фамилия"})
_TITLES = frozenset({"title", "lead name", "lead title", "название лида", "название"})
#: Columns that name another lead: in files of everything that belongs to leads.
_REFERENCES = ("LEAD_ID", "OWNER_ID", "Лид", "Lead")
_REFERENCE_WEIGHT = 3
#: A heading of several words with one that begins so speaks of deals or leads, in whatever case and order.
_DEAL_WORD = re.compile(
    r"(?:deal|сделк|affar|trattativ|negoci|negocj|auftrag|transakc|transaction|угод|anlasma|opportunit|oportunidad)"
)
_LEAD_WORD = re.compile(r"(?:leads?|лид\w{0,2}|лід\w{0,2}|prospect(?:o?s?))\Z")
_KINDS_OF_REFERENCES = (FileKind.DEALS, FileKind.CONTACTS, FileKind.COMPANIES, FileKind.ACTIVITIES)


class Likeness(NamedTuple):
    """How much a file is like one kind, and the headings that say so, the strongest first."""

    score: int
    headings: tuple[str, ...]


def _codes(codes: Iterable[str]) -> dict[str, int]:
    found = dict.fromkeys(codes, 2)
    # A single word such as "export" is a code in capitals only; `ownerTypeId` and `owner_type_id` are codes anyhow.
    found |= {camel(code): 2 for code in found if "_" in code}
    found |= {code.lower(): 2 for code in found if "_" in code}
    return found


_WEIGHTS: dict[FileKind, tuple[dict[str, int], dict[str, int]]] = {
    kind: (
        _codes(own.codes),
        {stage_key(name): 1 for name in (*own.usual, *own.codes)} | {stage_key(name): 2 for name in own.names},
    )
    for kind, own in OWN_COLUMNS.items()
}
_OWN_CODES = frozenset(code for own in OWN_COLUMNS.values() for code in own.codes)
_REFERENCE_KEYS = frozenset(map(stage_key, _REFERENCES))


def likeness_of(headings: Sequence[str]) -> dict[FileKind, Likeness]:
    """How much the headings are like those of each kind."""
    found: dict[FileKind, list[tuple[int, str]]] = {kind: [] for kind in FileKind}
    for heading in headings:
        text, key = heading.strip(), stage_key(heading)
        if text.startswith("UF_CRM_") and text not in _OWN_CODES:
            continue  # somebody's own field, whatever it is called
        for kind, (codes, names) in _WEIGHTS.items():
            weight = codes.get(text) or names.get(key) or _by_words(kind, key)
            if weight:
                found[kind].append((weight, heading))
        if key in _REFERENCE_KEYS:
            for kind in _KINDS_OF_REFERENCES:
                found[kind].append((_REFERENCE_WEIGHT, heading))
    keys = {stage_key(heading): heading for heading in headings}
    if not keys.keys() & _TITLES:
        found[FileKind.CONTACTS] += [(1, keys[key]) for key in keys if key in _PERSONS][:1]
    return {
        kind: Likeness(sum(weight for weight, _ in each), tuple(name for _, name in sorted(each, key=_by_weight)))
        for kind, each in found.items()
    }


def _by_weight(found: tuple[int, str]) -> int:
    return -found[0]


def _by_words(kind: FileKind, key: str) -> int:
    words = key.split()
    if len(words) < 2 or key in _REFERENCE_KEYS:
        return 0
    if kind is FileKind.DEALS:
        return int(any(map(_DEAL_WORD.match, words)))
    if kind is FileKind.LEADS:
        return 2 * any(map(_LEAD_WORD.match, words))
    return 0
