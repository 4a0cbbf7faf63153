"""The parts of the flush that speak SQL, one step a module. The order of the steps is in
`ingest/flush.py`.
"""
