//! When a card is in force.

use super::source::ConstraintSource;

const DAY_US: i64 = 86_400_000_000;

/// When a card is in force; moments are microseconds since the epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// At every moment.
    Always,
    /// From a moment on.
    From(i64),
    /// Every day from one time of day until before another one, over midnight when the second is the smaller.
    Daily(i64, i64),
}

impl Validity {
    /// From the source.
    pub fn from_source(source: Option<ConstraintSource>) -> Validity {
        match source {
            None => Validity::Always,
            Some(ConstraintSource::FromDay(day)) => Validity::From(i64::from(day) * DAY_US),
            Some(ConstraintSource::DailyUs(start, end)) => Validity::Daily(start, end),
        }
    }

    /// Whether the card is in force at a moment.
    pub fn holds(self, ts_us: i64) -> bool {
        match self {
            Validity::Always => true,
            Validity::From(start) => ts_us >= start,
            Validity::Daily(start, end) => {
                let time = ts_us.rem_euclid(DAY_US);
                if end < start { time >= start || time < end } else { start <= time && time < end }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_date_is_midnight_utc() {
        let validity = Validity::from_source(Some(ConstraintSource::FromDay(20_000)));
        assert!(!validity.holds(20_000 * DAY_US - 1));
        assert!(validity.holds(20_000 * DAY_US));
    }

    #[test]
    fn a_time_of_day_is_half_open_and_wraps_midnight() {
        let night = Validity::Daily(DAY_US - 10, 10);
        for (time, holds) in [(DAY_US - 11, false), (DAY_US - 10, true), (0, true), (9, true), (10, false)] {
            assert_eq!(night.holds(5 * DAY_US + time), holds, "{time}");
            assert_eq!(night.holds(-5 * DAY_US + time), holds, "{time}");
        }
        let noon = Validity::Daily(10, 20);
        for (time, holds) in [(9, false), (10, true), (19, true), (20, false)] {
            assert_eq!(noon.holds(time), holds, "{time}");
        }
        assert!(!Validity::Daily(10, 10).holds(10));
    }
}
