CREATE TABLE crm_staged_part (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    part INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    stages_version BIGINT,
    note TEXT NOT NULL,
    CONSTRAINT crm_staged_part_pkey PRIMARY KEY (portal, staging, part)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_read (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT crm_staged_read_pkey PRIMARY KEY (portal, staging, kind, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_lead (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    deleted_at TEXT,
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT,
    comments TEXT,
    origin TEXT,
    utm TEXT,
    custom TEXT,
    created_at TEXT,
    stage TEXT,
    semantics TEXT,
    title TEXT,
    honorific TEXT,
    first_name TEXT,
    middle_name TEXT,
    last_name TEXT,
    birth_date TEXT,
    job_title TEXT,
    company_title TEXT,
    contact_points TEXT,
    source TEXT,
    source_description TEXT,
    stage_description TEXT,
    amount TEXT,
    currency TEXT,
    observers TEXT,
    contact_id BIGINT,
    company_id BIGINT,
    deal_id BIGINT,
    CONSTRAINT crm_staged_lead_pkey PRIMARY KEY (portal, staging, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_company (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT,
    comments TEXT,
    origin TEXT,
    utm TEXT,
    custom TEXT,
    created_at TEXT,
    title TEXT,
    contact_points TEXT,
    lead_id BIGINT,
    deleted_at TEXT,
    CONSTRAINT crm_staged_company_pkey PRIMARY KEY (portal, staging, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_contact (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT,
    comments TEXT,
    origin TEXT,
    utm TEXT,
    custom TEXT,
    created_at TEXT,
    honorific TEXT,
    first_name TEXT,
    middle_name TEXT,
    last_name TEXT,
    birth_date TEXT,
    job_title TEXT,
    contact_points TEXT,
    source TEXT,
    source_description TEXT,
    company_id BIGINT,
    lead_id BIGINT,
    deleted_at TEXT,
    CONSTRAINT crm_staged_contact_pkey PRIMARY KEY (portal, staging, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_activity (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    deleted_at TEXT,
    kind TEXT,
    subject TEXT,
    description TEXT,
    responsible BIGINT,
    deadline TEXT,
    created_at TEXT,
    completed BOOLEAN,
    completed_at TEXT,
    unbound TEXT,
    CONSTRAINT crm_staged_activity_pkey PRIMARY KEY (portal, staging, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_binding (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    activity BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    CONSTRAINT crm_staged_binding_pkey PRIMARY KEY (portal, staging, activity, kind, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_staged_match (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    point TEXT NOT NULL,
    form TEXT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    held BOOLEAN NOT NULL,
    CONSTRAINT crm_staged_match_pkey PRIMARY KEY (portal, staging, id, kind, point, form)
)
 WITHOUT ROWID;

CREATE TABLE crm_staging (
    portal INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    staging BIGINT NOT NULL,
    CONSTRAINT crm_staging_pkey PRIMARY KEY (portal, "key"),
    CONSTRAINT crm_staging_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_staging_unique_staging UNIQUE (staging)
)
 WITHOUT ROWID;
