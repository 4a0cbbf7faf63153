-- Notices that usage of a tenant was committed: told by hub_writer after the commit, heard by hub_reader.

-- name: announce
-- At most 200 tenants a statement: 37 bytes each, and a payload ends at 8,000.
SELECT pg_notify('hub_live', string_agg(live_id::text, ','))
  FROM hub.tenants WHERE tenant_id = ANY(%(tenants)s::int4[]) HAVING count(*) > 0

-- name: listen
-- all tenants: the channel names none
LISTEN hub_live

-- name: live_id
SELECT live_id::text FROM hub_read.tenants WHERE tenant_id = %(tenant_id)s::int4

-- name: alive
-- all tenants: reads nothing
SELECT 1
