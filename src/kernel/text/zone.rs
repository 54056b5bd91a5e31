use chrono::{Offset, TimeZone};

/// A time zone by its name or fixed offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zone {
    /// UTC, written `Z`.
    Utc,
    /// Seconds east of UTC.
    Fixed(i32),
    /// A zone of the IANA database.
    Named(chrono_tz::Tz),
}

impl Zone {
    /// The zone of this name (`UTC`, `Z`, `+02:00`, `Europe/Paris`), if it is known.
    pub fn parse(name: &str) -> Option<Zone> {
        if matches!(name, "UTC" | "Z" | "utc" | "Etc/UTC" | "GMT" | "+00:00") {
            return Some(Zone::Utc);
        }
        if let Some((seconds, used)) = super::moment::parse_offset(name.as_bytes())
            && used == name.len()
        {
            return Some(Zone::Fixed(seconds));
        }
        name.parse().ok().map(Zone::Named)
    }

    /// Seconds east of UTC where clocks show a time, given in seconds since 1970 as if in UTC: none where clocks are put forward over
    /// it, two (the earlier instant first) where they are put back over it.
    pub fn offsets_of_wall(self, seconds: i64) -> Vec<i32> {
        match self {
            Zone::Utc => vec![0],
            Zone::Fixed(s) => vec![s],
            Zone::Named(tz) => {
                let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
                match tz.offset_from_local_datetime(&at) {
                    chrono::LocalResult::None => Vec::new(),
                    chrono::LocalResult::Single(o) => vec![o.fix().local_minus_utc()],
                    chrono::LocalResult::Ambiguous(a, b) => {
                        let (a, b) = (a.fix().local_minus_utc(), b.fix().local_minus_utc());
                        vec![a.max(b), a.min(b)]
                    }
                }
            }
        }
    }

    /// Seconds east of UTC at an instant given in seconds since 1970.
    pub fn offset(self, seconds: i64) -> i32 {
        match self {
            Zone::Utc => 0,
            Zone::Fixed(s) => s,
            // Beyond chrono's years the offset is taken from 1970.
            Zone::Named(tz) => {
                let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
                tz.offset_from_utc_datetime(&at).fix().local_minus_utc()
            }
        }
    }

    /// The first instant after clocks were put forward over a time that they never show; both in seconds since 1970, the time as if in
    /// UTC.
    pub fn after_gap(self, seconds: i64) -> i64 {
        // The change lies between a day before and a day after; it is found by halves, to the second.
        let (mut low, mut high) = (seconds - 86_400, seconds + 86_400);
        let before = self.offset(low);
        // As instants: clocks jump where the offset changes.
        (low, high) = (low - before as i64, high - self.offset(high) as i64);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.offset(middle) == before { low = middle } else { high = middle }
        }
        high
    }

    /// When clocks show a time: the earlier instant where they show it twice, the first one after it where they never do.
    /// In units of which `per_second` make a second, the time as if in UTC.
    pub fn instant_of_wall(self, wall: i64, per_second: i64) -> i64 {
        match self.offsets_of_wall(wall.div_euclid(per_second)).first() {
            Some(offset) => wall - *offset as i64 * per_second,
            None => self.after_gap(wall.div_euclid(per_second)) * per_second,
        }
    }

    /// What clocks show at an instant, as if in UTC; in units of which `per_second` make a second.
    pub fn wall(self, instant: i64, per_second: i64) -> i64 {
        instant.saturating_add(self.offset(instant.div_euclid(per_second)) as i64 * per_second)
    }
}
