-- depends: 0010_facets
-- What comes late behind the retention of events is added to the users' day and goes, in the transaction that writes it
-- into hub.ledger_removals.
GRANT DELETE ON hub.usage_events TO hub_maint;

-- Hours are made from minutes and days from hours: the finer level is dropped first. An hour behind both is added to its
-- day; one behind the hours alone would be counted twice.
ALTER TABLE hub.rollup_retention
    ADD CONSTRAINT rollup_retention_order CHECK (hours_dropped_before <= minutes_dropped_before);
