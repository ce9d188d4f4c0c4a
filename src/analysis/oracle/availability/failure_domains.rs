//! Replicas in zones of regions, each level with failures of its own.

use super::{NEEDED, RELAXATION, REPLICAS, UpDown};
use crate::analysis::oracle::domain::{not_negative, some_of};
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "failure-domains",
    summary: "Availability of a service of replicas in zones of regions, of which k must work, each with crews of its own.",
    formula: "P(fewer than k replicas work), a replica works while it, its zone and its region are up: \
              binomials of each zone, mixed with a whole zone down, convolved over zones, and so on over regions",
    domain: "Independent replicas, zones and regions that all go on failing while others are down, any laws.",
    source: "Product form of independent repairable units: Rausand and Hoyland, System Reliability Theory (2nd ed.), \
             chapter 4; frequency of outages: Barlow and Proschan, Statistical Theory of Reliability, chapter 7.",
    arguments: &[
        NEEDED,
        Argument::number("replicas", "1", "replicas in each zone").of(Kind::Numbers),
        Argument::number("replica_up", "s", "mean time to failure of a replica; one, or one for each zone")
            .of(Kind::Numbers),
        Argument::number("replica_down", "s", "its mean time to repair; 0 where it never fails")
            .of(Kind::Numbers),
        Argument::number("zone_up", "s", "mean time to failure of a zone; one, or one for each")
            .of(Kind::Numbers)
            .or(1.0),
        Argument::number("zone_down", "s", "its mean time to repair; 0 where it never fails")
            .of(Kind::Numbers)
            .or(0.0),
        Argument::number("zones", "1", "zones in each region; all in one where absent")
            .of(Kind::Numbers)
            .or(0.0),
        Argument::number("region_up", "s", "mean time to failure of a region; one, or one for each")
            .of(Kind::Numbers)
            .or(1.0),
        Argument::number("region_down", "s", "its mean time to repair; 0 where it never fails")
            .of(Kind::Numbers)
            .or(0.0),
    ],
    answers: &ANSWERS,
    solve: |arguments| {
        let found = failure_domains(&read(arguments)?)?;
        let mut answers = found.service.answers();
        answers.extend([found.replicas_mean.into(), found.relaxation_time.into()]);
        Ok(answers)
    },
};

const ANSWERS: [Answer; 9] = {
    let [one, two, three, four, five, six, seven] = super::UP_DOWN;
    [one, two, three, four, five, six, seven, REPLICAS, RELAXATION]
};

/// Means of something that is up and down in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alternating {
    /// Mean time to failure, positive \[s\].
    pub up: f64,
    /// Mean time to repair; 0 where it never fails \[s\].
    pub down: f64,
}

impl Alternating {
    /// What never fails.
    pub const NEVER: Self = Self { up: 1.0, down: 0.0 };

    /// Share of the time that it is down.
    fn unavailability(self) -> f64 {
        self.down / (self.up + self.down)
    }

    /// Failures per time \[1/s\].
    fn rate(self) -> f64 {
        if self.down > 0.0 { 1.0 / (self.up + self.down) } else { 0.0 }
    }

    /// How fast it forgets how it began, where its times are exponential \[s\].
    fn relaxation_time(self) -> f64 {
        self.up * self.down / (self.up + self.down)
    }
}

/// Equal replicas in one zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailureZone {
    /// How many there are.
    pub replicas: u32,
    /// Each of them.
    pub replica: Alternating,
    /// The zone itself.
    pub zone: Alternating,
}

/// Zones in one region.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureRegion {
    /// The region itself.
    pub region: Alternating,
    /// Its zones.
    pub zones: Vec<FailureZone>,
}

/// A service of replicas in zones of regions.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureDomains {
    /// How many replicas must work.
    pub needed: u32,
    /// Its regions.
    pub regions: Vec<FailureRegion>,
}

/// Long-run figures of a service in failure domains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailureDomainsAnswer {
    /// How often and how long it is down.
    pub service: UpDown,
    /// Mean number of replicas that work.
    pub replicas_mean: f64,
    /// The longest relaxation time of a part \[s\].
    pub relaxation_time: f64,
}

/// Reads one number for all, or one for each.
fn each(arguments: &Arguments<'_>, name: &'static str, count: usize) -> Result<Vec<f64>, OracleError> {
    let values = arguments.numbers(name)?;
    match values[..] {
        [one] => Ok(vec![one; count]),
        _ if values.len() == count => Ok(values),
        _ => {
            Err(OracleError::Count { argument: name, found: values.len(), expected: "one, or one for each" })
        }
    }
}

