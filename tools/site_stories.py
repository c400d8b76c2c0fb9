"""The page of stories: how each weakened design breaks its rule, told by the walk that meets it."""

from crmcore.testing.walk import FAULTS, WALKS, Fault, story_of

__all__ = ["story_pages"]

_HEAD = """# Stories

Each design below is the real code with one seam weakened, and breaks a sentence of the rules.
A walk over every order of the steps of two actors finds the shortest way there.
`crmcore spec explore --fault NAME` tells it again, and writes the same run as a script.
"""


def story_pages() -> dict[str, str]:
    """The page with all of them."""
    return {"stories.md": "\n".join([_HEAD, *map(_story, FAULTS)])}


def _story(fault: Fault) -> str:
    story = story_of(WALKS[fault.walk], fault.design, rule=fault.rule)
    told = [f"{number}. {each.text}" for number, each in enumerate(story.sentences, start=1)]
    broken = [f"- {record}: {each.law.replace('_', ' ')} ({each.part})" for each, record in story.broken]
    lines = [f"## {fault.name}", "", *told, "", "What does not hold then:", "", *broken, ""]
    return "\n".join([*lines, f"{fault.sentence}: {fault.says}", ""])
