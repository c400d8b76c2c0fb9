"""The article behind docs/spec, held by digests: no sentence of it is kept, and a changed one is still seen."""

import hashlib
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

__all__ = ["article_problems", "digest_of", "lines_of", "normalised", "source_problems", "texts_of_statements"]

_STATEMENT = re.compile(r"^\| (S[0-9]+) \| (.+) \|$", re.MULTILINE)
_NUMBER = re.compile(r"^(?:[0-9]+\.|•)\s+")


def normalised(line: str) -> str:
    """A line without what says nothing: its place in a list, spaces, and how its letters are composed."""
    return _NUMBER.sub("", " ".join(unicodedata.normalize("NFC", line).split()))


def digest_of(*texts: str) -> str:
    """The digest of a normalised text, or of a list of texts in their order."""
    return hashlib.sha256("\n".join(map(normalised, texts)).encode()).hexdigest()[:16]


def lines_of(article: str) -> list[str]:
    """The lines of an article that are not blank."""
    return [line for line in article.splitlines() if line.strip()]


def texts_of_statements(folder: Path) -> dict[str, str]:
    """Each statement of the overview with our words for it and its kind."""
    return dict(_STATEMENT.findall((folder / "README.md").read_text(encoding="utf-8")))


def source_problems(folder: Path) -> list[str]:
    """What differs between `source.toml` and the statements of the overview, or inside it; no article is needed."""
    source = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
    lines: list[dict[str, Any]] = source["line"]
    found = []
    if (digest := _digest_of_lines(lines)) != source["digests"]:
        found.append(
            "docs/spec/source.toml: the lines are others than the digest of their list says; "
            f"read them against the article, and then write {digest} there"
        )
    if [line["id"] for line in lines] != [f"A{number}" for number in range(1, len(lines) + 1)]:
        found.append("docs/spec/source.toml: the lines are not numbered one by one")
    texts = texts_of_statements(folder)
    told = {statement for line in lines for statement in line["statements"]}
    found += [f"docs/spec/source.toml: no line says {statement}" for statement in texts if statement not in told]
    found += [
        f"docs/spec/source.toml: a line says {each}, which does not exist" for each in sorted(told - texts.keys())
    ]
    for statement, text in texts.items():
        digest = digest_of(text)
        if source["statements"].get(statement) != digest:
            found.append(
                f"docs/spec/README.md: {statement} has other words than its digest in source.toml; "
                f"read it against its lines, and then write {digest} there"
            )
    return found


def _digest_of_lines(lines: list[dict[str, Any]]) -> str:
    """The digest of what each line is, says and is the source of, and of its own digest."""
    return digest_of(*(f"{key}: {value}" for line in lines for key, value in line.items()))


def article_problems(folder: Path, article: str) -> list[str]:
    """What differs between `source.toml` and the article itself."""
    source = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
    digests = [digest_of(line) for line in lines_of(article)]
    wanted = {line["id"]: line["digest"] for line in source["line"]}
    first, last = source["article"]["before"], source["article"]["after"]
    body = digests[first : len(digests) - last]
    found = []
    if len(body) != len(wanted):
        found.append(f"the article has {len(body)} lines between its head and its foot, source.toml {len(wanted)}")
    found += [
        f"docs/spec/source.toml: {id} is not the line of the article any more"
        for (id, digest), there in zip(wanted.items(), body, strict=False)
        if digest != there
    ]
    for name, part in (("head", digests[:first]), ("foot", digests[len(digests) - last :])):
        if digest_of(*part) != source["article"][name]:
            found.append(f"docs/spec/source.toml: the {name} of the article is another")
    return found
