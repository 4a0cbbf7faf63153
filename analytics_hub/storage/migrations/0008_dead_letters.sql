-- depends: 0007_statistics
-- Dead letters are read in pages, replayed, and bounded by day; the ledger learns when it was written and what left it.

-- The order of a page. The old index was its beginning.
CREATE INDEX dead_letters_page ON hub.dead_letters (tenant_id, received_at, dead_letter_id);
DROP INDEX hub.dead_letters_tenant_received;

-- What became of each dead letter that was submitted again. Append-only: no role but maint may take a row away. No foreign
-- key: a letter may be gone by retention, and the book of what was done stays.
CREATE TABLE hub.dead_letter_replays (
    replay_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id int4 NOT NULL,
    dead_letter_id int8 NOT NULL,
    replayed_at timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'not_replayable')),
    code text NOT NULL
);
CREATE INDEX dead_letter_replays_letter ON hub.dead_letter_replays (tenant_id, dead_letter_id, replay_id);
GRANT INSERT ON hub.dead_letter_replays TO hub_writer;
GRANT SELECT, DELETE ON hub.dead_letter_replays TO hub_maint;

CREATE VIEW hub_read.dead_letter_replays WITH (security_barrier = true) AS
    SELECT
        replay_id, tenant_id, dead_letter_id, replayed_at, outcome, code
    FROM hub.dead_letter_replays
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- How much of a tenant's rejects of one UTC day of receipt was kept. One row a tenant and day, touched only by flushes
-- that bring rejects; room on the page keeps the updates in place.
CREATE TABLE hub.dead_letter_volume (
    tenant_id int4 NOT NULL,
    day date NOT NULL,
    letters int8 NOT NULL,
    payload_bytes int8 NOT NULL,
    counted_only int8 NOT NULL,
    PRIMARY KEY (tenant_id, day)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON hub.dead_letter_volume TO hub_writer;
GRANT SELECT, DELETE ON hub.dead_letter_volume TO hub_maint;

CREATE VIEW hub_read.dead_letter_volume WITH (security_barrier = true) AS
    SELECT
        tenant_id, day, letters, payload_bytes, counted_only
    FROM hub.dead_letter_volume
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- When a flush was committed (to be exact: begun), for freshness and for rates.
ALTER TABLE hub.ingest_ledger ADD COLUMN flushed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX ingest_ledger_flushed ON hub.ingest_ledger (flushed_at);
CREATE OR REPLACE VIEW hub_read.ingest_ledger WITH (security_barrier = true) AS
    SELECT
        tenant_id, hour, flush_id, received, stored, duplicate, rejected, flushed_at
    FROM hub.ingest_ledger
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- Events that were stored and are no longer there on purpose, by hour of receipt, so that the ledger can still be compared
-- with the rows: stored = rows + removed. Written in the transaction that removes them.
CREATE TABLE hub.ledger_removals (
    removal_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id int4 NOT NULL,
    hour timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason IN ('purged', 'erased')),
    events int8 NOT NULL CHECK (events > 0),
    removed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_removals_hour ON hub.ledger_removals (tenant_id, hour);
GRANT SELECT, INSERT ON hub.ledger_removals TO hub_maint;

CREATE VIEW hub_read.ledger_removals WITH (security_barrier = true) AS
    SELECT
        removal_id, tenant_id, hour, reason, events, removed_at
    FROM hub.ledger_removals
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.dead_letter_replays, hub_read.dead_letter_volume, hub_read.ledger_removals TO hub_reader;
