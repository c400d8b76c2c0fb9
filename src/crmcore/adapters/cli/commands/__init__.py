"""The commands, one subject a file: each reads its options, calls the library and ends in a document."""

from crmcore.adapters import missing_extra

try:
    from cyclopts import App  # asked for here, once for all of them
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["family"]


def family(app: App, name: str, help: str, *examples: str) -> App:
    """Add a command that has commands of its own, with examples of calling them."""
    lines = "".join(f"\n  crmcore {name} {example} --store crm.db" for example in examples)
    added = App(name=name, help=f"{help}\n\nFor example:{lines}")
    app.command(added)
    return added
