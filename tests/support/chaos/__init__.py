"""Deaths under load and who judges them: `world.py` runs the hub, `deaths.py` kills it, `oracle.py` looks."""
