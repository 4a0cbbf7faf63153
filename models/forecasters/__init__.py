"""Forecasters, one a file: values in, expected values out. Those that need a library import it themselves, so that a
process which uses the quick ones never loads it.
"""
