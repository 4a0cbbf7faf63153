-- Members: looked up as hub_reader through hub.member; written as hub_maint by the command line; listed as hub_reader
-- through the barrier view.

-- name: member
-- all tenants: the credential says which tenant is asked for
SELECT tenant_id, slug, role, removed_at
  FROM hub.member(%(issuer)s, %(subject)s, %(slug)s)

-- name: add_member
INSERT INTO hub.members (tenant_id, member_id, issuer, subject, email, role)
VALUES (%(tenant_id)s, %(member_id)s, %(issuer)s, %(subject)s, %(email)s, %(role)s)
ON CONFLICT (tenant_id, issuer, subject) WHERE removed_at IS NULL DO NOTHING

-- name: named
SELECT member_id, issuer, subject, email, role, added_at, removed_at
  FROM hub.members
 WHERE tenant_id = %(tenant_id)s AND removed_at IS NULL AND (subject = %(name)s OR email = %(name)s)
 ORDER BY added_at, member_id
 FOR UPDATE

-- name: set_role
UPDATE hub.members SET role = %(role)s WHERE tenant_id = %(tenant_id)s AND member_id = %(member_id)s

-- name: remove_member
UPDATE hub.members SET removed_at = now() WHERE tenant_id = %(tenant_id)s AND member_id = %(member_id)s

-- name: list_members
SELECT member_id, issuer, subject, email, role, added_at, removed_at
  FROM hub_read.members
 WHERE tenant_id = %(tenant_id)s
   AND (%(after_at)s::timestamptz IS NULL OR (added_at, member_id) < (%(after_at)s, %(after_id)s::uuid))
 ORDER BY added_at DESC, member_id DESC
 LIMIT %(limit)s
