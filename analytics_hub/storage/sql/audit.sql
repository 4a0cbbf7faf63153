-- The audit log: written as hub_maint, each line in the transaction of its act; read by an operator as hub_maint, by a
-- tenant's admin as hub_reader through the barrier view.

-- name: record
INSERT INTO hub.audit_log (tenant_id, actor_kind, actor, action, subject, detail)
VALUES (%(tenant_id)s, %(actor_kind)s, %(actor)s, %(action)s, %(subject)s, %(detail)s)

-- name: newest
-- No tenant: the operator's look at all of them.
SELECT l.audit_id, l.at, t.slug, l.actor_kind, l.actor, l.action, l.subject, l.detail
  FROM hub.audit_log l JOIN hub.tenants t ON t.tenant_id = l.tenant_id
 WHERE (%(tenant_id)s::int4 IS NULL OR l.tenant_id = %(tenant_id)s) AND l.at >= %(start)s AND l.at < %(end)s
 ORDER BY l.at DESC, l.audit_id DESC
 LIMIT %(limit)s

-- name: list_lines
SELECT l.audit_id, l.at, t.slug, l.actor_kind, l.actor, l.action, l.subject, l.detail
  FROM hub_read.audit_log l JOIN hub_read.tenants t ON t.tenant_id = l.tenant_id
 WHERE l.tenant_id = %(tenant_id)s AND l.at >= %(start)s AND l.at < %(end)s
   AND (%(after_at)s::timestamptz IS NULL OR (l.at, l.audit_id) < (%(after_at)s, %(after_id)s))
 ORDER BY l.at DESC, l.audit_id DESC
 LIMIT %(limit)s
