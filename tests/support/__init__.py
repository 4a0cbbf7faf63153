"""What tests of several packages share; imported as `tests.support.<module>`."""
