-- depends: 0012_closer_rights
-- When a tenant was flushed last, and how many flushes began shortly before: the version of its data, read before every
-- answer that may be told unchanged (analytics_hub/query/freshness.py). The index by moment alone holds all tenants, and
-- the primary key is in the order of the hours of receipt, which may lie far back.
CREATE INDEX ingest_ledger_tenant_flushed ON hub.ingest_ledger (tenant_id, flushed_at);
