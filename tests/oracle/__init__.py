"""The rules as a second program: what must come of every vector, written from docs/spec and not from `crmcore`."""

from tests.oracle.judge import judge

__all__ = ["judge"]
