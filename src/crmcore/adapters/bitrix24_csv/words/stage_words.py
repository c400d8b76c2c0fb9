"""Words by which a column that is not understood may be the stage of leads, in the languages of public exports.

They decide nothing but a refusal: a heading or a cell that is found here is never read as a stage. So a word too many
costs a question, and a word too few a closed lead that is converted. The table stands in docs/spec/import.md.
"""

import re
from collections.abc import Mapping
from functools import cache
from string import digits
from unicodedata import category, combining, name, normalize

from crmcore.adapters.bitrix24_csv.languages.catalogue import LANGUAGES, languages
from crmcore.adapters.bitrix24_csv.words.names import stage_names

__all__ = [
    "COMPANIONS",
    "is_nameless",
    "is_stage_cell",
    "is_stage_heading",
    "is_unreadable",
    "speaks_of_stages",
    "stage_cells",
    "stage_headings",
    "stage_key",
]

#: What the column is called in languages that have no file of their own.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "Ukrainian": ("стадія", "стадії", "статус", "етап", "етапу", "стан"),
    "Belarusian": ("стадыя", "этап", "статус", "стан"),
    "Dutch": ("fase", "status", "stadium", "stap"),
    "Czech": ("stav", "fáze", "etapa", "stádium"),
    "Slovak": ("stav", "fáza", "etapa", "štádium"),
    "Slovenian, Croatian, Bosnian and Serbian": (
        "stopnja", "faza", "stanje", "stadij", "stadijum", "etapa", "фаза", "стање", "стадијум",
    ),
    "Macedonian": ("фаза", "состојба"),
    "Turkish": ("aşama", "aşaması", "durum", "durumu", "statü"),
    "Azerbaijani": ("mərhələ", "vəziyyət"),
    "Kazakh": ("кезең", "кезеңі", "мәртебе", "мәртебесі", "күй", "саты", "сатысы"),
    "Kyrgyz and Tajik": ("баскыч", "абал", "марҳила", "ҳолат"),
    "Uzbek": ("bosqich", "holat", "holati"),
    "Mongolian": ("үе шат", "төлөв"),
    "Romanian": ("etapă", "stare", "stadiu", "fază"),
    "Hungarian": ("szakasz", "állapot", "státusz", "fázis"),
    "Danish and Norwegian": ("fase", "trin", "trinn", "tilstand"),
    "Swedish": ("steg", "fas", "skede", "läge"),
    "Icelandic": ("staða", "stig"),
    "Finnish": ("vaihe", "tila"),
    "Estonian": ("etapp", "staatus", "olek", "seisund", "faas"),
    "Latvian": ("posms", "stadija", "statuss", "stāvoklis", "fāze"),
    "Lithuanian": ("stadija", "etapas", "būsena", "statusas", "fazė"),
    "Catalan": ("etapa", "estat", "fase"),
    "Albanian": ("faza", "statusi", "gjendja"),
    "Greek": ("στάδιο", "κατάσταση", "φάση"),
    "Bulgarian": ("етап", "състояние", "фаза"),
    "Arabic and Persian": ("المرحلة", "الحالة", "مرحلة", "حالة", "مرحله", "وضعیت"),
    "Hebrew": ("שלב", "סטטוס", "מצב"),
    "Hindi": ("चरण", "स्थिति", "स्टेज"),
    "Georgian and Armenian": ("ეტაპი", "სტატუსი", "փուլ", "կարգավիճակ"),
    "Korean": ("단계", "상태"),
    "Thai": ("สถานะ", "ขั้นตอน", "ขั้น"),
    "Vietnamese": ("giai đoạn", "trạng thái", "tình trạng"),
    "Indonesian and Malay": ("tahap", "tahapan", "status", "peringkat"),
    "Filipino": ("yugto", "katayuan"),
    "Chinese": ("阶段", "状态", "階段", "狀態", "线索状态", "线索阶段"),
    "Japanese": ("ステージ", "ステータス", "段階", "状態", "フェーズ"),
}  # fmt: skip

