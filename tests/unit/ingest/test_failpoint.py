"""Planted faults: off by default, typos refused, seeded."""

import time

import pytest

from analytics_hub.domain.errors import InvalidInput
from ingest.failpoint import NAMES, Failpoints, Planted


def test_nothing_is_planted_by_default() -> None:
    points = Failpoints.parse("")
    for name in NAMES:
        points.hit(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_error_can_be_planted_at_every_name(name: str) -> None:
    with pytest.raises(Planted, match=name):
        Failpoints.parse(f"{name}=error").hit(name)


@pytest.mark.parametrize(
    "text", ["flush.after_comit=crash", "flush.begin=explode", "flush.begin", "flush.begin=pause(x)"]
)
def test_a_typo_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_failpoint"):
        Failpoints.parse(text)


def test_hits_can_be_let_pass_first() -> None:
    points = Failpoints.parse("flush.begin=error+2")
    points.hit("flush.begin")
    points.hit("flush.begin")
    with pytest.raises(Planted):
        points.hit("flush.begin")


def test_a_fault_can_happen_a_number_of_times_only() -> None:
    points = Failpoints.parse("flush.begin=error+1*2")
    assert [_fails(points) for _ in range(5)] == [False, True, True, False, False]


def test_the_same_seed_gives_the_same_faults() -> None:
    assert _faults(seed=7) == _faults(seed=7)
    assert 0 < sum(_faults(seed=7)) < 100


def _faults(seed: int) -> list[bool]:
    points = Failpoints.parse("flush.begin=error@0.5", seed)
    return [_fails(points) for _ in range(100)]


def _fails(points: Failpoints) -> bool:
    try:
        points.hit("flush.begin")
    except Planted:
        return True
    return False


def test_a_pause_waits() -> None:
    started = time.monotonic()
    Failpoints.parse("flush.begin=pause(20)").hit("flush.begin")
    assert time.monotonic() - started >= 0.02
