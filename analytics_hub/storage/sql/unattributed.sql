-- Messages of the stream without a tenant, written as hub_writer by analytics_hub/storage/unattributed.py.

-- name: keep_message
-- all tenants: nobody can say whose it is
INSERT INTO hub.unattributed_messages (
    partition_key, message_offset, origin, written_at, code, reason, headers, payload, payload_truncated)
SELECT %(partition_key)s, %(message_offset)s, %(origin)s, %(written_at)s, %(code)s, %(reason)s, %(headers)s, %(payload)s,
       %(payload_truncated)s
 WHERE (SELECT count(k.partition_key) FROM hub.unattributed_messages k) < %(kept_max)s
ON CONFLICT (partition_key, message_offset) DO NOTHING
