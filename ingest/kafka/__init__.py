"""Kafka on both sides: the collector's producer and the workers' consumer. The only place that knows its
client.
"""
