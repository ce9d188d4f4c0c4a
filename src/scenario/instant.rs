//! Instants as files of records write them.

/// A number of seconds, or a local time such as `2001-05-01T11:30:00` in seconds since 1970.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':');
    let hour = time.next()?.parse::<u32>().ok().filter(|hour| *hour < 24)?;
    let minute = time.next()?.parse::<u32>().ok().filter(|minute| *minute < 60)?;
    let second = time.next().map_or(Some(0.0), |second| second.parse::<f64>().ok())?;
    if !(0.0..60.0).contains(&second) || !(1..=9999).contains(&year) {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    Some(days as f64 * 86_400.0 + f64::from(hour) * 3600.0 + f64::from(minute) * 60.0 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, from year 1 on.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    const BEFORE_1970: i64 = 719_162;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let index = usize::try_from(month - 1).ok().filter(|index| *index < 12)?;
    let length = LENGTH[index] + i64::from(is_leap && month == 2);
    if !(1..=length).contains(&day) {
        return None;
    }
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400 + i64::from(is_leap && month > 2);
    Some(past * 365 + leap_days + BEFORE_MONTH[index] + day - 1 - BEFORE_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days_since_1970(1970, 1, 1), Some(0));
        assert_eq!(days_since_1970(2000, 3, 1), Some(11_017));
        assert_eq!(days_since_1970(1969, 12, 31), Some(-1));
        assert_eq!(days_since_1970(1900, 2, 29), None);
        assert_eq!(days_since_1970(2000, 2, 29), Some(11_016));
        assert_eq!(days_since_1970(2001, 13, 1), None);
    }

    #[test]
    fn times_are_seconds_or_local_times() {
        assert_eq!(seconds("12.5"), Some(12.5));
        assert_eq!(seconds("1970-01-02T01:00:30"), Some(90_030.0));
        assert_eq!(seconds("1970-01-02 01:00"), Some(90_000.0));
        for wrong in ["", "soon", "NaN", "1970-01-02", "1970-01-02T25:00:00", "1970-02-30T00:00:00"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
