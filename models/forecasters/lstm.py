"""A small recurrent network that reads whole cycles and says all steps at once, as a change of the last cycle.

In: a history; before it, where there are several series of one owner, `learn`. Out: the expected values. One step of
the network is one cycle (a day of hours is a vector), so that eight steps span a week and a day; long short-term
memory: Hochreiter & Schmidhuber (1997). A window is divided by how its own values lie, so one network serves series of
any size. Several networks learn the same from other beginnings, and the mean of them answers: on its own each is off
in other places. Asked without having learned, it learns from that history alone. Epochs are counted, never timed; the
same seed and the same history give the same values.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.deep import seeded
from models.forecasters.seasonal_naive import SeasonalNaive
from models.phases import checked, known
from models.ports import Floats

_Singles: TypeAlias = NDArray[np.float32]

CYCLES = 8
_WINDOWS_MIN = 24  # fewer teach nothing
_WINDOWS_MAX = 60_000  # of all series together, evenly chosen: 60 MB of days of hours
_BATCH = 128
_CLIPPED = 8.0  # in deviations of the window: no single value decides a step of learning


class Lstm:
    name = "lstm"
    fits = 600  # asked without having learned, it takes some seconds: so many times what a quick one takes

    def __init__(
        self,
        *,
        networks: int = 3,
        width: int = 64,
        epochs: int = 40,
        batches_max: int = 150,
        rate: float = 2e-3,
        seed: int = 1,
    ) -> None:
        """Learning takes each network at most `epochs · batches_max` batches."""
        self._seeds = range(seed, seed + networks)
        self._width, self._epochs, self._batches_max = width, epochs, batches_max
        self._rate = rate
        self._learned: dict[tuple[int, int], list[_Network]] = {}

    def learn(self, histories: Sequence[Floats], horizon: int, season: int) -> None:
        """Learns from all of them together, for this horizon; what is forecast later is not learned again."""
        checked(horizon, season)
        networks = self._trained([known(history) for history in histories], horizon, season)
        if networks:
            self._learned[horizon, season] = networks

    def forecast(self, history: Floats, horizon: int, season: int) -> Floats:
        """As the seasonal naive where there is too little to learn from, or to look at."""
        checked(horizon, season)
        values = known(history)
        naive = SeasonalNaive().forecast(values, horizon, season)
        if np.count_nonzero(~np.isnan(values)) == 0 or len(values) < CYCLES * season:
            return naive
        networks = self._learned.get((horizon, season)) or self._trained([values], horizon, season)
        if not networks:
            return naive
        window = _filled(values, season)[-CYCLES * season :]
        centre, spread = _scale(window)
        if spread == 0:
            return naive
        cycles = torch.from_numpy(_bounded((window - centre) / spread)).reshape(1, CYCLES, season)
        with seeded(self._seeds[0]), torch.no_grad():
            said = np.mean([network(cycles)[0].numpy() for network in networks], axis=0, dtype=np.float64)
        return known(np.asarray(centre + spread * said))

    def _trained(self, histories: Sequence[Floats], horizon: int, season: int) -> "list[_Network]":
        """None at all where there are too few windows."""
        reach = CYCLES * season + horizon
        possible = sum(max(0, len(history) - reach + 1) for history in histories)
        every = max(1, -(-possible // _WINDOWS_MAX))
        windows = [pair for history in histories for pair in _windows(history, horizon, season, every)]
        if len(windows) < _WINDOWS_MIN:
            return []
        seen = torch.from_numpy(np.array([pair[0] for pair in windows])).reshape(-1, CYCLES, season)
        unseen = torch.from_numpy(np.array([pair[1] for pair in windows]))
        networks = []
        for seed in self._seeds:
            with seeded(seed):
                networks.append(_Network(season, horizon, self._width))
                self._fit(networks[-1], seen, unseen)
        return networks

    def _fit(self, network: "_Network", seen: Tensor, unseen: Tensor) -> None:
        """Absolute errors, as the scores have them; the rate falls to nothing, so that the end is at rest."""
        optimiser = torch.optim.Adam(network.parameters(), lr=self._rate)
        batches = min(self._batches_max, -(-len(seen) // _BATCH))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self._epochs * batches)
        for _ in range(self._epochs):
            for chosen in torch.randperm(len(seen))[: batches * _BATCH].split(_BATCH):
                optimiser.zero_grad()
                loss = nn.functional.l1_loss(network(seen[chosen]), unseen[chosen])
                loss.backward()
                optimiser.step()
                schedule.step()


class _Network(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """The last cycle again, and what is added to it: a weighted sum of all that was seen, and what the memory says."""

    def __init__(self, season: int, horizon: int, width: int) -> None:
        super().__init__()
        self._horizon = horizon
        self._memory = nn.LSTM(season, width, batch_first=True)
        self._head = nn.Linear(width, horizon)
        self._weights = nn.Linear(CYCLES * season, horizon, bias=False)
        nn.init.zeros_(self._weights.weight)

    def forward(self, cycles: Tensor) -> Tensor:
        states, _ = self._memory(cycles)
        again = cycles[:, -1].repeat(1, -(-self._horizon // cycles.shape[2]))[:, : self._horizon]
        said: Tensor = again + self._weights(cycles.flatten(1)) + self._head(states[:, -1])
        return said


def _windows(values: Floats, horizon: int, season: int, every: int) -> Iterator[tuple[_Singles, _Singles]]:
    """What was seen and what came, both by the scale of what was seen; a window that never moved teaches nothing."""
    filled, length = _filled(values, season), CYCLES * season
    for end in range(length, len(filled) - horizon + 1, every):
        window, after = filled[end - length : end], filled[end : end + horizon]
        centre, spread = _scale(window)
        if spread > 0:
            yield _bounded((window - centre) / spread), _bounded((after - centre) / spread)


def _filled(values: Floats, season: int) -> Floats:
    """Gaps as seven cycles before, or the cycle before; at the beginning as the first known value."""
    filled = values.copy()
    for place in np.flatnonzero(np.isnan(filled)):
        for back in (7 * season, season):
            if place >= back and np.isnan(filled[place]):
                filled[place] = filled[place - back]
    first = filled[~np.isnan(filled)][:1]
    return np.where(np.isnan(filled), first if len(first) else 0.0, filled)


def _scale(window: Floats) -> tuple[float, float]:
    return float(np.median(window)), float(np.mean(np.abs(window - np.median(window))))


def _bounded(values: Floats) -> _Singles:
    return np.clip(values, -_CLIPPED, _CLIPPED).astype(np.float32)
