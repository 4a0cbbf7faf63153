-- depends: 0021_marked_hours
-- Who people are in a tenant, what was done in its name, and when a key was last used.

-- A person is an issuer's subject: e-mail addresses are reused, and change. 255: what OpenID Connect allows a subject.
CREATE TABLE hub.members (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    member_id uuid NOT NULL,
    issuer text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    email text NOT NULL DEFAULT '' CHECK (length(email) <= 320),
    role text NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
    added_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    PRIMARY KEY (tenant_id, member_id)
);
-- Removed and added again is two rows: what was true stays on record.
CREATE UNIQUE INDEX members_in_force ON hub.members (tenant_id, issuer, subject) WHERE removed_at IS NULL;

-- Written in the transaction of the act itself: no act without its line, no line without its act.
CREATE TABLE hub.audit_log (
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    at timestamptz NOT NULL DEFAULT now(),
    audit_id int8 GENERATED ALWAYS AS IDENTITY,
    actor_kind text NOT NULL CHECK (actor_kind IN ('key', 'member', 'operator')),
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 800),
    action text NOT NULL CHECK (action ~ '^[a-z]+\.[a-z]+$'),
    subject text NOT NULL CHECK (length(subject) <= 800),
    detail jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object' AND length(detail::text) <= 4000),
    PRIMARY KEY (tenant_id, at, audit_id)
);

-- Append-only for everybody: the serving roles have no right to change a line, and whoever has one by owning the table
-- meets this.
CREATE FUNCTION hub.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN RAISE EXCEPTION 'hub.% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hub.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION hub.refuse_change();

ALTER TABLE hub.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub.members FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub.audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY members_own ON hub.members FOR SELECT TO hub_owner USING (tenant_id = (SELECT hub.cur_tenant()));
CREATE POLICY members_auth ON hub.members FOR SELECT TO hub_auth USING (true);
CREATE POLICY members_maint ON hub.members TO hub_maint USING (true) WITH CHECK (true);
CREATE POLICY audit_log_own ON hub.audit_log FOR SELECT TO hub_owner USING (tenant_id = (SELECT hub.cur_tenant()));
CREATE POLICY audit_log_read ON hub.audit_log FOR SELECT TO hub_maint USING (true);
CREATE POLICY audit_log_add ON hub.audit_log FOR INSERT TO hub_maint WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON hub.members TO hub_maint;
GRANT SELECT, INSERT ON hub.audit_log TO hub_maint;
GRANT SELECT ON hub.members TO hub_auth;

-- The name is for people. The last use is true to the minute: it is written now and then, not with every request.
ALTER TABLE hub.api_keys
    ADD COLUMN name text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
    ADD COLUMN last_used_at timestamptz;
CREATE POLICY api_keys_touch ON hub.api_keys FOR UPDATE TO hub_auth USING (true) WITH CHECK (true);
GRANT UPDATE (last_used_at) ON hub.api_keys TO hub_auth;

-- The one door from a person to the role in a tenant, for processes that may not read the tables. No row: no such tenant.
-- No role: the tenant is there, and this person never was in it. A member who left is returned with the date.
CREATE FUNCTION hub.member(issuer text, subject text, tenant_slug text)
    RETURNS TABLE (tenant_id int4, slug text, role text, removed_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT t.tenant_id, t.slug, m.role, m.removed_at
        FROM hub.tenants t
        LEFT JOIN LATERAL (
            SELECT n.role, n.removed_at FROM hub.members n
            WHERE n.tenant_id = t.tenant_id AND n.issuer = member.issuer AND n.subject = member.subject
            ORDER BY n.removed_at DESC NULLS FIRST LIMIT 1
        ) AS m ON true
        WHERE t.slug = member.tenant_slug
    $$;

-- These keys were used just now. Keys that another process marks at this moment are skipped: they have it already, and
-- two lists in different orders would wait for each other for ever.
CREATE FUNCTION hub.touch_keys(key_ids uuid[]) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        UPDATE hub.api_keys k SET last_used_at = now()
        FROM (
            SELECT a.key_id FROM hub.api_keys a WHERE a.key_id = ANY (key_ids)
            ORDER BY a.key_id FOR NO KEY UPDATE SKIP LOCKED
        ) AS used
        WHERE k.key_id = used.key_id AND (k.last_used_at IS NULL OR k.last_used_at < now())
    $$;

GRANT EXECUTE ON FUNCTION hub.member(text, text, text) TO hub_reader;
GRANT EXECUTE ON FUNCTION hub.touch_keys(uuid[]) TO hub_reader, hub_writer;
-- The new owner must be able to make things here for the moment of the hand-over.
GRANT CREATE ON SCHEMA hub TO hub_auth;
ALTER FUNCTION hub.member(text, text, text) OWNER TO hub_auth;
ALTER FUNCTION hub.touch_keys(uuid[]) OWNER TO hub_auth;
REVOKE CREATE ON SCHEMA hub FROM hub_auth;

CREATE VIEW hub_read.members WITH (security_barrier = true) AS
    SELECT
        tenant_id, member_id, issuer, subject, email, role, added_at, removed_at
    FROM hub.members
    WHERE tenant_id = (SELECT hub.cur_tenant());

CREATE VIEW hub_read.audit_log WITH (security_barrier = true) AS
    SELECT
        tenant_id, at, audit_id, actor_kind, actor, action, subject, detail
    FROM hub.audit_log
    WHERE tenant_id = (SELECT hub.cur_tenant());

-- Still without the hash.
CREATE OR REPLACE VIEW hub_read.api_keys WITH (security_barrier = true) AS
    SELECT
        key_id, tenant_id, prefix, scopes, created_at, expires_at, revoked_at, name, last_used_at
    FROM hub.api_keys
    WHERE tenant_id = (SELECT hub.cur_tenant());

GRANT SELECT ON hub_read.members, hub_read.audit_log TO hub_reader;
