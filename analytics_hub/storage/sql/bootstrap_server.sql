-- Once per server, by a superuser (or a role with CREATEROLE and CREATEDB): the roles, which are cluster-wide.
-- The embedded server runs this by itself. On a server of your own:
--   psql -d postgres -f bootstrap_server.sql && createdb --owner=hub_owner --template=template0 --encoding=UTF8 hub \
--     && psql -d hub -f bootstrap_database.sql
-- then give hub_owner, hub_writer, hub_maint and hub_reader their passwords (ALTER ROLE … PASSWORD …).
-- No role here is ever superuser, BYPASSRLS or CREATEROLE, and none is a member of another but where said.
-- all tenants: roles and rights are made before any tenant is.

DO $$
DECLARE
    role_name text;
BEGIN
    IF current_setting('server_version_num')::int < 160000 THEN
        RAISE EXCEPTION 'PostgreSQL 16 or newer is needed, this is %', current_setting('server_version');
    END IF;
    FOREACH role_name IN ARRAY ARRAY['hub_owner', 'hub_writer', 'hub_maint', 'hub_reader', 'hub_auth'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- two bootstraps at once: the other one made it
            END;
        END IF;
    END LOOP;
END
$$;

-- Owner: migrations only. Writer: loading. Maint: closing hours, retention, tenants. Reader: questions.
ALTER ROLE hub_owner LOGIN;
ALTER ROLE hub_writer LOGIN;
ALTER ROLE hub_maint LOGIN;
ALTER ROLE hub_reader LOGIN;
-- hub_auth owns the functions that say who is asking and nothing else; nobody can be it.
ALTER ROLE hub_auth NOLOGIN;

-- The owner gives these functions away (ALTER FUNCTION … OWNER TO), which needs SET, but inherits none of its rights.
GRANT hub_auth TO hub_owner WITH INHERIT FALSE, SET TRUE;

-- Every query is planned for its own values: a generic plan would read every day partition. Compiling short
-- statements costs more than it saves.
ALTER ROLE hub_reader SET plan_cache_mode = 'force_custom_plan';
ALTER ROLE hub_reader SET jit = 'off';
ALTER ROLE hub_reader SET default_transaction_read_only = 'on';
ALTER ROLE hub_maint SET jit = 'off';
ALTER ROLE hub_writer SET jit = 'off';
