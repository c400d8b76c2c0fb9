"""The commands, one subject a file: each reads its options, calls the library and ends in a document."""

from crmcore.adapters import missing_extra

try:
    import cyclopts  # noqa: F401  # asked for here, once for all of them
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__: list[str] = []
