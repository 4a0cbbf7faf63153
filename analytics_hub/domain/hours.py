"""What came to a tenant hour by hour, as floating-point columns: for models, which take arrays, where ten thousand
tenants are read every hour.

Money and tokens in answers are exact; here they are the nearest float of the same sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourColumns:
    """Of one value of a dimension, or with '' of everything. Hours without a row are not among them."""

    dimension: str
    value: str
    starts_s: Sequence[float]
    """Seconds since 1970."""
    columns: Mapping[str, Sequence[float]]
    """By name, as a plan names them: pico-USD, microseconds."""