/// Reads so many parts that are up and down in turn.
fn alternating(
    arguments: &Arguments<'_>,
    (up, down): (&'static str, &'static str),
    count: usize,
) -> Result<Vec<Alternating>, OracleError> {
    let (ups, downs) = (each(arguments, up, count)?, each(arguments, down, count)?);
    positive(up, &ups)?;
    downs.iter().try_for_each(|value| not_negative(down, *value).map(drop))?;
    Ok(ups.into_iter().zip(downs).map(|(up, down)| Alternating { up, down }).collect())
}

/// Whole numbers from 1 on.
fn counts(arguments: &Arguments<'_>, name: &'static str) -> Result<Vec<u32>, OracleError> {
    let whole = |value: f64| {
        let is_whole = value >= 1.0 && value <= f64::from(u32::MAX) && value.fract().abs() < 1e-9;
        let wrong = OracleError::Domain { argument: name, value, expected: "a whole number from 1 on" };
        if is_whole { Ok(value.round() as u32) } else { Err(wrong) }
    };
    arguments.numbers(name)?.into_iter().map(whole).collect()
}

fn read(arguments: &Arguments<'_>) -> Result<FailureDomains, OracleError> {
    let replicas = counts(arguments, "replicas")?;
    let is_one_region = arguments.numbers("zones")? == [0.0];
    let in_regions = if is_one_region { vec![replicas.len() as u32] } else { counts(arguments, "zones")? };
    let total: u64 = in_regions.iter().map(|zones| u64::from(*zones)).sum();
    if total != replicas.len() as u64 {
        return Err(OracleError::Count {
            argument: "replicas",
            found: replicas.len(),
            expected: "one for each zone of each region",
        });
    }
    let replica = alternating(arguments, ("replica_up", "replica_down"), replicas.len())?;
    let zone = alternating(arguments, ("zone_up", "zone_down"), replicas.len())?;
    let region = alternating(arguments, ("region_up", "region_down"), in_regions.len())?;
    let zones = replicas.into_iter().zip(replica).zip(zone);
    let mut zones = zones.map(|((replicas, replica), zone)| FailureZone { replicas, replica, zone });
    let regions = in_regions.iter().zip(region).map(|(count, region)| FailureRegion {
        region,
        zones: zones.by_ref().take(*count as usize).collect(),
    });
    Ok(FailureDomains { needed: arguments.count("k", 1)?, regions: regions.collect() })
}

/// Most replicas of a service: the distribution of those that work is worked out once for each zone left out.
const REPLICAS_MAX: u64 = 10_000;

/// Availability of a service whose replicas stand in zones of regions, each level with failures of its own.
///
/// ```text
/// a replica works while it, its zone and its region are up;  U = P(fewer than k replicas work)
/// outages per time = sum over parts of P(the service is up with the part and down without it) / (up + down)
/// ```
///
/// Exact for any laws, if all parts are independent and go on failing while others are down.
///
/// Source: Rausand and Hoyland, System Reliability Theory (2nd ed., 2004), chapter 4; frequency of outages: Barlow and
/// Proschan, Statistical Theory of Reliability and Life Testing (1975), chapter 7.
///
/// # Errors
///
/// No replica at all or more than 10,000, more needed than there are, a time that is not finite or not positive.
///
/// # Examples
///
/// Two zones of one replica each that never fails itself, one needed: down while both zones are.
///
/// ```
/// use ninefold::analysis::oracle::{Alternating, FailureDomains, FailureRegion, FailureZone, failure_domains};
/// let zone = Alternating { up: 9.0, down: 1.0 };
/// let zone = FailureZone { replicas: 1, replica: Alternating::NEVER, zone };
/// let region = FailureRegion { region: Alternating::NEVER, zones: vec![zone, zone] };
/// let found = failure_domains(&FailureDomains { needed: 1, regions: vec![region] }).unwrap();
/// assert!((found.service.unavailability - 0.01).abs() < 1e-15);
/// ```
pub fn failure_domains(domains: &FailureDomains) -> Result<FailureDomainsAnswer, OracleError> {
    let zones = || domains.regions.iter().flat_map(|region| &region.zones);
    let total: u64 = zones().map(|zone| u64::from(zone.replicas)).sum();
    if total > REPLICAS_MAX {
        let reason = format!("{total} replicas are more than the {REPLICAS_MAX} that are worked out");
        return Err(OracleError::Outside { reason });
    }
    some_of(domains.needed, total as u32)?;
    let parts = zones().flat_map(|zone| [zone.replica, zone.zone]);
    let parts = parts.chain(domains.regions.iter().map(|region| region.region));
    let mut relaxation_time: f64 = 0.0;
    for part in parts {
        positive("up", &[part.up])?;
        not_negative("down", part.down)?;
        relaxation_time = relaxation_time.max(part.relaxation_time());
    }
    let spare = (total - u64::from(domains.needed)) as usize;
    let of_regions: Vec<Vec<f64>> = domains.regions.iter().map(FailureRegion::lost).collect();
    let unavailability = together(&of_regions).iter().skip(spare + 1).sum();
    let mut incident_rate = 0.0;
    let mut replicas_mean = 0.0;
    for (place, region) in domains.regions.iter().enumerate() {
        let others = together(&without(&of_regions, place));
        incident_rate += region.outages(&others, spare);
        replicas_mean += region.working();
    }
    Ok(FailureDomainsAnswer {
        service: UpDown { unavailability, incident_rate },
        replicas_mean,
        relaxation_time,
    })
}

