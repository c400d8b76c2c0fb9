CREATE TABLE crm_staged_part (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    part INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    stages_version BIGINT,
    note TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_staged_part_pkey PRIMARY KEY (portal, staging, part)
);

CREATE TABLE crm_staged_read (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT crm_staged_read_pkey PRIMARY KEY (portal, staging, kind, id)
);

CREATE TABLE crm_staged_lead (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    deleted_at TEXT COLLATE "C",
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT COLLATE "C",
    comments TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    utm TEXT COLLATE "C",
    custom TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    stage TEXT COLLATE "C",
    semantics TEXT COLLATE "C",
    title TEXT COLLATE "C",
    honorific TEXT COLLATE "C",
    first_name TEXT COLLATE "C",
    middle_name TEXT COLLATE "C",
    last_name TEXT COLLATE "C",
    birth_date TEXT COLLATE "C",
    job_title TEXT COLLATE "C",
    company_title TEXT COLLATE "C",
    contact_points TEXT COLLATE "C",
    source TEXT COLLATE "C",
    source_description TEXT COLLATE "C",
    stage_description TEXT COLLATE "C",
    amount TEXT COLLATE "C",
    currency TEXT COLLATE "C",
    observers TEXT COLLATE "C",
    contact_id BIGINT,
    company_id BIGINT,
    deal_id BIGINT,
    CONSTRAINT crm_staged_lead_pkey PRIMARY KEY (portal, staging, id)
);

CREATE TABLE crm_staged_company (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT COLLATE "C",
    comments TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    utm TEXT COLLATE "C",
    custom TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    title TEXT COLLATE "C",
    contact_points TEXT COLLATE "C",
    lead_id BIGINT,
    deleted_at TEXT COLLATE "C",
    CONSTRAINT crm_staged_company_pkey PRIMARY KEY (portal, staging, id)
);

CREATE TABLE crm_staged_contact (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT COLLATE "C",
    comments TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    utm TEXT COLLATE "C",
    custom TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    honorific TEXT COLLATE "C",
    first_name TEXT COLLATE "C",
    middle_name TEXT COLLATE "C",
    last_name TEXT COLLATE "C",
    birth_date TEXT COLLATE "C",
    job_title TEXT COLLATE "C",
    contact_points TEXT COLLATE "C",
    source TEXT COLLATE "C",
    source_description TEXT COLLATE "C",
    company_id BIGINT,
    lead_id BIGINT,
    deleted_at TEXT COLLATE "C",
    CONSTRAINT crm_staged_contact_pkey PRIMARY KEY (portal, staging, id)
);

CREATE TABLE crm_staged_activity (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    deleted_at TEXT COLLATE "C",
    kind TEXT COLLATE "C",
    subject TEXT COLLATE "C",
    description TEXT COLLATE "C",
    responsible BIGINT,
    deadline TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    completed BOOLEAN,
    completed_at TEXT COLLATE "C",
    unbound TEXT COLLATE "C",
    CONSTRAINT crm_staged_activity_pkey PRIMARY KEY (portal, staging, id)
);

CREATE TABLE crm_staged_binding (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    activity BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BIGINT NOT NULL,
    CONSTRAINT crm_staged_binding_pkey PRIMARY KEY (portal, staging, activity, kind, id)
);

CREATE TABLE crm_staged_match (
    portal INTEGER NOT NULL,
    staging BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    point TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    held BOOLEAN NOT NULL,
    CONSTRAINT crm_staged_match_pkey PRIMARY KEY (portal, staging, id, kind, point, form)
);

CREATE TABLE crm_staging (
    portal INTEGER NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    staging BIGINT NOT NULL,
    CONSTRAINT crm_staging_pkey PRIMARY KEY (portal, key),
    CONSTRAINT crm_staging_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_staging_unique_staging UNIQUE (staging)
);
