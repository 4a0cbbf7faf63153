"""How far the metrics move in a test: they are the process's own, so only the difference says something."""

from analytics_hub.telemetry import REGISTRY

_Labels = tuple[tuple[str, str], ...]


class Counted:
    """Remembers where every metric stood when it was made."""

    def __init__(self) -> None:
        self._before = _values()

    def since(self, name: str, **labels: str) -> float:
        """By the name of the sample: `…_total` of a counter, `…_count` and `…_sum` of a histogram."""
        key = (name, tuple(sorted(labels.items())))
        return _values().get(key, 0) - self._before.get(key, 0)


def _values() -> dict[tuple[str, _Labels], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }
