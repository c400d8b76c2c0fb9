CREATE TABLE crm_portal (
    id SERIAL NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    mode SMALLINT NOT NULL CONSTRAINT crm_portal_check_mode CHECK (mode IN (1, 2)),
    epoch BIGINT NOT NULL,
    switch_key TEXT COLLATE "C",
    switch_epoch BIGINT,
    switch_terms TEXT COLLATE "C",
    match_setting TEXT COLLATE "C" NOT NULL,
    repeat_inquiry TEXT COLLATE "C" NOT NULL,
    last_policy TEXT COLLATE "C",
    settings_version BIGINT NOT NULL,
    stages TEXT COLLATE "C" NOT NULL,
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
    point TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_match_check_version CHECK (version >= 0),
    held BOOLEAN NOT NULL,
    CONSTRAINT crm_match_pkey PRIMARY KEY (portal, kind, point, key, id)
);

CREATE TABLE crm_counter (
    portal INTEGER NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT crm_counter_pkey PRIMARY KEY (portal, kind),
    CONSTRAINT crm_counter_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_pipeline (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_pipeline_check_version CHECK (version >= 1),
    name TEXT COLLATE "C",
    stages TEXT COLLATE "C" NOT NULL,
    archived BOOLEAN NOT NULL,
    CONSTRAINT crm_pipeline_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_pipeline_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_lead (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_lead_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_lead_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_lead_check_deleted CHECK (deleted_at IS NULL OR (semantics IS NULL AND contact_points IS NULL)),
    CONSTRAINT crm_lead_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_lead_check_converted CHECK (deal_id IS NULL OR deleted_at IS NOT NULL OR semantics = 'S'),
    CONSTRAINT crm_lead_check_whole CHECK (deleted_at IS NOT NULL OR (responsible IS NOT NULL AND opened IS NOT NULL AND stage IS NOT NULL AND semantics IN ('P', 'S', 'F')))
);

CREATE INDEX crm_lead_active ON crm_lead (portal, id) WHERE semantics = 'P';

CREATE TABLE crm_activity (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_activity_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_activity_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_activity_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id),
    CONSTRAINT crm_activity_check_whole CHECK (deleted_at IS NOT NULL OR (kind IS NOT NULL AND completed IS NOT NULL)),
    CONSTRAINT crm_activity_check_completed CHECK (completed_at IS NULL OR completed)
);

CREATE TABLE crm_tally (
    portal INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    slot SMALLINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    CONSTRAINT crm_tally_pkey PRIMARY KEY (portal, epoch, slot, outcome),
    CONSTRAINT crm_tally_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_switch (
    portal INTEGER NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_switch_check_version CHECK (version >= 1),
    epoch BIGINT NOT NULL,
    terms TEXT COLLATE "C" NOT NULL,
    at_begin BIGINT NOT NULL,
    began_at TEXT COLLATE "C" NOT NULL,
    ended TEXT COLLATE "C",
    ended_at TEXT COLLATE "C",
    CONSTRAINT crm_switch_pkey PRIMARY KEY (portal, key),
    CONSTRAINT crm_switch_check_ended CHECK (ended IN ('finished', 'cancelled')),
    CONSTRAINT crm_switch_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_command (
    portal INTEGER NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_command_check_version CHECK (version >= 1),
    fingerprint TEXT COLLATE "C" NOT NULL,
    made TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_command_pkey PRIMARY KEY (portal, key),
    CONSTRAINT crm_command_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_match_key (
    portal INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    point TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_match_key_pkey PRIMARY KEY (portal, kind, point, key),
    CONSTRAINT crm_match_key_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_role (
    portal INTEGER NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    settings BOOLEAN NOT NULL,
    export BOOLEAN NOT NULL,
    administrator BOOLEAN NOT NULL,
    CONSTRAINT crm_role_pkey PRIMARY KEY (portal, name),
    CONSTRAINT crm_role_knows_portal FOREIGN KEY(portal) REFERENCES crm_portal (id)
);

CREATE TABLE crm_company (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_company_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_company_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_company_check_whole CHECK (responsible IS NOT NULL AND opened IS NOT NULL),
    CONSTRAINT crm_company_knows_portal_lead_id FOREIGN KEY(portal, lead_id) REFERENCES crm_lead (portal, id)
);

CREATE TABLE crm_binding (
    portal INTEGER NOT NULL,
    activity BIGINT NOT NULL,
    kind SMALLINT NOT NULL CONSTRAINT crm_binding_check_kind CHECK (kind BETWEEN 0 AND 3),
    id BIGINT NOT NULL,
    CONSTRAINT crm_binding_pkey PRIMARY KEY (portal, activity, kind, id),
    CONSTRAINT crm_binding_knows_portal_activity FOREIGN KEY(portal, activity) REFERENCES crm_activity (portal, id)
);

CREATE UNIQUE INDEX crm_binding_of ON crm_binding (portal, kind, id, activity);

CREATE TABLE crm_outcome (
    portal INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    lead BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C",
    added BOOLEAN NOT NULL,
    contacts INTEGER NOT NULL,
    companies INTEGER NOT NULL,
    bound INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    kept_open INTEGER NOT NULL,
    CONSTRAINT crm_outcome_pkey PRIMARY KEY (portal, epoch, lead),
    CONSTRAINT crm_outcome_check_kind CHECK (kind IN ('converted', 'already_converted', 'closed', 'deleted', 'set_aside')),
    CONSTRAINT crm_outcome_knows_portal_lead FOREIGN KEY(portal, lead) REFERENCES crm_lead (portal, id)
);

CREATE INDEX crm_outcome_set_aside ON crm_outcome (portal, epoch, lead) WHERE kind = 'set_aside';

CREATE TABLE crm_role_level (
    portal INTEGER NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    pipeline_id BIGINT NOT NULL,
    level SMALLINT NOT NULL CONSTRAINT crm_role_level_check_level CHECK (level BETWEEN 0 AND 3),
    CONSTRAINT crm_role_level_pkey PRIMARY KEY (portal, role, operation, kind, pipeline_id),
    CONSTRAINT crm_role_level_knows_portal_role FOREIGN KEY(portal, role) REFERENCES crm_role (portal, name)
);

CREATE TABLE crm_actor_role (
    portal INTEGER NOT NULL,
    actor BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_actor_role_pkey PRIMARY KEY (portal, actor, role),
    CONSTRAINT crm_actor_role_knows_portal_role FOREIGN KEY(portal, role) REFERENCES crm_role (portal, name)
);

CREATE TABLE crm_contact (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_contact_check_version CHECK (version >= 1),
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
    CONSTRAINT crm_contact_pkey PRIMARY KEY (portal, id),
    CONSTRAINT crm_contact_knows_portal_lead_id FOREIGN KEY(portal, lead_id) REFERENCES crm_lead (portal, id),
    CONSTRAINT crm_contact_check_whole CHECK (responsible IS NOT NULL AND opened IS NOT NULL),
    CONSTRAINT crm_contact_knows_portal_company_id FOREIGN KEY(portal, company_id) REFERENCES crm_company (portal, id)
);

CREATE TABLE crm_deal (
    portal INTEGER NOT NULL,
    id BIGINT NOT NULL,
    version BIGINT NOT NULL CONSTRAINT crm_deal_check_version CHECK (version >= 1),
    responsible BIGINT,
    opened BOOLEAN,
    address TEXT COLLATE "C",
    comments TEXT COLLATE "C",
    origin TEXT COLLATE "C",
    utm TEXT COLLATE "C",
    custom TEXT COLLATE "C",
    created_at TEXT COLLATE "C",
    pipeline_id BIGINT NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    semantics TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C",
    amount TEXT COLLATE "C",
    currency TEXT COLLATE "C",
    source TEXT COLLATE "C",
    source_description TEXT COLLATE "C",
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
);

CREATE INDEX crm_deal_open_contact_id ON crm_deal (portal, contact_id) WHERE semantics = 'P' AND contact_id IS NOT NULL;

CREATE INDEX crm_deal_open_company_id ON crm_deal (portal, company_id) WHERE semantics = 'P' AND company_id IS NOT NULL;

CREATE UNIQUE INDEX crm_deal_source ON crm_deal (portal, lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE crm_ledger (
    portal INTEGER NOT NULL,
    lead BIGINT NOT NULL,
    deal BIGINT NOT NULL,
    contact BIGINT,
    company BIGINT,
    amount TEXT COLLATE "C",
    currency TEXT COLLATE "C",
    activity_ids TEXT COLLATE "C" NOT NULL,
    not_carried TEXT COLLATE "C" NOT NULL,
    converted_at TEXT COLLATE "C" NOT NULL,
    CONSTRAINT crm_ledger_pkey PRIMARY KEY (portal, lead),
    CONSTRAINT crm_ledger_knows_portal_lead FOREIGN KEY(portal, lead) REFERENCES crm_lead (portal, id),
    CONSTRAINT crm_ledger_knows_portal_deal FOREIGN KEY(portal, deal) REFERENCES crm_deal (portal, id),
    CONSTRAINT crm_ledger_unique_portal_deal UNIQUE (portal, deal),
    CONSTRAINT crm_ledger_knows_portal_company FOREIGN KEY(portal, company) REFERENCES crm_company (portal, id),
    CONSTRAINT crm_ledger_knows_portal_contact FOREIGN KEY(portal, contact) REFERENCES crm_contact (portal, id)
);

ALTER TABLE crm_lead ADD CONSTRAINT crm_lead_knows_portal_company_id FOREIGN KEY(portal, company_id) REFERENCES crm_company (portal, id);

ALTER TABLE crm_lead ADD CONSTRAINT crm_lead_knows_portal_contact_id FOREIGN KEY(portal, contact_id) REFERENCES crm_contact (portal, id);

ALTER TABLE crm_lead ADD CONSTRAINT crm_lead_knows_portal_deal_id FOREIGN KEY(portal, deal_id) REFERENCES crm_deal (portal, id);

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
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'email') AS emails,
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'phone') AS phones,
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
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'email') AS emails,
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'phone') AS phones,
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
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'email') AS emails,
  (SELECT string_agg(e.value ->> 2, ', ' ORDER BY e.place) FROM json_array_elements(r.contact_points::json) WITH ORDINALITY e(value, place) WHERE e.value ->> 0 = 'phone') AS phones,
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
