"""Words by which a column that is not understood may be the stage of leads, in the languages of public exports.

They decide nothing but a refusal: a heading or a cell that is found here is never read as a stage. So a word too many
costs a question, and a word too few a closed lead that is converted. The table stands in docs/spec/import.md.
"""

import re
from collections.abc import Mapping
from functools import cache
from unicodedata import category, combining, normalize

from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, languages
from crmcore.adapters.bitrix24_csv.words.names import stage_names

__all__ = [
    "COMPANIONS",
    "is_stage_cell",
    "is_stage_heading",
    "speaks_of_stages",
    "stage_cells",
    "stage_headings",
    "stage_key",
]

#: What the column is called in languages that have no file of their own.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "Ukrainian": ("стадія", "статус", "етап", "стан"),
    "Dutch": ("fase", "status", "stadium", "stap"),
    "Czech": ("stav", "fáze", "etapa", "stádium"),
    "Turkish": ("aşama", "aşaması", "durum", "durumu", "statü"),
    "Romanian": ("etapă", "stare", "stadiu", "fază"),
    "Hungarian": ("szakasz", "állapot", "státusz", "fázis"),
    "Danish and Norwegian": ("fase", "trin", "trinn", "tilstand"),
    "Swedish": ("steg", "fas", "skede", "läge"),
    "Finnish": ("vaihe", "tila"),
    "Greek": ("στάδιο", "κατάσταση", "φάση"),
    "Bulgarian": ("етап", "състояние", "фаза"),
    "Arabic": ("المرحلة", "الحالة", "مرحلة", "حالة"),
    "Korean": ("단계", "상태"),
    "Thai": ("สถานะ", "ขั้นตอน"),
    "Vietnamese": ("giai đoạn", "trạng thái", "tình trạng"),
    "Indonesian": ("tahap", "tahapan", "status"),
    "Chinese": ("阶段", "状态", "階段", "狀態", "线索状态", "线索阶段"),
    "Japanese": ("ステージ", "ステータス", "段階", "状態", "フェーズ"),
}  # fmt: skip

#: What may stand beside such a word without making it another one: "Lead Status", "Fase del lead", "Stage ID".
_BESIDE = """
a actual actuel aday aktuell aktuelle aktueller attuale category client clienta cliente code contact crm current
customer cycle da das de deal del dell della dello der des di die do du el en funnel group has id ids interessent
interessenten is klient klienta kunde kunden la le lead lead's leada leads life lifecycle mevcut müşteri name nom
nombre nome obecny of pipeline potansiyel potencjalny prospect prospecto prospectos prospects record sales semantic
the title type value was воронки клиента клієнта лид лида лидов лід ліда поточний продаж сделки текущая текущий
"""
COMPANIONS = frozenset(_BESIDE.split())

#: What such a cell may hold: the standard stages, and what other systems call theirs.
_CELLS: Mapping[str, tuple[str, ...]] = {
    "Ukrainian": (
        "новий", "не оброблений", "не опрацьований", "в роботі", "оброблений", "опрацьований", "якісний лід",
        "неякісний лід", "конвертований", "відмова", "спам",
    ),
    "Dutch": (
        "nieuw", "niet toegewezen", "in behandeling", "verwerkt", "geconverteerd", "verloren", "gewonnen", "gesloten",
    ),
    "Czech": ("nový", "nepřiřazeno", "probíhá", "zpracováno", "převedeno", "ztraceno", "uzavřeno"),
    "Turkish": (
        "yeni", "atanmamış", "işlenmemiş", "işlemde", "devam ediyor", "işlendi", "işlenmiş", "dönüştürüldü",
        "kaybedildi", "kazanıldı", "kapalı",
    ),
    "Chinese": ("新", "未分配", "进行中", "已处理", "已转换", "无效", "已关闭"),
    "Japanese": ("新規", "未割り当て", "進行中", "処理済み", "コンバート済み", "失注"),
}  # fmt: skip

