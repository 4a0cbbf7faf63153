"""The journey of an event into the database: source, decode, buffer, flush."""
