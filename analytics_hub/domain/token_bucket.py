"""A rate that saves up: what a tenant may send or ask in a while.

In: amounts, at monotonic seconds. Out: how long until something is left. An amount passes while anything is left and
may take the level below zero, so that one larger than the burst is late, not lost.
"""


class TokenBucket:
    """Fills at a rate up to its burst; starts full. Times are monotonic seconds."""

    def __init__(self, rate_per_s: float, burst_s: float, now_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = rate_per_s * burst_s
        self._level = self._burst
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How long until something is left; 0 when there is."""
        self._level = min(self._burst, self._level + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        return 0.0 if self._level > 0 else (1.0 - self._level) / self._rate_per_s

    def spend(self, amount: float) -> None:
        self._level -= amount
