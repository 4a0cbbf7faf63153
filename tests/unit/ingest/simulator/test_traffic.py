"""The numbers behind the simulator's draws."""

import pytest

from ingest.simulator.traffic import BURSTS, LEVELS, WORKLOADS, Workload, draws, tenant_weights


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_table_of_draws_has_the_published_quantiles(workload: Workload) -> None:
    for quantiles in (workload.input_tokens, workload.output_tokens):
        table = sorted(draws(quantiles))
        for level, value in list(zip(LEVELS, quantiles, strict=True))[1:-1]:
            assert table[int(level * len(table) - 0.5)] == pytest.approx(value, rel=0.02, abs=1)


def test_weights_fall_with_rank_and_add_up() -> None:
    weights = tenant_weights(100)
    assert sum(weights) == pytest.approx(1)
    assert list(weights) == sorted(weights, reverse=True)


def test_the_windows_of_bursts_add_up_and_keep_the_mean() -> None:
    assert sum(share for share, _ in BURSTS) == pytest.approx(1)
    assert sum(share * factor for share, factor in BURSTS) == pytest.approx(1.2, abs=0.2)
