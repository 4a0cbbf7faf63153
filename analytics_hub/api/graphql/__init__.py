"""GraphQL over the use cases of REST: one file a root field with its types, `schema.py` puts them together.

A request goes through `route.py` → `request.py` (the body) → `document.py` (parse, `limits.py`, validate) →
`execution.py` (ask, then write out). What goes wrong is spelled by `errors.py`.
"""
