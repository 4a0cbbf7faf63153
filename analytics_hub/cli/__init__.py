"""The hub command: wiring only. It may import anything; nobody imports it."""
