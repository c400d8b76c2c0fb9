CREATE TABLE crm_portal (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    mode SMALLINT NOT NULL CONSTRAINT crm_portal_check_mode CHECK (mode IN (1, 2)),
    epoch BIGINT NOT NULL,
    switch_key TEXT,
    switch_epoch BIGINT,
    switch_terms TEXT,
    match_setting TEXT NOT NULL,
    repeat_inquiry TEXT NOT NULL,
    last_policy TEXT,
    settings_version BIGINT NOT NULL,
    stages TEXT NOT NULL,
    stages_version BIGINT NOT NULL,
    has_classic BOOLEAN DEFAULT true NOT NULL,
    rights_version BIGINT DEFAULT 1 NOT NULL,
    CONSTRAINT crm_portal_pkey PRIMARY KEY (id),
    CONSTRAINT crm_portal_check_switch CHECK ((switch_key IS NULL) = (switch_epoch IS NULL) AND (switch_key IS NULL) = (switch_terms IS NULL)),
    CONSTRAINT crm_portal_unique_name UNIQUE (name)
);

CREATE TABLE crm_match (
    portal INTEGER NOT NULL,
    kind SMALLINT NOT NULL CONSTRAINT crm_match_check_kind CHECK (kind IN (0, 2, 3)),
    point TEXT NOT NULL,
    "key" TEXT NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_match_check_version CHECK (version >= 0),
    held BOOLEAN NOT NULL,
    CONSTRAINT crm_match_pkey PRIMARY KEY (portal, kind, point, "key", id)
)
 WITHOUT ROWID;

CREATE TABLE crm_counter (
    portal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT crm_counter_pkey PRIMARY KEY (portal, kind),
    CONSTRAINT crm_counter_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_pipeline (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_pipeline_check_version CHECK (version >= 1),
    name TEXT,
    stages TEXT NOT NULL,
    archived BOOLEAN NOT NULL,
    CONSTRAINT crm_pipeline_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_pipeline_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_lead (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_lead_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_lead_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_lead_check_deleted CHECK (deleted_at IS NULL OR (semantics IS NULL AND contact_points IS NULL)),
    CONSTRAINT crm_lead_knows_portal_deal_id FOREIGN KEY(portal, deal_id) REFERENCES crm_deal (portal, id),
    CONSTRAINT crm_lead_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_lead_check_converted CHECK (deal_id IS NULL OR deleted_at IS NOT NULL OR semantics = 'S'),
    CONSTRAINT crm_lead_knows_portal_contact_id FOREIGN KEY(portal, contact_id) REFERENCES crm_contact (portal, id),
    CONSTRAINT crm_lead_check_whole CHECK (deleted_at IS NOT NULL OR (responsible IS NOT NULL AND opened IS NOT NULL AND stage IS NOT NULL AND semantics IN ('P', 'S', 'F'))),
    CONSTRAINT crm_lead_knows_portal_company_id FOREIGN KEY(portal, company_id) REFERENCES crm_company (portal, id)
)
 WITHOUT ROWID;

CREATE INDEX crm_lead_active ON crm_lead (portal, id) WHERE semantics = 'P';

CREATE TABLE crm_activity (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_activity_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_activity_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_activity_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_activity_check_whole CHECK (deleted_at IS NOT NULL OR (kind IS NOT NULL AND completed IS NOT NULL)),
    CONSTRAINT crm_activity_check_completed CHECK (completed_at IS NULL OR completed)
)
 WITHOUT ROWID;

CREATE TABLE crm_tally (
    portal INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    slot SMALLINT NOT NULL,
    outcome TEXT NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT crm_tally_pkey PRIMARY KEY (portal, epoch, slot, outcome),
    CONSTRAINT crm_tally_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_switch (
    portal INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_switch_check_version CHECK (version >= 1),
    epoch BIGINT NOT NULL,
    terms TEXT NOT NULL,
    at_begin BIGINT NOT NULL,
    began_at TEXT NOT NULL,
    ended TEXT,
    ended_at TEXT,
    CONSTRAINT crm_switch_pkey PRIMARY KEY (portal, "key"),
    CONSTRAINT crm_switch_check_ended CHECK (ended IN ('finished', 'cancelled')),
    CONSTRAINT crm_switch_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_command (
    portal INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_command_check_version CHECK (version >= 1),
    fingerprint TEXT NOT NULL,
    made TEXT NOT NULL,
    CONSTRAINT crm_command_pkey PRIMARY KEY (portal, "key"),
    CONSTRAINT crm_command_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_match_key (
    portal INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    point TEXT NOT NULL,
    "key" TEXT NOT NULL,
    CONSTRAINT crm_match_key_pkey PRIMARY KEY (portal, kind, point, "key"),
    CONSTRAINT crm_match_key_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_role (
    portal INTEGER NOT NULL,
    name TEXT NOT NULL,
    settings BOOLEAN NOT NULL,
    export BOOLEAN NOT NULL,
    administrator BOOLEAN NOT NULL,
    CONSTRAINT crm_role_pkey PRIMARY KEY (portal, name),
    CONSTRAINT crm_role_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
)
 WITHOUT ROWID;

CREATE TABLE crm_company (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_company_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_company_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_company_check_whole CHECK (responsible IS NOT NULL AND opened IS NOT NULL),
    CONSTRAINT crm_company_knows_portal_lead_id FOREIGN KEY(portal, lead_id) REFERENCES crm_lead (portal, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_binding (
    portal INTEGER NOT NULL,
    activity BIGINT NOT NULL,
    kind SMALLINT NOT NULL CONSTRAINT crm_binding_check_kind CHECK (kind BETWEEN 0 AND 3),
    id BIGINT NOT NULL,
    CONSTRAINT crm_binding_pkey PRIMARY KEY (portal, activity, kind, id),
    CONSTRAINT crm_binding_knows_portal_activity FOREIGN KEY(portal, activity) REFERENCES crm_activity (portal, id)
)
 WITHOUT ROWID;

CREATE UNIQUE INDEX crm_binding_of ON crm_binding (portal, kind, id, activity);

CREATE TABLE crm_outcome (
    portal INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT,
    added BOOLEAN NOT NULL,
    contacts INTEGER NOT NULL,
    companies INTEGER NOT NULL,
    bound INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    kept_open INTEGER NOT NULL,
    CONSTRAINT crm_outcome_pkey PRIMARY KEY (portal, epoch, lead),
    CONSTRAINT crm_outcome_check_kind CHECK (kind IN ('converted', 'already_converted', 'closed', 'deleted', 'set_aside')),
    CONSTRAINT crm_outcome_knows_portal_lead FOREIGN KEY(portal, lead) REFERENCES crm_lead (portal, id)
)
 WITHOUT ROWID;

CREATE INDEX crm_outcome_set_aside ON crm_outcome (portal, epoch, lead) WHERE kind = 'set_aside';

CREATE TABLE crm_role_level (
    portal INTEGER NOT NULL,
    role TEXT NOT NULL,
    operation TEXT NOT NULL,
    kind TEXT NOT NULL,
    pipeline_id BIGINT NOT NULL,
    level SMALLINT NOT NULL CONSTRAINT crm_role_level_check_level CHECK (level BETWEEN 0 AND 3),
    CONSTRAINT crm_role_level_pkey PRIMARY KEY (portal, role, operation, kind, pipeline_id),
    CONSTRAINT crm_role_level_knows_portal_role FOREIGN KEY(portal, role) REFERENCES crm_role (portal, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_actor_role (
    portal INTEGER NOT NULL,
    actor BIGINT NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT crm_actor_role_pkey PRIMARY KEY (portal, actor, role),
    CONSTRAINT crm_actor_role_knows_portal_role FOREIGN KEY(portal, role) REFERENCES crm_role (portal, name)
)
 WITHOUT ROWID;

CREATE TABLE crm_contact (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_contact_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_contact_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_contact_knows_portal_lead_id FOREIGN KEY(portal, lead_id) REFERENCES crm_lead (portal, id),
    CONSTRAINT crm_contact_check_whole CHECK (responsible IS NOT NULL AND opened IS NOT NULL),
    CONSTRAINT crm_contact_knows_portal_company_id FOREIGN KEY(portal, company_id) REFERENCES crm_company (portal, id)
)
 WITHOUT ROWID;

CREATE TABLE crm_deal (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_deal_check_version CHECK (version >= 1),
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT,
    comments TEXT,
    origin TEXT,
    utm TEXT,
    custom TEXT,
    created_at TEXT,
    pipeline_id BIGINT NOT NULL,
    stage TEXT NOT NULL,
    semantics TEXT NOT NULL,
    title TEXT,
    amount TEXT,
    currency TEXT,
    source TEXT,
    source_description TEXT,
    contact_id BIGINT,
    company_id BIGINT,
    lead_id BIGINT,
    CONSTRAINT crm_deal_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_deal_knows_portal_lead_id FOREIGN KEY(portal, lead_id) REFERENCES crm_lead (portal, id),
    CONSTRAINT crm_deal_knows_portal_company_id FOREIGN KEY(portal, company_id) REFERENCES crm_company (portal, id),
    CONSTRAINT crm_deal_knows_portal_pipeline_id FOREIGN KEY(portal, pipeline_id) REFERENCES crm_pipeline (portal, id),
    CONSTRAINT crm_deal_check_whole CHECK (responsible IS NOT NULL AND opened IS NOT NULL),
    CONSTRAINT crm_deal_check_semantics CHECK (semantics IN ('P', 'S', 'F')),
    CONSTRAINT crm_deal_knows_portal_contact_id FOREIGN KEY(portal, contact_id) REFERENCES crm_contact (portal, id)
)
 WITHOUT ROWID;

CREATE INDEX crm_deal_open_contact_id ON crm_deal (portal, contact_id) WHERE semantics = 'P' AND contact_id IS NOT NULL;

CREATE INDEX crm_deal_open_company_id ON crm_deal (portal, company_id) WHERE semantics = 'P' AND company_id IS NOT NULL;

CREATE UNIQUE INDEX crm_deal_source ON crm_deal (portal, lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE crm_ledger (
    portal INTEGER NOT NULL,
    lead BIGINT NOT NULL,
    deal BIGINT NOT NULL,
    contact BIGINT,
    company BIGINT,
    amount TEXT,
    currency TEXT,
    activity_ids TEXT NOT NULL,
    not_carried TEXT NOT NULL,
    converted_at TEXT NOT NULL,
    CONSTRAINT crm_ledger_pkey PRIMARY KEY (portal, lead),
    CONSTRAINT crm_ledger_knows_portal_lead FOREIGN KEY(portal, lead) REFERENCES crm_lead (portal, id),
    CONSTRAINT crm_ledger_knows_portal_deal FOREIGN KEY(portal, deal) REFERENCES crm_deal (portal, id),
    CONSTRAINT crm_ledger_unique_portal_deal UNIQUE (portal, deal),
    CONSTRAINT crm_ledger_knows_portal_company FOREIGN KEY(portal, company) REFERENCES crm_company (portal, id),
    CONSTRAINT crm_ledger_knows_portal_contact FOREIGN KEY(portal, contact) REFERENCES crm_contact (portal, id)
)
 WITHOUT ROWID;

CREATE VIEW crm_portals AS
SELECT
  p.name AS portal,
  CASE p.mode WHEN 1 THEN 'classic' ELSE 'simple' END AS mode,
  p.epoch AS epoch,
  p.switch_key AS live_switch,
  p.has_classic AS has_classic,
  p.match_setting AS match_setting
FROM crm_portal p;

CREATE VIEW crm_leads AS
SELECT
  p.name AS portal,
  r.id AS id,
  r.version AS version,
  r.deleted_at AS deleted_at,
  r.stage AS stage,
  CASE r.semantics WHEN 'P' THEN 'in_process' WHEN 'S' THEN 'success' WHEN 'F' THEN 'failure' END AS state,
  r.title AS title,
  r.honorific AS honorific,
  r.first_name AS first_name,
  r.middle_name AS middle_name,
  r.last_name AS last_name,
  r.birth_date AS birth_date,
  r.job_title AS job_title,
  r.company_title AS company_title,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'email') AS emails,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'phone') AS phones,
  r.contact_points AS contact_points,
  r.source AS source,
  r.source_description AS source_description,
  r.stage_description AS stage_description,
  r.amount AS amount,
  r.currency AS currency,
  r.observers AS observers,
  r.contact_id AS contact_id,
  r.company_id AS company_id,
  r.deal_id AS deal_id,
  r.responsible AS responsible,
  r.opened AS opened,
  r.address AS address,
  r.comments AS comments,
  r.origin AS origin,
  r.utm AS utm,
  r.custom AS custom,
  r.created_at AS created_at
FROM crm_lead r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_deals AS
SELECT
  p.name AS portal,
  r.id AS id,
  r.version AS version,
  r.pipeline_id AS pipeline_id,
  r.stage AS stage,
  CASE r.semantics WHEN 'P' THEN 'in_process' WHEN 'S' THEN 'success' WHEN 'F' THEN 'failure' END AS state,
  r.title AS title,
  r.amount AS amount,
  r.currency AS currency,
  r.source AS source,
  r.source_description AS source_description,
  r.contact_id AS contact_id,
  r.company_id AS company_id,
  r.lead_id AS lead_id,
  r.responsible AS responsible,
  r.opened AS opened,
  r.address AS address,
  r.comments AS comments,
  r.origin AS origin,
  r.utm AS utm,
  r.custom AS custom,
  r.created_at AS created_at
FROM crm_deal r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_contacts AS
SELECT
  p.name AS portal,
  r.id AS id,
  r.version AS version,
  r.honorific AS honorific,
  r.first_name AS first_name,
  r.middle_name AS middle_name,
  r.last_name AS last_name,
  r.birth_date AS birth_date,
  r.job_title AS job_title,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'email') AS emails,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'phone') AS phones,
  r.contact_points AS contact_points,
  r.source AS source,
  r.source_description AS source_description,
  r.company_id AS company_id,
  r.lead_id AS lead_id,
  r.responsible AS responsible,
  r.opened AS opened,
  r.address AS address,
  r.comments AS comments,
  r.origin AS origin,
  r.utm AS utm,
  r.custom AS custom,
  r.created_at AS created_at
FROM crm_contact r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_companies AS
SELECT
  p.name AS portal,
  r.id AS id,
  r.version AS version,
  r.title AS title,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'email') AS emails,
  (SELECT group_concat(json_extract(value, '$[2]'), ', ') FROM json_each(r.contact_points) WHERE json_extract(value, '$[0]') = 'phone') AS phones,
  r.contact_points AS contact_points,
  r.lead_id AS lead_id,
  r.responsible AS responsible,
  r.opened AS opened,
  r.address AS address,
  r.comments AS comments,
  r.origin AS origin,
  r.utm AS utm,
  r.custom AS custom,
  r.created_at AS created_at
FROM crm_company r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_activities AS
SELECT
  p.name AS portal,
  r.id AS id,
  r.version AS version,
  r.deleted_at AS deleted_at,
  r.kind AS kind,
  r.subject AS subject,
  r.description AS description,
  r.responsible AS responsible,
  r.deadline AS deadline,
  r.created_at AS created_at,
  r.completed AS completed,
  r.completed_at AS completed_at
FROM crm_activity r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_bindings AS
SELECT
  p.name AS portal,
  r.activity AS activity_id,
  CASE r.kind WHEN 0 THEN 'lead' WHEN 1 THEN 'deal' WHEN 2 THEN 'contact' WHEN 3 THEN 'company' END AS kind,
  r.id AS id
FROM crm_binding r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_ledger_rows AS
SELECT
  p.name AS portal,
  r.lead AS lead_id,
  r.deal AS deal_id,
  r.contact AS contact_id,
  r.company AS company_id,
  r.amount AS amount,
  r.currency AS currency,
  r.activity_ids AS activity_ids,
  r.not_carried AS not_carried,
  r.converted_at AS converted_at
FROM crm_ledger r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_switches AS
SELECT
  p.name AS portal,
  r.key AS key,
  r.epoch AS epoch,
  r.terms AS terms,
  r.at_begin AS at_begin,
  r.began_at AS began_at,
  r.ended AS ended,
  r.ended_at AS ended_at
FROM crm_switch r JOIN crm_portal p ON p.id = r.portal;

CREATE VIEW crm_outcomes AS
SELECT
  p.name AS portal,
  s.key AS switch,
  r.epoch AS epoch,
  r.lead AS lead_id,
  r.kind AS outcome,
  r.code AS code,
  r.added AS added,
  r.contacts AS contacts,
  r.companies AS companies,
  r.bound AS bound,
  r.completed AS completed,
  r.kept_open AS kept_open
FROM crm_outcome r JOIN crm_portal p ON p.id = r.portal JOIN crm_switch s ON s.portal = r.portal AND s.epoch = r.epoch;

CREATE VIEW crm_actor_roles AS
SELECT
  p.name AS portal,
  r.actor AS actor,
  r.role AS role
FROM crm_actor_role r JOIN crm_portal p ON p.id = r.portal;
