"""Suites that say how good the models are: a reader and a protocol each, over files that anybody can bring.

In: files and model names. Out: a `SuiteReport`. The models are in `models`, the scores in `models/scores`; nothing here
knows a database, a tenant of it, or a clock. `docs/models.md` says each protocol in words.
"""
