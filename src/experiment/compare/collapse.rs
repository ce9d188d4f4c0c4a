//! Which of two variants collapses in more runs, and on which runs all else is compared.

use super::contender::Contender;
use super::{Standing, Unpaired};
use crate::analysis::statistics::{Holm, Sample, fisher, holm, mcnemar, student_t};
use crate::measure::metric::{Basis, MetricName, Quantity};

/// More runs than this are no advice.
const RUNS_MAX: f64 = 1e5;
/// Degrees of freedom from which on Student's t is the normal law.
const MANY: usize = 1_000_000;

/// The collapses of one client in all variants; there is at least one.
#[derive(Debug)]
pub(super) struct Gate {
    scope: String,
    /// By variant, whether each run has one; `None` where they are not looked for.
    collapsed: Vec<Option<Vec<bool>>>,
    /// Pairs of variants of which one has any.
    pairs: Vec<Gated>,
}

/// The exact test of one pair.
#[derive(Debug, Clone)]
pub(super) struct Gated {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) verdict: Standing,
    /// What was counted and tested.
    pub(super) test: String,
    pub(super) confidence: f64,
    /// Further runs that should decide it.
    pub(super) further_runs: Option<u32>,
}

/// How many runs of each of two variants collapsed, and how many differ where they are paired.
#[derive(Debug, Clone, Copy)]
struct Table {
    runs: [u64; 2],
    collapsed: [u64; 2],
    /// Pairs of which the first alone collapsed, and the second alone.
    alone: Option<[u64; 2]>,
}

/// What a pair of variants is compared on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Kept {
    /// For both, which runs count; none where all do.
    pub(super) runs: Option<[Vec<bool>; 2]>,
    /// Why nothing is decided whatever is compared.
    pub(super) undecided: Option<String>,
}

/// The collapses of each client of which some variant has one.
pub(super) fn gates(
    contenders: &[Contender<'_>],
    unpaired: &[Unpaired],
    (runs, level): (u32, f64),
) -> Vec<Gate> {
    let mut clients: Vec<&str> = contenders.iter().flat_map(Contender::clients).collect();
    clients.sort_unstable();
    clients.dedup();
    let of_client = |scope: &str| {
        let name = metric(scope);
        let ratio = Quantity::named(&name.name);
        let flags = |one: &Contender<'_>| match one.sample(&name, ratio, runs)? {
            Sample::Ratios(fractions) => Some(fractions.iter().map(|one| one.numerator > 0.0).collect()),
            _ => None,
        };
        let collapsed: Vec<Option<Vec<bool>>> = contenders.iter().map(flags).collect();
        collapsed.iter().flatten().flatten().any(|has| *has).then(|| {
            let mut lengths = contenders.iter().filter_map(Contender::length);
            // Said where all runs are as long.
            let length = lengths.next().filter(|first| lengths.all(|one| one == *first));
            let length = length.map_or(String::new(), |length| format!(" of {length}"));
            let pairs = pairs(&collapsed, unpaired, (level, &length));
            Gate { scope: scope.to_owned(), collapsed, pairs }
        })
    };
    clients.into_iter().filter_map(of_client).collect()
}

/// The metric that says how often a client collapses.
pub(super) fn metric(scope: &str) -> MetricName {
    MetricName { scope: scope.to_owned(), name: "collapse_ratio".to_owned() }
}

fn pairs(collapsed: &[Option<Vec<bool>>], unpaired: &[Unpaired], (level, length): (f64, &str)) -> Vec<Gated> {
    let mut tables = Vec::new();
    for first in 0..collapsed.len() {
        for second in first + 1..collapsed.len() {
            let (Some(one), Some(two)) = (&collapsed[first], &collapsed[second]) else { continue };
            let is_paired = !unpaired.iter().any(|apart| (apart.first, apart.second) == (first, second));
            let table = Table::new(one, two, is_paired);
            if table.collapsed != [0, 0] {
                tables.push((first, second, table));
            }
        }
    }
    let levels = holm(&tables.iter().map(|(.., table)| table.p_value()).collect::<Vec<_>>(), level);
    let judged = |((first, second, table), holm): ((usize, usize, Table), Holm)| Gated {
        first,
        second,
        verdict: table.verdict(holm.is_decided),
        test: table.text(length),
        confidence: holm.confidence,
        further_runs: if holm.is_decided { None } else { table.further_runs(holm.confidence) },
    };
    tables.into_iter().zip(levels).map(judged).collect()
}

impl Gate {
    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    /// The exact test of a pair; `None` where neither has a collapse.
    pub(super) fn pair(&self, first: usize, second: usize) -> Option<&Gated> {
        self.pairs.iter().find(|pair| (pair.first, pair.second) == (first, second))
    }

