"""The page on which people choose the CRM mode (extra `server`), on a server of its own or inside that of a host.

`serve` starts a server, `mode_page` is a WSGI application to mount; see docs/howto-page.md.
"""

from crmcore.adapters import missing_extra

try:
    from crmcore.adapters.page.app import ModePage, mode_page
    from crmcore.adapters.page.server import Server, serve
    from crmcore.adapters.page.work import Run, Work
except ImportError as failed:
    raise missing_extra(failed, "server") from failed

__all__ = ["ModePage", "Run", "Server", "Work", "mode_page", "serve"]