#: What may stand beside such a word without making it another one: "Lead Status", "Fase del lead", "Stage ID".
_BESIDE = """
a actual actuel aday aktuell aktuelle aktueller attuale categoria categoría category catégorie client clienta cliente
code contact crm current customer cycle da das de deal del dell della dello der des di die do du el en funnel group
groupe grupa grupo gruppe gruppo has id ids interessent interessenten is kategorie klient klienta kunde kunden la le
lead lead's leada leads life lifecycle mevcut müşteri name nom nombre nome obecny of pipeline potansiyel potencjalny
prospect prospecto prospectos prospects record sales semantic the tipo title typ type value was воронки группа группы
категория клиента клієнта лид лида лидов лід ліда поточний продаж сделки текущая текущий тип
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


_COMPANIONS = frozenset(stage_key(" ".join(COMPANIONS)).split())


#: Words of a heading that tell how leads end, or that one has.
_ENDINGS = """
outcome result progress loss lost won close closing junk spam duplicate dead quality active inactive deal
результат итог исход брак спам целевой нецелевой качество активен неактивен удален сделка
ergebnis verlust verlustgrund absage qualität aktiv inaktiv
resultado pérdida ganado cierre calidad activo inactivo perda ganho qualidade ativo inativo
risultato perso perdita vinto rifiuto qualità attivo inattivo
résultat perdu perte gagné qualité actif inactif wynik straty jakość aktywny nieaktywny
"""
_ENDS = frozenset(map(stage_key, _ENDINGS.split()))
#: The same by how such words begin, in languages that bend them.
_BENT = """
reject refus declin cancel disqual unqual qualif convert archiv
стади статус отказ закры проигр провал отклон отмен аннулир конверт сконверт дубл квалифи архив відмов закрит
verlor gewonn abgelehn ablehn geschloss abgeschloss konvert storn
perdid rechaz descart cerrad calific cualific rejeit recusad fechad desqualif chius rifiut scart annul
stadi statu etap tilstand állapot szakas aşama durum kayıp kaybed kazanıl verlies förlor tapt tabt elvesz pierd ztrac
strat izgub prarast zaud kaotat clôtur ferm rejet utrac utrat przegr wygr zamkn odrzuc anulow kwalif
"""
_STEMS = tuple(map(stage_key, _BENT.split()))
#: Words beside which a status is that of something else than a lead.
_ELSEWHERE = """
payment paid pay delivery shipping order invoice marital family employment health оплаты оплата платежа доставки заказа
счета семейное брака zahlung zahlungsstatus lieferstatus lieferung bestellung pagamento consegna ordine pago entrega
pedido paiement livraison commande płatności dostawy zamówienia
"""
_OTHERS = frozenset(map(stage_key, _ELSEWHERE.split()))
#: What longer German words end with.
_COMPOUND = re.compile(r".+(?:status|phase|stufe|stadium|stand|grund|ergebnis|qualitat)")


def _ends(word: str) -> bool:
    return word.startswith(_STEMS) or _COMPOUND.fullmatch(word) is not None


def speaks_of_stages(heading: str) -> bool:
    """Whether a heading has any word of stages or of how leads end: enough for a doubt where no column has stages.

    >>> [speaks_of_stages(each) for each in ("Vertriebsphase", "Статус оплаты", "Lost reason", "Chiuso", "Size")]
    [True, False, True, True, False]
    """
    words = _words(heading)
    return (
        is_stage_heading(heading)
        or " ".join(words) in _cell_keys()
        or (
            not _OTHERS.intersection(words)
            and any(word in _heading_keys() or word in _ENDS or _ends(word) for word in words)
        )
    )


def is_stage_heading(heading: str) -> bool:
    """Whether a heading could be that of the stage; a program numbers those that come twice.

    >>> [is_stage_heading(each) for each in ("Lead Status", "Fase del lead", "Статус оплаты", "STAGE_ID", "Stage.1")]
    [True, True, False, True, True]
    """
    words = _words(heading)
    known = _heading_keys()
    if " ".join(words) in known:
        return True
    return any(word in known for word in words) and all(word in known or word in _COMPANIONS for word in words)


def is_stage_cell(cell: str) -> bool:
    """Whether a cell could be the name or the code of a stage."""
    return stage_key(cell) in _cell_keys()


def _words(heading: str) -> list[str]:
    return [word for each in stage_key(heading).split() if (word := each.strip(digits))]


#: What programs write above a column without a name.
_NAMELESS = re.compile(
    r"(?:unnamed|column|col|field|f|var|spalte|feld|colonne|columna|coluna|столбец|колонка|поле)[ :_]*"
)
#: The alphabets of the languages that are known.
_KNOWN_ALPHABETS = ("LATIN", "CYRILLIC")
#: Letters of Western Europe, which stand in the place of Cyrillic ones and others where an encoding was mistaken.
_ACCENTED = re.compile(r"[À-ÿ]")
#: What is left of a letter that an encoding does not have.
_LOST = re.compile(r"[?\ufffd]")


def is_nameless(heading: str) -> bool:
    """Whether a heading says nothing of its column: no letter is in it, or a program has put it there.

    >>> [is_nameless(each) for each in ("", "2", "Unnamed: 3", "Column4", "File")]
    [True, True, True, True, False]
    """
    return (
        not any(map(str.isalpha, heading)) or _NAMELESS.fullmatch(heading.strip().casefold().rstrip(digits)) is not None
    )


def is_unreadable(heading: str) -> bool:
    """Whether a heading is in an alphabet of no language that is known, or in what a mistaken encoding makes of one.

    >>> [is_unreadable(each) for each in ("مرحله", "Ñòàäèÿ", "????", "Größe", "Стадия", "2")]
    [True, True, True, False, False, False]
    """
    letters = [each for each in heading if each.isalpha()]
    if not letters:
        return bool(_LOST.search(heading))
    known = sum(name(each, "").startswith(_KNOWN_ALPHABETS) for each in letters)
    accented = len(_ACCENTED.findall(heading))
    return 2 * known < len(letters) or (len(letters) >= _FEW_LETTERS and 2 * accented > len(letters))


#: With fewer letters nothing can be said of them.
_FEW_LETTERS = 3
