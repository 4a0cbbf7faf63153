"""Every number that decides what a person is told, with its reason. Settings may replace each of them.

In: nothing. Out: `Rules`. What they mean for a reader of incidents: docs/incidents.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Hours, US dollars, shares of one."""

    history_h: int = 35 * 24
    """Hours before the new ones: three weeks behind each of the last fourteen days. With fewer it knows less."""
    deviations: float = 5.0
    """A value so many robust deviations off is a finding: on made-up tenants ten times rarer than one a month."""
    missing: float = 8.0
    """Zeros of a chance below one in 3,000 (minus its logarithm) are a gap: two hours of who never stopped."""
    going_on: float = 0.6
    """This share of a threshold is enough for what has begun: its hours soon count among what is rarely exceeded."""
    sensitivity: float = 1.0
    """Both thresholds are divided by it: 2 finds what is half as odd."""
    floor_usd: float = 0.01
    """Less at stake than this is never told. Tenants raise it: what is little money, only they know."""
    floor_share: float = 0.5
    """A change of less than this share of what was expected is no finding."""
    failures_min: float = 3.0
    """So many requests more than expected must have failed: a single one is no burst, whatever share it is."""
    alerts_a_week: int = 7
    """Incidents told to a tenant in 168 hours: one a day can be looked at."""
    merge_gap_h: int = 6
    """An incident has ended after so many hours without a finding; what comes sooner belongs to it."""
    longest_h: int = 8 * 24
    """After eight days more than half of the baseline is of the new level: it is the level, and the incident ends."""
    refractory_h: int = 24
    """The same kind at the same place is not told again so soon after it ended, unless twice as much is at stake."""
    place_share_min: float = 0.6
    """A value of a dimension that explains this share of the change is named as the place, not the tenant."""
    feedback_step: float = 1.25
    """One `noise` makes the thresholds of that metric and place so many times higher, one `useful` lower."""
    feedback_most: float = 2.0
    """Feedback never moves a threshold by more than this factor."""
