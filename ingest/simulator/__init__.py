"""A load generator with the shape of real traffic: `traffic.py` draws, `bodies.py` writes events, `run.py` paces."""
