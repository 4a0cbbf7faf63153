"""The REST endpoints: one file a resource, their shapes on the wire in wire.py."""
