"""Detectors, one a file: values in, how strange each is out. Causal, all of them."""
