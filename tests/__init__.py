"""The tests: unit (pure), adapter (a real database), service (whole processes), contract (rules of the repository)."""
