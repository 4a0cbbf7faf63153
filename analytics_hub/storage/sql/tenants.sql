-- Tenants: made as hub_maint by the command line; the limits are read as hub_writer, who sees these columns only.

-- name: create_tenant
-- all tenants: makes a new one, whose number the database gives
INSERT INTO hub.tenants (slug, name, late_horizon, declared_tags, series_max)
VALUES (%(slug)s, %(name)s, %(late_horizon)s, %(declared_tags)s, %(series_max)s)
ON CONFLICT (slug) DO NOTHING
RETURNING tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at

-- name: find_tenant
-- all tenants: finds one by what people type
SELECT tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at
  FROM hub.tenants WHERE slug = %(slug)s

-- name: list_tenants
-- all tenants: the operator's list
SELECT tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at
  FROM hub.tenants ORDER BY slug

-- name: tenant_limits
SELECT tenant_id, slug, late_horizon, declared_tags
  FROM hub.tenants WHERE tenant_id = %(tenant_id)s

-- name: tenant_limits_by_slug
-- all tenants: a topic is bound to a tenant by what people type
SELECT tenant_id, slug, late_horizon, declared_tags
  FROM hub.tenants WHERE slug = %(slug)s
