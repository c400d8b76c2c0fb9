"""Links between the documents: each leads somewhere, and words are explained where they are first used."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"

#: Written by tools from tables and tests, so no sentence of theirs uses a word for the first time.
WITHOUT_PROSE = ("trace.md", "mutation.md", "faults.md")


def _documents() -> list[Path]:
    """The documents that are part of the project: what git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    found = [ROOT / name for name in listed if (ROOT / name).is_file()]
    return found or sorted(
        path
        for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        if "build" not in path.relative_to(ROOT).parts
    )


DOCUMENTS = _documents()
GUIDES = [
    path
    for path in DOCUMENTS
    if path == ROOT / "README.md"
    or (path.parent == ROOT / "docs" and path.name.startswith("howto-"))
    or (path.parent == ROOT / "docs" / "spec" and path.name not in WITHOUT_PROSE)
]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _prose(path: Path) -> str:
    """The text without code: what stands in fences, in backticks and in comments."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def _links(path: Path) -> Iterator[str]:
    yield from re.findall(r"(?<!\!)\[(?:[^\[\]`]|`[^`]*`)+\]\(([^)\s]+)\)", _prose(path))


def _anchors(path: Path) -> set[str]:
    """The anchors of the headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#{1,6} (.*)$", _prose(path), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each).strip().lower() for each in headings]
    return {re.sub(r"[^\w\- ]", "", each).replace(" ", "-") for each in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    """The file is there, and where a place in it is named, its heading too."""
    broken = []
    for link in _links(path):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = path if not name else path.parent / name
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _terms() -> dict[str, str]:
    """Each term of the glossary with what stands below it."""
    parts = re.split(r"^## (.*)$", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


TERMS = _terms()


#: Terms whose everyday meaning is enough to read a rule; any other is linked on each page of docs/spec that uses it.
EVERYDAY = frozenset(
    {
        "actor",
        "changes",
        "client",
        "converted",
        "key",
        "known-bad store",
        "plan",
        "policy",
        "port",
        "refusal",
        "store",
        "switch",
        "version",
    }
)
#: Where a page uses a word in another sense, which the glossary does not explain.
ANOTHER_SENSE = {
    ("README.md", "mark"): "the mark of a test, which names its rules",
    ("conversion.md", "observer"): "the people who watch a lead",
    ("data.md", "observer"): "the people who watch a lead",
    ("import.md", "mark"): "byte order marks and quote marks",
    ("matching.md", "mark"): "the marks of the direction of text",
    ("page.md", "token"): "the token of a form",
    ("page.md", "touch"): "fingers on a screen",
}
SPEC = [path for path in GUIDES if path.parent.name == "spec"]


def _uses(path: Path, term: str) -> list[str]:
    """Every use of a term in the prose of a page, one in a link with its target, in their order."""
    text = re.sub(r"^#.*$|`[^`\n]*`|\*", "", _prose(path), flags=re.MULTILINE)
    word = rf"\b{re.escape(term)}(?:e?s)?\b"
    return re.findall(rf"\[{word}\]\([^)]*\)|{word}", text, re.IGNORECASE)


class TestGlossary:
    """A word is explained once, and each page leads there."""

    def test_is_in_order(self) -> None:
        """A word is found where the alphabet puts it."""
        assert list(TERMS) == sorted(TERMS)

    @pytest.mark.parametrize("term", TERMS)
    def test_each_term_leads_on(self, term: str) -> None:
        """An explanation ends at the page or the rule that says the rest."""
        assert re.search(r"\]\([^)]+\)", TERMS[term])

    @pytest.mark.parametrize("path", GUIDES, ids=_name)
    def test_a_word_is_linked_where_a_page_uses_it_first(self, path: Path) -> None:
        """Of a word that a page links at all, the first use is the link."""
        text = "\n".join(line for line in _prose(path).splitlines() if not line.startswith(("#", "|")))
        late = []
        for term in TERMS:
            link = re.search(rf"\[[^\]]*\]\([^)]*glossary\.md#{term.replace(' ', '-')}\)", text)
            first = re.search(rf"\b{re.escape(term)}s?\b", re.sub(r"`[^`\n]*`", lambda code: " " * len(code[0]), text))
            if link and first and first.start() < link.start():
                late.append(term)
        assert late == []

    @pytest.mark.parametrize("path", SPEC, ids=_name)
    def test_the_specification_links_each_term_where_a_page_uses_it_first(self, path: Path) -> None:
        """Whoever reads one page of rules finds each word of the trade explained before it is needed."""
        named = {term for term in TERMS.keys() - EVERYDAY if (path.name, term) not in ANOTHER_SENSE}
        used = {term: uses[0] for term in named if (uses := _uses(path, term))}
        wanted = {term: f"](../glossary.md#{term.replace(' ', '-')})" for term in used}
        assert sorted(term for term, first in used.items() if not first.endswith(wanted[term])) == []

    @pytest.mark.parametrize("path", SPEC, ids=_name)
    def test_a_page_of_the_specification_uses_each_term_that_it_links(self, path: Path) -> None:
        """A link to a word in another sense, or to one that is there no more, would mislead."""
        linked = {term for term in TERMS if any(link.endswith(f"#{term.replace(' ', '-')}") for link in _links(path))}
        text = re.sub(r"^Words: .*$|\*", "", _prose(path), flags=re.MULTILINE)
        unused = {term for term in linked if not re.search(rf"\b{term.removesuffix('y')}", text, re.IGNORECASE)}
        assert sorted(unused | {term for term in linked if (path.name, term) in ANOTHER_SENSE}) == []

    def test_each_exception_is_needed(self) -> None:
        """An exception for a word that is explained or used no more would hide its next meaning."""
        assert TERMS.keys() >= EVERYDAY
        assert all(_uses(ROOT / "docs" / "spec" / page, term) for page, term in ANOTHER_SENSE)

    @pytest.mark.parametrize("path", GUIDES, ids=_name)
    def test_a_page_leads_to_the_glossary(self, path: Path) -> None:
        """A reader who comes from a search engine finds the words."""
        assert any("glossary.md#" in link for link in _links(path))

    @pytest.mark.parametrize("term", TERMS)
    def test_each_term_is_linked_from_a_page(self, term: str) -> None:
        """A word that no page uses needs no explanation."""
        anchor = f"glossary.md#{term.replace(' ', '-')}"
        assert [_name(path) for path in GUIDES if any(link.endswith(anchor) for link in _links(path))]
