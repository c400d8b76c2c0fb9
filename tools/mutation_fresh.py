"""The tests of a part in a process that has loaded nothing yet: the changed module comes on standard input.

Whoever starts it has made the mutant, so this process does not load what makes mutants.
"""

import json
import sys
from importlib.machinery import SourceFileLoader
from typing import Any

import pytest

__all__ = ["main"]


def main(options: list[str]) -> int:
    """Run pytest; each module by its name has the path and the text that it is imported from."""
    code = {
        module: compile(text, path, "exec", dont_inherit=True) for module, (path, text) in json.load(sys.stdin).items()
    }
    as_it_is = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> Any:
        return code.get(fullname) or as_it_is(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]  # for every import from now on
    return int(pytest.main(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
