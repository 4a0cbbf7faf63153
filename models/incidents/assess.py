"""Scores the newest hours of one tenant and says what happened: findings, and incidents a person should look at.

In: series, rules, what was found before. Out: an `Assessment`. Hours are taken one after the other, each by what was
known then: scoring hour by hour says the same as scoring all at once, and a second run changes nothing.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from models.detectors.level_shift import LASTS
from models.incidents.oddness import oddness
from models.incidents.ports import Assessment, Finding, FoundIncident, PastIncident, Watched
from models.incidents.rules import Rules
from models.incidents.sightings import Sighting, sightings
from models.incidents.stakes import Ledger, at_stake_usd, explained, impact_usd, observed_and_expected
from models.incidents.story import Group, Story, group_of, groups_of, story_of
from models.incidents.table import TENANT, Place, Table, table_of
from models.incidents.telling import is_told_now, threshold_factor
from models.ports import Floats

_DEFAULT = Rules()


def assess(
    watched: Sequence[Watched],
    first_hour: int,
    new_h: int,
    past: Sequence[PastIncident] = (),
    rules: Rules = _DEFAULT,
) -> Assessment:
    """`first_hour` is the hour of the first values; the last `new_h` hours are scored. Give `rules.history_h` hours
    before them where there are so many.
    """
    table = table_of(watched)
    new_h = min(new_h, table.length)
    if new_h < 1:
        return Assessment((), ())
    return _Assessor(table, first_hour, new_h, past, rules).run()


class _Assessor:
    """One call: the hours are columns of arrays, `_zero` is the hour of the first column."""

    def __init__(
        self, table: Table, first_hour: int, new_h: int, past: Sequence[PastIncident], rules: Rules
    ) -> None:
        end = first_hour + table.length
        self._table, self._past, self._rules = table, past, rules
        self._stories = [story_of(one) for one in past]
        self._first_new, self._last_hour = end - new_h, end - 1
        open_since = [one.began for one in past if one.last + rules.merge_gap_h >= self._first_new]
        earliest = max(
            min(open_since, default=self._first_new), self._first_new - rules.longest_h, first_hour
        )
        self._zero = min(earliest, self._first_new)
        self._odd = oddness(table, end - self._zero)
        self._ledger = Ledger(table, self._odd)
        self._findings: list[Finding] = []

    def run(self) -> Assessment:
        found = sightings(self._table, self._odd, self._factors(), self._rules)
        for column in sorted(found):
            hour = self._zero + column
            if hour >= self._first_new:
                self._hour([one for one in found[column] if one.alone], hour)
                self._go_on([one for one in found[column] if not one.alone], hour)
        incidents = [self._answer(story) for story in self._stories if self._has_news(story)]
        return Assessment(tuple(self._findings), tuple(incidents))

    def _factors(self) -> Floats:
        return np.array(
            [threshold_factor(self._past, row.metric, row.place, self._rules) for row in self._table.rows]
        )

    def _hour(self, seen: Sequence[Sighting], hour: int) -> None:
        for group in groups_of(self._table, seen) if seen else []:
            self._take(group, hour)

    def _go_on(self, seen: Sequence[Sighting], hour: int) -> None:
        for one in seen:
            group = group_of(self._table, self._table.rows[one.row].place, [one])
            going_on = [it for it in self._stories if it.goes_on_with(group, hour, self._rules)]
            if going_on:
                story = max(going_on, key=partial(Story.likeness, group=group, hour=hour))
                self._add(story, group, hour)

    def _take(self, group: Group, hour: int) -> None:
        fitting = [one for one in self._stories if one.takes(group, hour, self._rules)]
        story = max(fitting, key=partial(Story.likeness, group=group, hour=hour), default=None)
        if story is None:
            story = self._begun(group, hour)
        if story is None:
            self._findings += [self._finding(one, hour, None) for one in group.sightings]
        else:
            self._add(story, group, hour)

    def _add(self, story: Story, group: Group, hour: int) -> None:
        story.add(group, hour, self._rules)
        self._weigh(story, group.place, hour)
        self._findings += [self._finding(one, hour, story) for one in group.sightings]

    def _begun(self, group: Group, hour: int) -> Story | None:
        """None when people said of this place that it is noise, and it is not odd enough for that."""
        place = self._place(group.metric, group.place, hour, hour)
        if max(one.times for one in group.sightings) <= threshold_factor(
            self._past, group.metric, place, self._rules
        ):
            return None
        key = "/".join([str(hour), *group.place])
        story = Story(key, group.kind, group.metric, place, hour, hour)
        self._stories.append(story)
        return story

    def _weigh(self, story: Story, seen_at: Place, hour: int) -> None:
        """Place, stake and whether it is told, by what was known at `hour`."""
        whose = TENANT if seen_at == TENANT else story.place
        story.place = self._place(story.metric, whose, story.began, hour)
        stake = at_stake_usd(self._ledger, story.kind, story.place, self._columns(story.began, hour))
        if hour >= story.last:
            story.at_stake_usd = stake
        if story.told is None and is_told_now(story, stake, self._stories, hour, self._rules):
            story.told = hour

    def _place(self, metric: str, place: Place, began: int, last: int) -> Place:
        """The value that explains the change of the whole tenant; what was seen at a value alone stays there."""
        if place != TENANT:
            return place
        return explained(self._ledger, metric, self._columns(began, last), self._rules.place_share_min)[0]

    def _columns(self, began: int, last: int) -> slice:
        return slice(max(began - self._zero, 0), max(last - self._zero + 1, 0))

    def _has_news(self, story: Story) -> bool:
        """It was touched now, or it ended in the new hours."""
        return story.touched or (
            story.has_ended(self._last_hour, self._rules)
            and not story.has_ended(self._first_new - 1, self._rules)
        )

    def _finding(self, one: Sighting, hour: int, story: Story | None) -> Finding:
        column = hour - self._zero
        row, number = self._table.rows[one.row], one.row
        expected = float(self._odd.expected[number, column])
        deviations = self._rules.deviations * (1.0 if one.alone else self._rules.going_on)
        if one.direction == "lasting":
            deviations /= np.sqrt(LASTS)
        width = float(self._odd.deviation[number, column]) * deviations / self._rules.sensitivity
        observed = float(self._table.values[number, self._ledger.first + column])
        z = one.times * (self._rules.missing if one.direction == "gap" else self._rules.deviations)
        return Finding(
            row.metric,
            row.place[0],
            row.place[1],
            hour,
            one.detector,
            z / (1 + z),
            np.nan if one.direction == "gap" else observed,
            expected,
            max(expected - width, 0.0) if expected >= 0 else expected - width,
            expected + width,
            story.key if story is not None else None,
        )

    def _answer(self, story: Story) -> FoundIncident:
        inside = self._columns(story.began, story.last)
        _, shares = explained(self._ledger, story.metric, inside, self._rules.place_share_min)
        observed, expected = observed_and_expected(self._ledger, story.metric, story.place, inside)
        ended = story.has_ended(self._last_hour, self._rules)
        return FoundIncident(
            story.key,
            "ended" if ended else "continued" if story.known_before else "new",
            story.kind,
            story.metric,
            story.place[0],
            story.place[1],
            story.began,
            story.last,
            ended,
            story.told,
            observed,
            expected,
            impact_usd(self._ledger, story.place, inside),
            story.at_stake_usd,
            tuple(story.metrics),
            tuple(story.detectors),
            shares,
        )
