"""The worker between a durable log and the database. `work.py` runs it, `board.py` is where its threads meet."""
