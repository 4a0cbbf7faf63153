"""The HTTP face: REST endpoints, problem details, health and metrics."""
