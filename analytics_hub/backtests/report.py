"""What a suite found: one block of figures a model, and the protocol's numbers, so that it can be run again.

In: figures. Out: a `SuiteReport` for the table and the result file. A figure that is not defined is NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Figures = Mapping[str, float]


class Progress(Protocol):
    """Told how far a suite is."""

    def __call__(self, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """`headline` is the model whose figures are those of the suite."""

    suite: str
    headline: str
    data: Sequence[str]
    protocol: Mapping[str, float | str]
    models: Mapping[str, Figures]

    def body(self) -> dict[str, Any]:
        """For JSON; NaN becomes null there."""
        models = {name: _rounded(figures) for name, figures in self.models.items()}
        return {
            "name": self.suite,
            "model": self.headline,
            "data": list(self.data),
            "protocol": dict(self.protocol),
            "figures": models[self.headline],
            "models": models,
        }


def _rounded(figures: Figures) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}
