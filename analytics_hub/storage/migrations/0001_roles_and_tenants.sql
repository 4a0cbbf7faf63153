-- Schemas, rights by default, tenants and their keys.
--
-- Runs as hub_owner, who owns everything below. The roles come from sql/bootstrap_server.sql (they are cluster-wide and
-- need CREATEROLE); this migration only says so when they are missing.
--
-- Two schemas: `hub` holds the tables and is closed to readers; `hub_read` holds one security-barrier view for every
-- table that a tenant may see. PUBLIC gets nothing, now or by default.

DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(name, ', ') INTO missing
    FROM unnest(ARRAY['hub_owner', 'hub_writer', 'hub_maint', 'hub_reader', 'hub_auth']) AS name
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'roles are missing: %', missing USING HINT = 'Run sql/bootstrap_server.sql as a superuser first.';
    END IF;
    IF current_user <> 'hub_owner' THEN
        RAISE EXCEPTION 'migrations run as hub_owner, not as %', current_user;
    END IF;
END
$$;

CREATE SCHEMA hub;
CREATE SCHEMA hub_read;
GRANT USAGE ON SCHEMA hub TO hub_writer, hub_maint, hub_reader, hub_auth;
GRANT USAGE ON SCHEMA hub_read TO hub_reader;

-- A function is executable by everybody unless somebody remembers to revoke it: nobody has to remember.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

-- Which engine the tables of this database were made for.
CREATE FUNCTION hub.engine() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN 'timescaledb' ELSE 'plain' END $$;
GRANT EXECUTE ON FUNCTION hub.engine() TO hub_writer, hub_maint, hub_reader;

-- The tenant of this transaction: NULL when none is set, and NULL equals nothing. No SET clause: it would stop the
-- planner from inlining, and every name is qualified anyway.
CREATE FUNCTION hub.cur_tenant() RETURNS int4
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(pg_catalog.current_setting('hub.tenant_id', true), '')::pg_catalog.int4 $$;
GRANT EXECUTE ON FUNCTION hub.cur_tenant() TO hub_writer, hub_maint, hub_reader;

-- Which migrations this database has: asked by every process at start, before it trusts the schema.
CREATE FUNCTION hub.applied_migrations() RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(array_agg(m.migration_id::text ORDER BY m.migration_id), '{}') FROM hub_migrations._yoyo_migration m $$;
GRANT EXECUTE ON FUNCTION hub.applied_migrations() TO hub_writer, hub_maint, hub_reader;

-- int4 ids: four bytes in every row of every table; two thousand million tenants are placed on cells long before.
CREATE TABLE hub.tenants (
    tenant_id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
    -- NULL: events of any age are taken.
    late_horizon interval DEFAULT '7 days' CHECK (late_horizon > '0'),
    declared_tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(declared_tags) <= 8 AND array_position(declared_tags, NULL) IS NULL),
    series_max int4 NOT NULL DEFAULT 10000 CHECK (series_max > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The prefix is public and finds the key; only a hash of the secret is kept (a random 256-bit secret needs no slow hash).
CREATE TABLE hub.api_keys (
    key_id uuid PRIMARY KEY,
    tenant_id int4 NOT NULL REFERENCES hub.tenants,
    prefix text NOT NULL UNIQUE,
    key_hash bytea NOT NULL CHECK (length(key_hash) >= 32),
    scopes text[] NOT NULL CHECK (scopes <@ ARRAY['ingest', 'query', 'admin']),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_tenant ON hub.api_keys (tenant_id);

-- FORCE: the policies bind the owner too, so the barrier views (which read as the owner) stand on a second wall here.
ALTER TABLE hub.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub.tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE hub.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub.api_keys FORCE ROW LEVEL SECURITY;

CREATE POLICY tenants_own ON hub.tenants FOR SELECT TO hub_owner USING (tenant_id = (SELECT hub.cur_tenant()));
CREATE POLICY tenants_auth ON hub.tenants FOR SELECT TO hub_auth USING (true);
CREATE POLICY tenants_limits ON hub.tenants FOR SELECT TO hub_writer USING (true);
-- Making tenants and keys is the operator's act, done as hub_maint by the command line.
CREATE POLICY tenants_maint ON hub.tenants TO hub_maint USING (true) WITH CHECK (true);
CREATE POLICY api_keys_own ON hub.api_keys FOR SELECT TO hub_owner USING (tenant_id = (SELECT hub.cur_tenant()));
CREATE POLICY api_keys_auth ON hub.api_keys FOR SELECT TO hub_auth USING (true);
CREATE POLICY api_keys_maint ON hub.api_keys TO hub_maint USING (true) WITH CHECK (true);

GRANT SELECT (tenant_id, slug, late_horizon, declared_tags, series_max) ON hub.tenants TO hub_writer;
GRANT SELECT, INSERT, UPDATE ON hub.tenants, hub.api_keys TO hub_maint;
GRANT SELECT ON hub.tenants, hub.api_keys TO hub_auth;

-- The one door from a key's prefix to its tenant, for processes that may not read the tables. It returns what the
-- caller needs to decide (the hash is compared in constant time by the caller) and nothing of any other key. No row:
-- no such key. A revoked or expired key is returned with its dates: the caller says which it was.
CREATE FUNCTION hub.authenticate(prefix text)
    RETURNS TABLE (
        key_id uuid, tenant_id int4, slug text, key_hash bytea, scopes text[], expires_at timestamptz, revoked_at timestamptz
    )
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT k.key_id, k.tenant_id, t.slug, k.key_hash, k.scopes, k.expires_at, k.revoked_at
        FROM hub.api_keys k
        JOIN hub.tenants t ON t.tenant_id = k.tenant_id
        WHERE k.prefix = authenticate.prefix
    $$;
GRANT EXECUTE ON FUNCTION hub.authenticate(text) TO hub_writer, hub_reader;
-- The new owner must be able to make things here for the moment of the hand-over.
GRANT CREATE ON SCHEMA hub TO hub_auth;
ALTER FUNCTION hub.authenticate(text) OWNER TO hub_auth;
REVOKE CREATE ON SCHEMA hub FROM hub_auth;
