"""Torch inside `seeded` draws the same numbers, and leaves no trace outside."""

import pytest

torch = pytest.importorskip("torch", reason="the extra `deep` is not installed")

from models.deep import seeded  # noqa: E402 - torch comes first, or nothing does


def test_the_same_seed_draws_the_same_numbers() -> None:
    with seeded(5):
        first = torch.rand(4).tolist()
    torch.rand(3)
    with seeded(5):
        assert torch.rand(4).tolist() == first


def test_settings_and_the_generator_are_as_they_were() -> None:
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    with seeded(5):
        torch.rand(4)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == (threads, False)
