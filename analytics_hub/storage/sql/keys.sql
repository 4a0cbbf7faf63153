-- Keys: written as hub_maint by the command line; looked up and marked as used as hub_reader, through functions of
-- hub_auth; listed as hub_reader through the barrier view.

-- name: add_key
INSERT INTO hub.api_keys (key_id, tenant_id, prefix, key_hash, scopes, expires_at, name)
VALUES (%(key_id)s, %(tenant_id)s, %(prefix)s, %(key_hash)s, %(scopes)s, %(expires_at)s, %(name)s)
ON CONFLICT (prefix) DO NOTHING

-- name: retire_key
-- Its life may be shorter than the grace. The successor is made to live as long as the old one was.
WITH old AS (
    SELECT key_id, created_at, expires_at FROM hub.api_keys
    WHERE tenant_id = %(tenant_id)s AND prefix = %(prefix)s
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    FOR UPDATE
)
UPDATE hub.api_keys k SET expires_at = least(old.expires_at, now() + %(grace)s)
  FROM old
 WHERE k.tenant_id = %(tenant_id)s AND k.key_id = old.key_id
RETURNING k.name, k.scopes, k.expires_at, now() + (old.expires_at - old.created_at)

-- name: revoke_key
UPDATE hub.api_keys SET revoked_at = now()
 WHERE tenant_id = %(tenant_id)s AND prefix = %(prefix)s
   AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- name: authenticate
-- all tenants: the key says which tenant is asking
SELECT key_id, tenant_id, slug, key_hash, scopes, expires_at, revoked_at
  FROM hub.authenticate(%(prefix)s)

-- name: allow_writing
-- all tenants: readers read only, but for the marks of use
SET TRANSACTION READ WRITE

-- name: touch_keys
-- all tenants: whatever keys were used in this process
SELECT hub.touch_keys(%(key_ids)s)

-- name: list_keys
SELECT key_id, prefix, name, scopes, created_at, expires_at, revoked_at, last_used_at
  FROM hub_read.api_keys
 WHERE tenant_id = %(tenant_id)s
   AND (%(after_at)s::timestamptz IS NULL OR (created_at, key_id) < (%(after_at)s, %(after_id)s::uuid))
 ORDER BY created_at DESC, key_id DESC
 LIMIT %(limit)s
