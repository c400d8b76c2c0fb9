"""The SQL store: SQLite (extra `sql`) and PostgreSQL (extra `postgres`), many CRMs ("portals") in one database.

`upgrade` creates the tables, `create_portal` creates a CRM, `open_store` opens one; see docs/howto-sql.md.
"""

from crmcore.adapters import missing_extra

try:
    from crmcore.adapters.sql.connection.addresses import files_at
    from crmcore.adapters.sql.connection.errors import (
        ClosedStore,
        ForbiddenStore,
        ForeignStore,
        LeadsElsewhere,
        MissingStore,
        NewerStore,
        NoTransaction,
        OlderStore,
        PortalExists,
        PortalInUse,
        ReplacedStore,
        TransactionLost,
        TransactionOpen,
        UnfinishedStore,
        UnknownPortal,
        UnreachableStore,
        WrongStore,
        WrongTransaction,
    )
    from crmcore.adapters.sql.database.openers import CrmOpener, open_crm, opened_crms
    from crmcore.adapters.sql.database.portals import (
        count_of,
        create_portal,
        examine,
        fill_portal,
        keep_events,
        open_store,
        portals_of,
        upgrade,
        upgrade_connection,
    )
    from crmcore.adapters.sql.rights import StoredPermissions, StoredPlan
    from crmcore.adapters.sql.rows.leads import LeadRows
    from crmcore.adapters.sql.store import JoinedStore, SqlStore
except ImportError as failed:
    raise missing_extra(failed, "sql") from failed

__all__ = [
    "ClosedStore",
    "CrmOpener",
    "ForbiddenStore",
    "ForeignStore",
    "JoinedStore",
    "LeadRows",
    "LeadsElsewhere",
    "MissingStore",
    "NewerStore",
    "NoTransaction",
    "OlderStore",
    "PortalExists",
    "PortalInUse",
    "ReplacedStore",
    "SqlStore",
    "StoredPermissions",
    "StoredPlan",
    "TransactionLost",
    "TransactionOpen",
    "UnfinishedStore",
    "UnknownPortal",
    "UnreachableStore",
    "WrongStore",
    "WrongTransaction",
    "count_of",
    "create_portal",
    "examine",
    "files_at",
    "fill_portal",
    "keep_events",
    "open_crm",
    "open_store",
    "opened_crms",
    "portals_of",
    "upgrade",
    "upgrade_connection",
]