    /// Takes away from what a pair is compared on the runs in which this client collapsed.
    fn narrow(&self, (first, second): (usize, usize), is_paired: bool, kept: &mut Kept) {
        let Some(pair) = self.pair(first, second) else { return };
        let (Some(one), Some(two)) = (&self.collapsed[first], &self.collapsed[second]) else { return };
        let all = || [vec![true; one.len()], vec![true; two.len()]];
        let [of_one, of_two] = kept.runs.get_or_insert_with(all);
        for (kept, has) in of_one.iter_mut().zip(one).chain(of_two.iter_mut().zip(two)) {
            *kept &= !has;
        }
        if is_paired {
            for (one, two) in of_one.iter_mut().zip(of_two) {
                *one &= *two;
                *two = *one;
            }
        }
        if matches!(pair.verdict, Standing::Undecided | Standing::Identical) && kept.undecided.is_none() {
            kept.undecided = Some(format!("it is open which collapses more often ({})", pair.test));
        }
    }
}

/// On which runs a metric of a pair is compared: those in which neither collapsed, where collapses matter to it.
pub(super) fn kept(
    gates: &[Gate],
    (name, quantity): (&MetricName, Quantity),
    pair: (usize, usize),
    is_paired: bool,
) -> Kept {
    let mut kept = Kept::default();
    for gate in gates.iter().filter(|gate| concerns(gate, name, quantity)) {
        gate.narrow(pair, is_paired, &mut kept);
    }
    kept
}

/// What must be known of the estimate of a variant over all its runs, where some of them collapse.
pub(super) fn about_runs(
    gates: &[Gate],
    (name, quantity): (&MetricName, Quantity),
    variant: usize,
) -> Option<String> {
    let mut concerned = gates.iter().filter(|gate| concerns(gate, name, quantity));
    let about = |gate: &Gate| {
        let flags = gate.collapsed[variant].as_ref()?;
        let count = flags.iter().filter(|has| **has).count();
        (count > 0).then(|| format!("{count} of {} runs collapse", flags.len()))
    };
    concerned.find_map(about)
}

/// Whether the collapses of a client change what a metric means: those of the client itself, and of services, whose load
/// they are, all but what only faults decide.
pub(super) fn concerns(gate: &Gate, name: &MetricName, quantity: Quantity) -> bool {
    let is_service = name.scope.starts_with("service.");
    !quantity.rests_on(Basis::Collapses)
        && (name.scope == gate.scope || is_service && !quantity.rests_on(Basis::Faults))
}

impl Table {
    fn new(one: &[bool], two: &[bool], is_paired: bool) -> Self {
        let count = |flags: &[bool]| flags.iter().filter(|has| **has).count() as u64;
        let alone =
            |of: fn((&bool, &bool)) -> bool| one.iter().zip(two).filter(|pair| of(*pair)).count() as u64;
        Self {
            runs: [one.len() as u64, two.len() as u64],
            collapsed: [count(one), count(two)],
            alone: (is_paired && one.len() == two.len())
                .then(|| [alone(|(one, two)| *one && !two), alone(|(one, two)| !one && *two)]),
        }
    }

    fn p_value(&self) -> f64 {
        match self.alone {
            Some([one, two]) => mcnemar(one, two),
            None => fisher((self.collapsed[0], self.runs[0]), (self.collapsed[1], self.runs[1])),
        }
    }

    fn verdict(&self, is_decided: bool) -> Standing {
        let [first, second] = self.shares();
        match (self.alone, is_decided) {
            (Some([0, 0]), _) => Standing::Identical,
            (_, false) => Standing::Undecided,
            _ if second < first => Standing::Better,
            _ => Standing::Worse,
        }
    }

    fn shares(&self) -> [f64; 2] {
        [0, 1].map(|one| self.collapsed[one] as f64 / self.runs[one] as f64)
    }

    fn text(&self, length: &str) -> String {
        let [first, second] = self.collapsed;
        let runs = match self.runs {
            [one, two] if one == two => format!("{first} and {second} of {one} runs{length}"),
            [one, two] => format!("{first} of {one} and {second} of {two} runs{length}"),
        };
        let test = if self.alone.is_some() { "McNemar" } else { "Fisher" };
        format!("{runs} collapse, {test}'s exact test: p = {}", short(self.p_value()))
    }

