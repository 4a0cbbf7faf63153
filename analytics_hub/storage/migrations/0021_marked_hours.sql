-- depends: 0020_user_hours
-- Marked hours as readers see them: each once.
--
-- Every flush marks its hours with a row of its own, so that a running hour of a large tenant has twenty thousand rows of
-- one hour, and every question read them all (15 ms, most of what a day by the minute cost). The view steps from hour to
-- hour over the index instead. It is the view that must do so: no ORDER BY … LIMIT passes its barrier.
DROP VIEW hub_read.rollup_marks;
CREATE VIEW hub_read.rollup_marks WITH (security_barrier = true) AS
    WITH RECURSIVE marked AS (
        (
            SELECT m.tenant_id, m.hour FROM hub.rollup_marks m
            WHERE m.tenant_id = (SELECT hub.cur_tenant())
            ORDER BY m.hour LIMIT 1
        )
        UNION ALL
        SELECT marked.tenant_id, (
            SELECT m.hour FROM hub.rollup_marks m
            WHERE m.tenant_id = marked.tenant_id AND m.hour > marked.hour
            ORDER BY m.hour LIMIT 1
        )
        FROM marked WHERE marked.hour IS NOT NULL
    )
    SELECT tenant_id, hour
    FROM (SELECT tenant_id, hour FROM marked WHERE hour IS NOT NULL) AS hours
    WHERE tenant_id = (SELECT hub.cur_tenant());
GRANT SELECT ON hub_read.rollup_marks TO hub_reader;
