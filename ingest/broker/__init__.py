"""A real Kafka broker of our own, for development and tests: one KRaft node on loopback, run from Apache's jars.

In: `BrokerSettings`. Out: a running broker that can be stopped, killed, frozen and started again. Production brings
its own cluster (docs/kafka.md); whoever only speaks to a broker belongs to `ingest/kafka`.
"""
