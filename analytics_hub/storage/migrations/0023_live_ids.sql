-- depends: 0022_members_and_audit
-- The name under which changes of a tenant are told on the channel `hub_live`. Any role may listen there, so the name is
-- random and nothing else of ours contains it: who hears it learns neither whose it is nor how many tenants there are.
ALTER TABLE hub.tenants ADD COLUMN live_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE;
GRANT SELECT (live_id) ON hub.tenants TO hub_writer;

CREATE OR REPLACE VIEW hub_read.tenants WITH (security_barrier = true) AS
    SELECT
        tenant_id, slug, name, late_horizon, declared_tags, series_max, created_at, live_id
    FROM hub.tenants
    WHERE tenant_id = (SELECT hub.cur_tenant());
