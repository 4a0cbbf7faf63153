-- The checks of lint.py: each statement answers with the objects that break its rule, one column, sorted. They read the
-- catalog, which every role may; the ones about rows run as hub_maint.

-- name: table_without_view
-- all tenants: the catalog knows none
-- A partition is read through its parent and needs no view. A view of hub itself has no barrier: only the listed ones.
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'hub' AND c.relkind IN ('r', 'p', 'm', 'f', 'v') AND NOT c.relispartition
  AND c.relname <> ALL (%(private_tables)s)
  AND NOT EXISTS (
      SELECT FROM pg_class v JOIN pg_namespace vn ON vn.oid = v.relnamespace
      WHERE vn.nspname = 'hub_read' AND v.relname = c.relname AND v.relkind = 'v')
ORDER BY 1

-- name: view_without_barrier
-- all tenants: the catalog knows none
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'hub_read'
  AND (c.relkind <> 'v' OR NOT coalesce('security_barrier=true' = ANY (c.reloptions), false)
       OR coalesce('security_invoker=true' = ANY (c.reloptions), false))
ORDER BY 1

-- name: view_without_tenant
-- The whole condition must be the test, written as a sub-select (computed once a statement).
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'hub_read' AND c.relkind = 'v' AND c.relname <> ALL (%(shared_tables)s)
  AND regexp_replace(pg_get_viewdef(c.oid), '\s+', ' ', 'g')
      !~ 'WHERE \(?tenant_id = \( SELECT hub\.cur_tenant\(\) AS cur_tenant\)\)?;$'
ORDER BY 1

-- name: rls_missing
-- all tenants: the catalog knows none
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'hub' AND c.relname = ANY (%(control_tables)s) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
ORDER BY 1

-- name: log_changeable
-- all tenants: the catalog knows none
-- 58: before DELETE, UPDATE and TRUNCATE (the bits of pg_trigger.tgtype).
SELECT 'hub.audit_log'
WHERE NOT EXISTS (
    SELECT FROM pg_trigger t
    WHERE t.tgrelid = to_regclass('hub.audit_log') AND t.tgfoid = to_regprocedure('hub.refuse_change()')
      AND t.tgtype & 58 = 58 AND t.tgqual IS NULL AND t.tgenabled IN ('O', 'A'))

-- name: definer_search_path
-- all tenants: the catalog knows none
-- pg_temp must be named, and last: unnamed it is searched first, and anybody may put objects there.
SELECT p.oid::regprocedure::text
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('hub', 'hub_read', 'hub_migrations', 'hub_jobs') AND p.prosecdef
  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
ORDER BY 1

-- name: wrong_owner
-- all tenants: the catalog knows none
SELECT object || ' of ' || owner::text
FROM (
    SELECT n.nspname || '.' || c.relname AS object, c.relowner::regrole AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('hub', 'hub_read', 'hub_migrations', 'hub_jobs')
    UNION ALL
    SELECT p.oid::regprocedure::text, p.proowner::regrole
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('hub', 'hub_read', 'hub_migrations', 'hub_jobs')
    UNION ALL
    SELECT 'schema ' || nspname, nspowner::regrole FROM pg_namespace WHERE nspname IN ('hub', 'hub_read', 'hub_migrations', 'hub_jobs')
) AS owned
WHERE owner <> 'hub_owner'::regrole
  AND NOT (object = ANY (%(auth_functions)s) AND owner = to_regrole('hub_auth'))
ORDER BY 1

-- name: strong_role
-- all tenants: the catalog knows none
SELECT r.rolname || ' ' || w.word
FROM pg_roles r
CROSS JOIN LATERAL (
    SELECT 'is a superuser' WHERE r.rolsuper
    UNION ALL SELECT 'has BYPASSRLS' WHERE r.rolbypassrls
    UNION ALL SELECT 'has CREATEROLE' WHERE r.rolcreaterole
    UNION ALL SELECT 'has CREATEDB' WHERE r.rolcreatedb
    UNION ALL SELECT 'has REPLICATION' WHERE r.rolreplication
    UNION ALL SELECT 'may log in' WHERE r.rolname = 'hub_auth' AND r.rolcanlogin
    UNION ALL
    SELECT 'is a member of ' || m.roleid::regrole::text
    FROM pg_auth_members m
    WHERE m.member = r.oid AND NOT (r.rolname = 'hub_owner' AND m.roleid = to_regrole('hub_auth') AND NOT m.inherit_option)
) AS w (word)
WHERE r.rolname IN ('hub_owner', 'hub_writer', 'hub_maint', 'hub_reader', 'hub_auth')
ORDER BY 1

-- name: rights
-- all tenants: the catalog knows none
-- Who may do what: PUBLIC and the serving roles, on everything of ours (columns too). Python holds the allowed list.
SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee,
       a.privilege_type || ' on ' || o.name AS granted
FROM (
    SELECT n.nspname, n.nspname || '.' || c.relname AS name, c.relacl AS acl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT n.nspname, n.nspname || '.' || c.relname || ' (' || t.attname || ')', t.attacl
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT n.nspname, p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT n.nspname, 'schema ' || n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner)) FROM pg_namespace n
    UNION ALL
    SELECT 'hub', 'the database', coalesce(d.datacl, acldefault('d', d.datdba))
    FROM pg_database d WHERE d.datname = current_database()
) AS o
CROSS JOIN LATERAL aclexplode(o.acl) AS a
WHERE o.nspname IN ('hub', 'hub_read', 'hub_migrations', 'hub_jobs', 'public')
  AND (a.grantee = 0 OR a.grantee IN (to_regrole('hub_reader'), to_regrole('hub_writer'), to_regrole('hub_maint')))
ORDER BY 1, 2

-- name: loose_day
-- all tenants: the catalog knows none
-- A day table that was made but not attached would be invisible.
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'hub' AND c.relkind = 'r' AND NOT c.relispartition AND c.relname ~ '^(usage_events|usage_1m)_\d{8}$'
ORDER BY 1

-- name: orphan_series
SELECT 'tenant_id ' || o.tenant_id || ': ' || count(*) || ' series'
FROM (
    SELECT tenant_id, series_id FROM hub.usage_1m
    UNION
    SELECT tenant_id, series_id FROM hub.usage_1h
) AS o
WHERE NOT EXISTS (SELECT FROM hub.series s WHERE s.tenant_id = o.tenant_id AND s.series_id = o.series_id)
GROUP BY o.tenant_id
ORDER BY o.tenant_id