    /// Further runs of each after which a difference as large as the one seen is found four times in five.
    fn further_runs(&self, confidence: f64) -> Option<u32> {
        let (sure, likely) = (student_t(confidence, MANY), student_t(0.6, MANY));
        let at_hand = self.runs[0].min(self.runs[1]) as f64;
        let needed = if let Some([one, two]) = self.alone {
            let (one, two) = (one as f64, two as f64);
            let differing = one + two;
            let lean = (one - two).abs() / differing;
            let pairs = ((sure + likely * (1.0 - lean * lean).sqrt()) / lean).powi(2);
            // However clear it is, it takes as many pairs as the exact test needs at least.
            let least = (2.0 / (1.0 - confidence)).log2();
            pairs.max(least.ceil()) * at_hand / differing
        } else {
            let [one, two] = self.shares();
            let mean = f64::midpoint(one, two);
            let spread = (one * (1.0 - one) + two * (1.0 - two)).sqrt();
            ((sure * (2.0 * mean * (1.0 - mean)).sqrt() + likely * spread) / (one - two)).powi(2)
        };
        (needed <= RUNS_MAX).then(|| (needed - at_hand).ceil().max(1.0) as u32)
    }
}

/// A probability in two digits.
fn short(p: f64) -> String {
    if p >= 0.001 { format!("{:.*}", if p >= 0.1 { 2 } else { 4 }, p) } else { format!("{p:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(count: usize, of: usize) -> Vec<bool> {
        (0..of).map(|run| run < count).collect()
    }

    fn gate(one: Vec<bool>, two: Vec<bool>, is_paired: bool) -> Gate {
        let apart = Unpaired { first: 0, second: 1, reason: String::new() };
        let unpaired = if is_paired { vec![] } else { vec![apart] };
        let collapsed = vec![Some(one), Some(two)];
        let pairs = pairs(&collapsed, &unpaired, (0.95, " of 2h"));
        Gate { scope: "client.u".to_owned(), collapsed, pairs }
    }

    fn kept(gate: &Gate, scope: &str, name: &str, is_paired: bool) -> Kept {
        let name = MetricName { scope: scope.to_owned(), name: name.to_owned() };
        let quantity = Quantity::parse(&name.name).unwrap();
        super::kept(std::slice::from_ref(gate), (&name, quantity), (0, 1), is_paired)
    }

    #[test]
    fn pairs_that_differ_decide_where_runs_are_paired() {
        // 2 / 2^6 = 0.031 decides, 2 / 2^5 = 0.0625 does not.
        let found = gate(flags(6, 60), flags(0, 60), true);
        let pair = found.pair(0, 1).unwrap();
        assert_eq!(pair.verdict, Standing::Better);
        assert_eq!(pair.test, "6 and 0 of 60 runs of 2h collapse, McNemar's exact test: p = 0.0313");
        let found = gate(flags(5, 60), flags(0, 60), true);
        let pair = found.pair(0, 1).unwrap();
        assert_eq!((pair.verdict, pair.further_runs), (Standing::Undecided, Some(12)));
        // The same days: nothing to tell apart.
        assert_eq!(gate(flags(5, 60), flags(5, 60), true).pair(0, 1).unwrap().verdict, Standing::Identical);
        assert!(gate(flags(0, 60), flags(0, 60), true).pair(0, 1).is_none());
    }

    #[test]
    fn unpaired_runs_are_judged_by_fisher() {
        let found = gate(flags(0, 20), flags(6, 20), false);
        let pair = found.pair(0, 1).unwrap();
        assert_eq!(pair.verdict, Standing::Worse);
        assert!(pair.test.contains("Fisher's exact test: p = 0.0202"), "{}", pair.test);
        let found = gate(flags(0, 20), flags(4, 20), false);
        let pair = found.pair(0, 1).unwrap();
        assert_eq!(pair.verdict, Standing::Undecided);
        // Shares of 0 and 20 %: 35 runs of each find that four times in five.
        assert!(pair.further_runs.is_some_and(|more| (10..40).contains(&more)), "{:?}", pair.further_runs);
    }

    #[test]
    fn the_rest_is_compared_where_neither_collapsed_and_only_if_that_is_decided() {
        let found = gate(flags(8, 10), vec![false; 10], true);
        let rest = kept(&found, "client.u", "latency_p99", true);
        let expected: Vec<bool> = (0..10).map(|run| run >= 8).collect();
        assert_eq!(rest, Kept { runs: Some([expected.clone(), expected.clone()]), undecided: None });
        let apart = kept(&gate(flags(8, 10), vec![false; 10], false), "service.s", "utilisation", false);
        assert_eq!(apart.runs, Some([expected, vec![true; 10]]));
        let open = kept(&gate(flags(2, 10), vec![false; 10], true), "client.u", "goodput", true);
        assert!(open.undecided.unwrap().starts_with("it is open which collapses more often (2 and 0 of 10"));
        // What faults alone decide, and other clients, are not concerned.
        for (scope, name) in
            [("service.s", "availability_time"), ("client.v", "goodput"), ("client.u", "collapses_per_year")]
        {
            assert_eq!(kept(&found, scope, name, true), Kept::default(), "{scope}/{name}");
        }
    }
}
