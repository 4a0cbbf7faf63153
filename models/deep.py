"""Torch as a pure function: the same seed gives the same numbers, whatever ran before and on how many cores.

In: a seed. Out: a context in which torch draws from that seed, on one thread, by deterministic algorithms; afterwards
its generator and its settings are as they were. Importing this needs the extra `deep`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """One thread: sums over several are added in the order in which they end."""
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    with torch.random.fork_rng(devices=[]):
        try:
            torch.set_num_threads(1)
            # Not use_deterministic_algorithms: it loads torch's compiler, which takes seconds.
            torch.set_deterministic_debug_mode("error")
            torch.manual_seed(seed)
            yield
        finally:
            torch.set_deterministic_debug_mode(mode)
            torch.set_num_threads(threads)
