-- Members: looked up as hub_reader through hub.member.

-- name: member
-- all tenants: the credential says which tenant is asked for
SELECT tenant_id, slug, role, removed_at
  FROM hub.member(%(issuer)s, %(subject)s, %(slug)s)
