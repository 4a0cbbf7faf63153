"""Whether a person is told of an incident now: by what is at stake, what was told before, and what they said of it.

In: incidents. Out: yes or no, and how much feedback moves a threshold. What was told stays told.
"""

from collections.abc import Sequence

import numpy as np

from models.incidents.ports import PastIncident
from models.incidents.rules import Rules
from models.incidents.story import Story
from models.incidents.table import Place

_WEEK_H = 168
_REFRACTORY_TIMES = 2


def is_told_now(story: Story, stake: float, others: Sequence[Story], hour: int, rules: Rules) -> bool:
    """`stake` is what was at stake by then. Nothing that came after `hour` is looked at."""
    if stake < rules.floor_usd:
        return False
    told = [one for one in others if one is not story and one.told is not None and one.told <= hour]
    if any(_is_the_same_again(story, stake, one, rules) for one in told):
        return False
    return _within_budget(stake, [one for one in told if (one.told or 0) > hour - _WEEK_H], rules)


def _is_the_same_again(story: Story, stake: float, before: Story, rules: Rules) -> bool:
    return (
        before.kind == story.kind
        and before.place == story.place
        and story.began - before.last <= rules.refractory_h
        and not stake >= _REFRACTORY_TIMES * before.at_stake_usd
    )


def _within_budget(stake: float, week: Sequence[Story], rules: Rules) -> bool:
    """The first half of a week's budget is for anything; the other for what is more important than the more important
    half of what was told; beyond it only what outweighs the whole week is told.
    """
    stakes = np.nan_to_num([one.at_stake_usd for one in week])
    if 2 * len(week) < rules.alerts_a_week:
        return True
    if len(week) < rules.alerts_a_week:
        return bool(stake >= np.median(stakes))
    return bool(stake > np.sum(stakes))


def threshold_factor(past: Sequence[PastIncident], metric: str, place: Place, rules: Rules) -> float:
    """Above 1 after `noise`, below after `useful`, each answer a step, within bounds."""
    steps = 0
    for one in past:
        if (one.metric, one.dimension, one.value) == (metric, *place):
            steps += {"noise": 1, "useful": -1}.get(one.feedback or "", 0)
    return float(np.clip(rules.feedback_step**steps, 1 / rules.feedback_most, rules.feedback_most))
