"""How badly a small network, trained on what came before, draws the newest value from the window that ends in it.

In: values. Out: scores. A window goes through a layer much narrower than itself (an autoencoder), with its newest value
hidden, so that it cannot be copied through (denoising: Vincent et al. 2008). The network is trained anew whenever the
values known have doubled, on the windows before that moment only, and judges those after it: causal. The score is the
error's share of itself and a usual one: the greatest tenth of the errors in training begins there, and it is no less
than how far the values lie from their median on average. No season is learned beyond the window's length.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from models.deep import seeded
from models.phases import known
from models.ports import Floats

_POINTS_MIN = 4
_CYCLES_FIRST = 4  # before the first training nothing is reported
_BATCH, _RATE = 64, 3e-3
# Windows are judged so many at a time, filled up with zeros: sums of another length may be rounded another way, and the
# score of a value must not depend on how many came after it.
_BLOCK = 128
_CLIPPED = 10.0  # deviations: one value does not decide what is learned
_WINDOWS_MAX = 4096  # the newest: what was usual long ago need not be
_USUAL_QUANTILE, _USUAL_MIN = 0.9, 1.0
_CONSTANT_SHARE = 0.1  # after a constant history, a deviation is this share of it


class Autoencoder:
    name = "autoencoder"
    threshold = 0.8  # four times the usual error

    def __init__(self, *, points: int = 24, steps: int = 300, seed: int = 1) -> None:
        """`points` of a window, or of a season where that is shorter. Training takes exactly `steps` steps."""
        self._points, self._steps, self._seed = points, steps, seed

    def scores(self, values: Floats, season: int) -> Floats:
        values = known(values)
        points = max(_POINTS_MIN, min(self._points, season))
        filled, scores = _carried_on(values), np.zeros(len(values))
        trained_at = _CYCLES_FIRST * max(points, season)
        while trained_at < len(values):
            until = min(2 * trained_at, len(values))
            with seeded(self._seed):
                judge = _trained(_windows(filled[:trained_at], points)[-_WINDOWS_MAX:], self._steps)
                judged = judge.scores(_windows(filled[trained_at - points + 1 : until], points))
            scores[trained_at:until] = judged
            trained_at *= 2
        return np.where(np.isnan(values), 0.0, scores)


@dataclass(frozen=True, slots=True)
class _Judge:
    """A trained network with the scale of the values that it was trained on."""

    network: nn.Module
    centre: float
    spread: float
    usual: float = _USUAL_MIN

    def scores(self, windows: Floats) -> Floats:
        errors = self.errors(windows)
        return errors / (errors + self.usual)

    def errors(self, windows: Floats) -> Floats:
        """Of the newest value of each, in deviations, however far it lies."""
        scaled, drawn = self.scaled(windows), np.empty(len(windows))
        for first in range(0, len(windows), _BLOCK):
            block = scaled[first : first + _BLOCK]
            padded = nn.functional.pad(block, (0, 0, 0, _BLOCK - len(block)))
            with torch.no_grad():
                drawn[first : first + _BLOCK] = self.network(_hidden(padded))[: len(block), -1].numpy()
        return np.asarray(np.abs((windows[:, -1] - self.centre) / self.spread - drawn))

    def scaled(self, windows: Floats) -> Tensor:
        moved = (windows - self.centre) / self.spread
        return torch.from_numpy(np.clip(moved, -_CLIPPED, _CLIPPED).astype(np.float32))


def _trained(windows: Floats, steps: int) -> _Judge:
    centre = float(np.median(windows))
    spread = float(np.mean(np.abs(windows - centre))) or _CONSTANT_SHARE * abs(centre) or 1.0
    network = _network(windows.shape[1])
    judge = _Judge(network, centre, spread)
    scaled = judge.scaled(windows)
    optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
    for _ in range(steps):
        chosen = scaled[torch.randint(len(scaled), (_BATCH,))]
        optimiser.zero_grad()
        nn.functional.l1_loss(network(_hidden(chosen)), chosen).backward()
        optimiser.step()
    usual = float(np.quantile(judge.errors(windows), _USUAL_QUANTILE))
    return _Judge(network, centre, spread, max(_USUAL_MIN, usual))


def _network(points: int) -> nn.Module:
    wide, narrow = 2 * points, max(2, points // 4)
    inward = (nn.Linear(points, wide), nn.Tanh(), nn.Linear(wide, narrow), nn.Tanh())
    return nn.Sequential(*inward, nn.Linear(narrow, wide), nn.Tanh(), nn.Linear(wide, points))


def _hidden(windows: Tensor) -> Tensor:
    """With the value before it in the newest one's place."""
    return torch.cat([windows[:, :-1], windows[:, -2:-1]], dim=1)


def _windows(values: Floats, points: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(values, points)


def _carried_on(values: Floats) -> Floats:
    """A gap as the last value before it; 0 before the first."""
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(last >= 0, values[np.maximum(last, 0)], 0.0)