#: Letters of other alphabets that look like Latin ones, small or large: somebody who types "Stаge" sees no difference.
_ALIKE = str.maketrans("авеікмнорстухѕјαβεζικμορτυχ", "abeikmhopctyxsjabezikmoptyx")
_BREAK = re.compile(r"(?<=[a-zа-я])(?=[A-ZА-Я])|[\W_]+")


def stage_key(text: str) -> str:
    """A heading or a cell as it is compared here: case, accents, punctuation, humps and alphabets do not matter.

    >>> stage_key("Situação"), stage_key("leadStatus"), stage_key("Open - Not Contacted"), stage_key("LEAD_STATUS")
    ('situacao', 'lead status', 'open not contacted', 'lead status')
    >>> stage_key("\u0405t\u0430ge"), stage_key("ЅТАТUS")
    ('stage', 'status')
    """
    plain = "".join(each for each in normalize("NFKD", text) if not combining(each) and category(each) != "Cf")
    plain = plain.replace("ł", "l").replace("ı", "i")
    return " ".join(_BREAK.sub(" ", plain).casefold().translate(_ALIKE).split())


@cache
def stage_headings() -> Mapping[str, tuple[str, ...]]:
    """What the column of the stage is called, by the name of the language."""
    return {**{each.name: each.doubts["headings"] for each in languages()}, **_HEADINGS}


@cache
def stage_cells() -> Mapping[str, tuple[str, ...]]:
    """What its cells may hold, by the name of the language."""
    return {**{each.name: each.doubts["cells"] for each in languages()}, **_CELLS}


@cache
def _heading_keys() -> frozenset[str]:
    return frozenset(stage_key(word) for words in stage_headings().values() for word in words)


@cache
def _cell_keys() -> frozenset[str]:
    names = [stage_names(code) for code in LANGUAGES]
    words = [*stage_cells().values(), *(words for each in names for words in each.values()), tuple(stage_names())]
    return frozenset(stage_key(word) for each in words for word in each)


_COMPANIONS = frozenset(stage_key(word) for word in COMPANIONS)


#: Words of a heading that tell how leads end.
_ENDINGS = """
outcome result progress qualification loss close closing ergebnis verlustgrund resultado résultat risultato wynik
результат итог исход отказ отказа закрытия perdita perte pérdida perda odrzucenia straty
"""
_ENDS = frozenset(map(stage_key, _ENDINGS.split()))
#: Words beside which a status is that of something else than a lead.
_ELSEWHERE = """
payment paid pay delivery shipping order invoice marital family employment health оплаты оплата платежа доставки заказа
счета семейное брака zahlung zahlungsstatus lieferstatus lieferung bestellung pagamento consegna ordine pago entrega
pedido paiement livraison commande płatności dostawy zamówienia
"""
_OTHERS = frozenset(map(stage_key, _ELSEWHERE.split()))
#: What longer German words end with.
_COMPOUND = re.compile(r".+(?:status|phase|stufe|stadium|grund)")


def speaks_of_stages(heading: str) -> bool:
    """Whether a heading has any word of stages or of how leads end: enough for a doubt where no column has stages.

    >>> [speaks_of_stages(each) for each in ("Vertriebsphase", "Статус оплаты", "Lost reason", "Chiuso", "Size")]
    [True, False, True, True, False]
    """
    key = stage_key(heading)
    words = key.split()
    return (
        is_stage_heading(heading)
        or key in _cell_keys()
        or (
            not _OTHERS.intersection(words)
            and any(word in _heading_keys() or word in _ENDS or _COMPOUND.fullmatch(word) for word in words)
        )
    )


def is_stage_heading(heading: str) -> bool:
    """Whether a heading could be that of the stage.

    >>> [is_stage_heading(each) for each in ("Lead Status", "Fase del lead", "Статус оплаты", "STAGE_ID")]
    [True, True, False, True]
    """
    key = stage_key(heading)
    known = _heading_keys()
    if key in known:
        return True
    words = key.split()
    return any(word in known for word in words) and all(word in known or word in _COMPANIONS for word in words)


def is_stage_cell(cell: str) -> bool:
    """Whether a cell could be the name or the code of a stage."""
    return stage_key(cell) in _cell_keys()
