"""Closing hours: turns the minute deltas of hours that are over into coarse rows, and hours into days.

In: a connection of hub_maint in autocommit mode and the time. Out: a `ClosedReport`. What it keeps true, in every
snapshot: an hour without a mark equals the sum of its visible deltas, by series, by facet and by minute; a day with
neither hour marks nor a day mark equals the sum of its hours, and its users that of its events. It may run anywhere, in
any number, and die at any point: every step of a tenant is one transaction, and answers are exact without it (slower).

    rounds     every due tenant one transaction, then anew
    turn       the transaction: lock, retention, marks, hours, days
    hours      usage_1h and usage_1m_total; what came late
    facets     usage_1h_facet and usage_1d_facet, and their gaps
    days       usage_1d
    late_days  days whose hours were dropped
    users      usage_user_1d
    copying    rows out, sketches into canonical form, rows in

The statements are `sql/closer*.sql`; readers of the result plan in `analytics_hub/query`.
"""

from analytics_hub.storage.closer.limits import CloserLimits
from analytics_hub.storage.closer.report import ClosedReport, Turn
from analytics_hub.storage.closer.rounds import close_due

__all__ = ["ClosedReport", "CloserLimits", "Turn", "close_due"]
