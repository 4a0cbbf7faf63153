-- depends: 0008_dead_letters
-- Messages of the stream that no tenant can be charged with: their headers cannot be read, or name a tenant that does not
-- exist. They belong to nobody, so no view shows them; the operator looks with hub_maint. A direct producer that writes
-- rubbish must not fill the disk: the writer keeps a bounded number and counts the rest (HUB_WORKER_UNATTRIBUTED_KEPT_MAX).

CREATE TABLE hub.unattributed_messages (
    partition_key text NOT NULL,
    message_offset int8 NOT NULL CHECK (message_offset >= 0),
    origin text NOT NULL,
    written_at timestamptz,
    kept_at timestamptz NOT NULL DEFAULT now(),
    code text NOT NULL,
    reason text NOT NULL,
    headers text NOT NULL CHECK (length(headers) <= 65536),
    payload bytea NOT NULL CHECK (length(payload) <= 65536),
    payload_truncated bool NOT NULL,
    -- A worker that dies before its flush keeps the same message again.
    PRIMARY KEY (partition_key, message_offset)
);
GRANT INSERT, SELECT (partition_key, message_offset) ON hub.unattributed_messages TO hub_writer;
GRANT SELECT, DELETE ON hub.unattributed_messages TO hub_maint;