impl FailureZone {
    /// The probabilities that 0, 1, ... of so many of its replicas are lost while the zone is up.
    fn lost_alone(&self, replicas: u32) -> Vec<f64> {
        let down = self.replica.unavailability();
        (0..replicas).fold(vec![1.0], |chances, _| convolved(&chances, &[1.0 - down, down]))
    }

    /// The probabilities that 0, 1, ... of its replicas are lost.
    fn lost(&self) -> Vec<f64> {
        or_all(self.lost_alone(self.replicas), self.zone)
    }

    /// Outages per time that its replicas and itself begin, where `others` are the probabilities that so many other
    /// replicas are lost, and no more than `spare` may be.
    fn outages(&self, others: &[f64], spare: usize) -> f64 {
        let up = 1.0 - self.zone.unavailability();
        let of_replicas = if self.replicas == 0 {
            0.0
        } else {
            let rest = convolved(&self.lost_alone(self.replicas - 1), others);
            f64::from(self.replicas) * self.replica.rate() * up * rest.get(spare).copied().unwrap_or(0.0)
        };
        of_replicas + self.zone.rate() * ended_by(&self.lost_alone(self.replicas), others, spare)
    }
}

impl FailureRegion {
    fn lost_alone(&self) -> Vec<f64> {
        together(&self.zones.iter().map(FailureZone::lost).collect::<Vec<_>>())
    }

    fn lost(&self) -> Vec<f64> {
        or_all(self.lost_alone(), self.region)
    }

    fn outages(&self, others: &[f64], spare: usize) -> f64 {
        let of_zones: Vec<Vec<f64>> = self.zones.iter().map(FailureZone::lost).collect();
        let inside: f64 = (0..self.zones.len())
            .map(|place| {
                let rest = convolved(&together(&without(&of_zones, place)), others);
                self.zones[place].outages(&rest, spare)
            })
            .sum();
        let up = 1.0 - self.region.unavailability();
        up * inside + self.region.rate() * ended_by(&together(&of_zones), others, spare)
    }

    /// Mean number of its replicas that work.
    fn working(&self) -> f64 {
        let of_zone = |zone: &FailureZone| {
            f64::from(zone.replicas)
                * (1.0 - zone.replica.unavailability())
                * (1.0 - zone.zone.unavailability())
        };
        self.zones.iter().map(of_zone).sum::<f64>() * (1.0 - self.region.unavailability())
    }
}

/// The probability that a service is up while a part is, of which so many replicas are lost with these probabilities,
/// and down when all of them are.
fn ended_by(inside: &[f64], others: &[f64], spare: usize) -> f64 {
    let all = inside.len() - 1;
    let pairs = inside.iter().enumerate().flat_map(|(lost, chance)| {
        others.iter().enumerate().map(move |(further, other)| (lost, further, chance * other))
    });
    pairs.filter(|(lost, further, _)| lost + further <= spare && all + further > spare).map(|one| one.2).sum()
}

/// The probabilities where all are lost while the whole is down.
fn or_all(mut chances: Vec<f64>, whole: Alternating) -> Vec<f64> {
    let down = whole.unavailability();
    for chance in &mut chances {
        *chance *= 1.0 - down;
    }
    if let Some(last) = chances.last_mut() {
        *last += down;
    }
    chances
}

/// The lists but one.
fn without(lists: &[Vec<f64>], place: usize) -> Vec<Vec<f64>> {
    let others = lists.iter().enumerate().filter(|(number, _)| *number != place);
    others.map(|(_, list)| list.clone()).collect()
}

/// The probabilities of the sum of independent counts.
fn together(lists: &[Vec<f64>]) -> Vec<f64> {
    lists.iter().fold(vec![1.0], |sum, list| convolved(&sum, list))
}

fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; one.len() + other.len() - 1];
    for (first, chance) in one.iter().enumerate() {
        for (second, further) in other.iter().enumerate() {
            sum[first + second] += chance * further;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::oracle::{KOfN, k_of_n};

    const HOUR: f64 = 3600.0;

    fn domains(zones: usize, replicas: u32, region: Alternating) -> FailureDomains {
        let replica = Alternating { up: 1000.0 * HOUR, down: HOUR };
        let zone = Alternating { up: 5000.0 * HOUR, down: 2.0 * HOUR };
        let zones = vec![FailureZone { replicas, replica, zone }; zones];
        FailureDomains { needed: 4, regions: vec![FailureRegion { region, zones }] }
    }

    /// Sums over every state of every part, each counted on its own: unavailability and outages per time.
    fn slowly(domains: &FailureDomains) -> (f64, f64) {
        // Each part with the replicas that it takes along.
        let mut parts: Vec<(Alternating, Vec<usize>)> = Vec::new();
        let mut replicas = 0;
        for region in &domains.regions {
            let first = replicas;
            for zone in &region.zones {
                let members: Vec<usize> = (replicas..replicas + zone.replicas as usize).collect();
                parts.extend(members.iter().map(|one| (zone.replica, vec![*one])));
                replicas += members.len();
                parts.push((zone.zone, members));
            }
            parts.push((region.region, (first..replicas).collect()));
        }
        let is_up = |state: u32| {
            let mut works = vec![true; replicas];
            for (_, members) in
                parts.iter().enumerate().filter(|(place, _)| state >> place & 1 == 1).map(|one| one.1)
            {
                for one in members {
                    works[*one] = false;
                }
            }
            works.iter().filter(|one| **one).count() >= domains.needed as usize
        };
        let (mut down, mut rate) = (0.0, 0.0);
        for state in 0..1_u32 << parts.len() {
            let chance = |(place, (part, _)): (usize, &(Alternating, Vec<usize>))| {
                let lost = part.unavailability();
                if state >> place & 1 == 1 { lost } else { 1.0 - lost }
            };
            let all: f64 = parts.iter().enumerate().map(chance).product();
            if !is_up(state) {
                down += all;
                continue;
            }
            for (place, (part, _)) in parts.iter().enumerate() {
                if state >> place & 1 == 0 && part.down > 0.0 && !is_up(state | 1 << place) {
                    rate += all / part.up;
                }
            }
        }
        (down, rate)
    }

    #[test]
    fn it_is_the_sum_over_all_states() {
        let replica = Alternating { up: 30.0, down: 4.0 };
        let zone = |replicas, up| FailureZone { replicas, replica, zone: Alternating { up, down: 2.0 } };
        let region = |up, zones| FailureRegion { region: Alternating { up, down: 3.0 }, zones };
        for needed in 1..=6 {
            let regions =
                vec![region(90.0, vec![zone(2, 50.0), zone(1, 20.0)]), region(200.0, vec![zone(3, 70.0)])];
            let domains = FailureDomains { needed, regions };
            let (down, rate) = slowly(&domains);
            let found = failure_domains(&domains).unwrap().service;
            assert!((found.unavailability / down - 1.0).abs() < 1e-12, "{needed}: {found:?} {down}");
            assert!((found.incident_rate / rate - 1.0).abs() < 1e-12, "{needed}: {found:?} {rate}");
        }
    }

    #[test]
    fn without_zones_it_is_a_group_of_units() {
        let replica = Alternating { up: 1000.0, down: 1.0 };
        let zone = FailureZone { replicas: 7, replica, zone: Alternating::NEVER };
        let region = FailureRegion { region: Alternating::NEVER, zones: vec![zone] };
        let found = failure_domains(&FailureDomains { needed: 3, regions: vec![region] }).unwrap();
        let group = k_of_n(KOfN { n: 7, k: 3, up: 1000.0, down: 1.0 }).unwrap();
        assert!((found.service.unavailability / group.group.unavailability - 1.0).abs() < 1e-11);
        assert!((found.service.incident_rate / group.group.incident_rate - 1.0).abs() < 1e-11);
        assert!((found.replicas_mean / group.units_up - 1.0).abs() < 1e-12);
    }

    #[test]
    fn three_zones_are_worth_it_and_two_are_worse_than_one() {
        let minutes = |zones, replicas| {
            let found = failure_domains(&domains(zones, replicas, Alternating::NEVER)).unwrap();
            found.service.unavailability * 525_960.0
        };
        assert!((minutes(1, 6) - 210.310_340_014).abs() < 1e-6);
        assert!((minutes(2, 3) - 420.526_129_563).abs() < 1e-6);
        assert!((minutes(3, 2) - 2.777_932_839_91).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut wrong = domains(3, 2, Alternating::NEVER);
        wrong.needed = 7;
        assert!(failure_domains(&wrong).is_err());
        wrong.needed = 4;
        wrong.regions[0].zones[0].replica.up = 0.0;
        assert!(failure_domains(&wrong).is_err());
        assert!(failure_domains(&domains(2, 60_000, Alternating::NEVER)).is_err());
        assert!(failure_domains(&FailureDomains { needed: 1, regions: Vec::new() }).is_err());
    }
}
