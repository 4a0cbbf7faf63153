-- depends: 0003_rollups
-- The stream's own books: where each source stands, what became of every event, and the rejects.

-- Numbers every flush; the number ties its mark, its ledger rows and its dead letters together.
CREATE SEQUENCE hub.flush_id_seq AS int8 CACHE 1;
GRANT USAGE ON SEQUENCE hub.flush_id_seq TO hub_writer, hub_maint;

-- The fence. A flush moves next_offset where epoch and offset are still its own; a zombie finds no row. The only
-- updated table of the hot path: a few hundred rows, one update a flush, room on the page keeps the updates in place.
CREATE TABLE hub.ingest_offsets (
    partition_key text PRIMARY KEY,
    next_offset int8 NOT NULL CHECK (next_offset >= 0),
    epoch int8 NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON hub.ingest_offsets TO hub_writer;
GRANT SELECT ON hub.ingest_offsets TO hub_maint;

-- received = stored + duplicate + rejected, per tenant and hour of receipt. No CHECK of that: `received` is counted
-- apart from the outcomes, and the equation must be able to fail where somebody can see it.
CREATE TABLE hub.ingest_ledger (
    tenant_id int4 NOT NULL,
    hour timestamptz NOT NULL,
    flush_id int8 NOT NULL,
    received int8 NOT NULL,
    stored int8 NOT NULL,
    duplicate int8 NOT NULL,
    rejected int8 NOT NULL,
    PRIMARY KEY (tenant_id, hour, flush_id)
);
GRANT INSERT ON hub.ingest_ledger TO hub_writer;
GRANT SELECT ON hub.ingest_ledger TO hub_maint;

-- Rejects, kept for reading and replay. tenant_id NULL is impossible: a body without a known tenant is refused at the
-- edge. position is the line or ordinal in the origin, at_byte where the syntax broke (-1: not a matter of syntax).
CREATE TABLE hub.dead_letters (
    dead_letter_id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id int4 NOT NULL,
    received_at timestamptz NOT NULL,
    flush_id int8 NOT NULL,
    origin text NOT NULL,
    position int8 NOT NULL,
    at_byte int4 NOT NULL,
    code text NOT NULL,
    field text NOT NULL,
    message text NOT NULL,
    payload bytea NOT NULL CHECK (length(payload) <= 65536),
    payload_truncated bool NOT NULL
);
CREATE INDEX dead_letters_tenant_received ON hub.dead_letters (tenant_id, received_at);
GRANT INSERT ON hub.dead_letters TO hub_writer;
GRANT SELECT, DELETE ON hub.dead_letters TO hub_maint;
