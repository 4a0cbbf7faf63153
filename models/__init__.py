"""Forecasters and detectors: arrays in, arrays out. No input or output, no tenant, no clock."""
