-- The order book of a repair shop. An enquiry may become a job for a customer, a firm, or both.
--
-- Every kind of record has one table: `ref` names the record, `revision` counts its writes,
-- `card` is the whole record as JSON. The columns to search by are computed from the card,
-- so no two of them can disagree. Nothing is ever removed from these tables.

BEGIN IMMEDIATE;

CREATE TABLE house_rules (
    ref INTEGER PRIMARY KEY CHECK (ref = 0), revision INTEGER NOT NULL, card TEXT NOT NULL,
    epoch INTEGER AS (json_extract(card, '$.epoch'))
);
CREATE TABLE enquiry_stages (
    ref INTEGER PRIMARY KEY CHECK (ref = 0), revision INTEGER NOT NULL, card TEXT NOT NULL
);
CREATE TABLE workshop (ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
CREATE TABLE enquiry (
    ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL,
    stage TEXT AS (json_extract(card, '$.stage')),
    waiting INTEGER AS (coalesce(json_extract(card, '$.semantics') = 'P', 0))
);
CREATE INDEX enquiry_waiting ON enquiry (ref) WHERE waiting;
CREATE INDEX enquiry_by_stage ON enquiry (stage);
CREATE TABLE job (
    ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL,
    running INTEGER AS (json_extract(card, '$.semantics') = 'P'),
    customer INTEGER AS (json_extract(card, '$.contact_id')),
    firm INTEGER AS (json_extract(card, '$.company_id'))
);
CREATE INDEX job_of_customer ON job (customer) WHERE running;
CREATE INDEX job_of_firm ON job (firm) WHERE running;
CREATE TABLE customer (ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
CREATE TABLE firm (ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
CREATE TABLE task (ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
-- Which enquiry became which job, for ever.
CREATE TABLE accepted (ref INTEGER PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
-- Every time the shop went over to working without enquiries.
CREATE TABLE changeover (ref TEXT PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);
-- The keys of requests that were carried out, so that one that comes twice is known.
CREATE TABLE request (ref TEXT PRIMARY KEY, revision INTEGER NOT NULL, card TEXT NOT NULL);

-- What a task is about.
CREATE TABLE task_about (
    task INTEGER NOT NULL, kind TEXT NOT NULL, ref INTEGER NOT NULL,
    PRIMARY KEY (task, kind, ref)
) WITHOUT ROWID;
CREATE INDEX task_about_whom ON task_about (kind, ref);

-- What became of each enquiry in a changeover.
CREATE TABLE fate (
    epoch INTEGER NOT NULL, enquiry INTEGER NOT NULL, card TEXT NOT NULL,
    kind TEXT AS (json_extract(card, '$.kind')),
    PRIMARY KEY (epoch, enquiry)
);
CREATE INDEX fate_set_aside ON fate (epoch, enquiry) WHERE kind = 'set_aside';

-- Who can be reached under which address, and how often that has changed. The count outlives the customer's address,
-- so it goes by a digest that nobody can read.
CREATE TABLE address (
    kind TEXT NOT NULL, point TEXT NOT NULL, value TEXT NOT NULL, ref INTEGER NOT NULL,
    PRIMARY KEY (kind, point, value, ref)
) WITHOUT ROWID;
CREATE INDEX address_of ON address (kind, ref);
CREATE TABLE address_revision (
    kind TEXT NOT NULL, point TEXT NOT NULL, digest TEXT NOT NULL, revision INTEGER NOT NULL,
    PRIMARY KEY (kind, point, digest)
) WITHOUT ROWID;

-- The first number that was not handed out yet.
CREATE TABLE last_number (kind TEXT PRIMARY KEY, number INTEGER NOT NULL);

-- Who works here, as what, and what that allows.
CREATE TABLE job_title (
    name TEXT PRIMARY KEY, settings INTEGER NOT NULL, export INTEGER NOT NULL, administrator INTEGER NOT NULL
);
CREATE TABLE job_title_allows (
    title TEXT NOT NULL, operation TEXT NOT NULL, kind TEXT NOT NULL, workshop INTEGER,
    level INTEGER NOT NULL
);
CREATE TABLE staff (
    person INTEGER NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (person, title)
) WITHOUT ROWID;

-- What the shop has subscribed to.
CREATE TABLE subscription (enquiries INTEGER NOT NULL);
INSERT INTO subscription VALUES (1);

PRAGMA user_version = 1;
COMMIT;
