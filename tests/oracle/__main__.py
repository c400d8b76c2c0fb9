"""The oracle as a program behind `crmcore vectors --command "python -m tests.oracle"`: a JSON line in, one out."""

import json
import sys

from tests.oracle.judge import judge


def main() -> None:
    """Answer each line of standard input, in order."""
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps({"id": asked.get("id"), **judge(asked)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
