"""What a suite found: one block of figures a model, and the protocol's numbers, so that it can be run again.

In: figures. Out: a `SuiteReport` for the table and the result file. A figure that is not defined is NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Figures = Mapping[str, float]


class Progress(Protocol):
    """Told how far a suite is."""

    def __call__(self, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """`headline` is the model whose figures are those of the suite; `failures` has the reason of each that failed."""

    suite: str
    headline: str
    data: Sequence[str]
    protocol: Mapping[str, float | str]
    models: Mapping[str, Figures]
    failures: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """For JSON; NaN becomes null there."""
        models = {name: self._block(name) for name in self.models}
        return {
            "name": self.suite,
            "model": self.headline,
            "data": list(self.data),
            "protocol": dict(self.protocol),
            "figures": models[self.headline],
            "models": models,
        }

    def _block(self, model: str) -> dict[str, float | str]:
        figures = {name: round(value, 4) for name, value in self.models[model].items()}
        return {**figures, "reason": self.failures[model]} if model in self.failures else {**figures}
