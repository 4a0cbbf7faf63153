"""Benchmarks: one command each, peers in the same run, results as data in `results/`."""
