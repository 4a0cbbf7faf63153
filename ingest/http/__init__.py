"""The collector: bodies of events over HTTP, answered when they are durable."""
