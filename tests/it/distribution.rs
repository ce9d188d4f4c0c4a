//! Every law draws what its formulas say, and streams are independent and never change.
//!
//! Seeds are fixed, so a test passes always or never; each is judged at a level of 1e-4.

use ninefold::document::{Diagnostics, Fields, Name, Node, Span, Table, Value};
use ninefold::kernel::distribution::{Distribution, DistributionSettings};
use ninefold::kernel::stream::{Purpose, Stream, Streams, draw, mix};
use rand::{Rng, RngExt};

/// Beyond this many standard errors a normal variable is with probability 1e-4.
const NORMAL_LIMIT: f64 = 3.891;
/// Kolmogorov's limit of sqrt(n) D: 2 exp(-2 x^2) = 1e-4.
const KOLMOGOROV_LIMIT: f64 = 2.226;

/// Laws whose eighth moment exists, so that the sample variance has a known error.
const LIGHT: [&str; 14] = [
    "constant: mean = '2s'",
    "exponential: mean = '2s'",
    "uniform: low = '1s', high = '4s'",
    "uniform: low = '0s', high = '250ms'",
    "erlang: mean = '2s', stages = 1",
    "erlang: mean = '2s', stages = 4",
    "gamma: mean = '2s', shape = 0.5",
    "gamma: mean = '3s', shape = 2.5",
    "hyperexponential: probabilities = [0.2, 0.8], means = ['10s', '1s']",
    "hyperexponential: probabilities = ['50%', '50%'], means = ['0s', '40s']",
    "hyperexponential: mean = '2s', cv = 2",
    "weibull: mean = '2s', shape = 0.8",
    "weibull: mean = '2s', shape = 2",
    "empirical: file = 'f.csv', column = 'c'",
];
/// Laws whose higher moments are large or infinite.
const HEAVY: [&str; 4] = [
    "lognormal: mean = '2s', cv = 0.5",
    "lognormal: mu = 0.5, sigma = 0.8",
    "pareto: minimum = '1s', shape = 9",
    "pareto: minimum = '1s', shape = 1.5",
];

const DATA: [f64; 6] = [4.0, 0.5, 0.5, 3.0, 10.0, 0.0];

fn node(value: toml::Value) -> Node {
    let value = match value {
        toml::Value::String(text) => Value::Text(text),
        toml::Value::Integer(number) => Value::Integer(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Array(items) => Value::List(items.into_iter().map(node).collect()),
        other => unreachable!("no law has a {other:?}"),
    };
    Node { span: Span::default(), value }
}

fn read(name: &str, table: toml::Table) -> DistributionSettings {
    let entries = table
        .into_iter()
        .map(|(key, value)| (Name { text: key, span: Span::default() }, node(value)))
        .collect();
    let (table, mut findings) = (Table { entries }, Diagnostics::default());
    let mut fields = Fields::new(&table, Span::default(), &mut findings);
    let settings = DistributionSettings::read(name, &mut fields);
    fields.finish();
    assert_eq!(findings.0, [], "{name}");
    settings.unwrap()
}

fn settings(text: &str) -> DistributionSettings {
    let (name, keys) = text.split_once(':').unwrap();
    let table: toml::Table = toml::from_str(&format!("t = {{{keys}}}")).unwrap();
    let toml::Value::Table(table) = table["t"].clone() else { unreachable!("it was written as a table") };
    read(name, table)
}

fn build(text: &str) -> Result<Distribution, String> {
    Distribution::new(&settings(text), &mut |column| match (column.file, column.column) {
        ("f.csv", "c") => Ok(DATA.to_vec()),
        ("f.csv", "empty") => Ok(Vec::new()),
        ("f.csv", "negative") => Ok(vec![1.0, -1.0]),
        _ => Err(format!("there is no column \"{}\" in {}", column.column, column.file)),
    })
}

fn law(text: &str) -> Distribution {
    build(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Values in seconds, rising.
fn sample(text: &str, count: usize, draw: impl Fn(&Distribution, &mut Stream) -> f64) -> Vec<f64> {
    let (law, mut stream) = (law(text), Streams::new(20, 0).stream(Purpose::Demand, text.len() as u32));
    let mut values: Vec<f64> = (0..count).map(|_| draw(&law, &mut stream)).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

fn mean_of(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[track_caller]
fn assert_normal(found: f64, expected: f64, error: f64, what: &str) {
    // What is constant agrees up to rounding to nanoseconds.
    let limit = (NORMAL_LIMIT * error).max(1e-9);
    assert!((found - expected).abs() <= limit, "{what}: {found} +- {error}, expected {expected}");
}

/// The greatest distance between the share of values up to each one and `cdf`, from both sides; values are rounded
/// to nanoseconds, so the left side is looked at two of them before.
fn distance(values: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let count = values.len() as f64;
    let side = |value: f64| {
        let above = values.partition_point(|other| *other <= value) as f64 / count - cdf(value);
        let below = values.partition_point(|other| *other < value) as f64 / count - cdf(value - 2e-9);
        above.abs().max(below.abs())
    };
    values.iter().map(|value| side(*value)).fold(0.0, f64::max)
}

#[test]
fn means_and_variances_are_those_of_the_formulas() {
    for text in LIGHT.iter().chain(&HEAVY[..3]) {
        let law = law(text);
        let values = sample(text, 200_000, |law, stream| law.sample(stream).as_secs());
        let count = values.len() as f64;
        assert_normal(mean_of(values.iter().copied()), law.mean(), (law.variance() / count).sqrt(), text);
        let squares = values.iter().map(|value| (value - law.mean()).powi(2));
        let fourth = mean_of(values.iter().map(|value| (value - law.mean()).powi(4)));
        let error = ((fourth - law.variance().powi(2)).max(0.0) / count).sqrt();
        assert_normal(mean_of(squares), law.variance(), error, text);
    }
}

#[test]
fn values_follow_the_distribution_function() {
    for text in LIGHT.iter().chain(&HEAVY) {
        let law = law(text);
        let values = sample(text, 50_000, |law, stream| law.sample(stream).as_secs());
        let found = distance(&values, |seconds| law.cdf(seconds)) * f64::sqrt(50_000.0);
        assert!(found < KOLMOGOROV_LIMIT, "{text}: sqrt(n) D = {found}");
    }
}

/// Integrates (1 - F) / mean to each value by Simpson's rule from value to value.
fn residual_function(law: &Distribution, values: &[f64]) -> Vec<f64> {
    let left = |seconds: f64| 1.0 - law.cdf(seconds);
    let (mut last, mut integral) = (0.0, 0.0);
    let mut to = |value: f64| {
        let middle = f64::midpoint(last, value);
        integral += (value - last) / 6.0 * (left(last) + 4.0 * left(middle) + left(value));
        last = value;
        integral / law.mean()
    };
    values.iter().map(|value| to(*value)).collect()
}

#[test]
fn residual_lives_follow_the_equilibrium() {
    for text in LIGHT.iter().chain(&HEAVY) {
        let law = law(text);
        let values = sample(text, 50_000, |law, stream| law.sample_residual(stream).as_secs());
        let count = values.len() as f64;
        let whole = residual_function(&law, &values);
        let apart = |(number, share): (usize, &f64)| (share - number as f64 / count).abs();
        let found = whole.iter().enumerate().map(apart).fold(0.0, f64::max) * count.sqrt();
        assert!(found < KOLMOGOROV_LIMIT, "{text}: sqrt(n) D = {found}");
        if law.variance().is_finite() {
            let mean = mean_of(values.iter().copied());
            let spread = mean_of(values.iter().map(|value| (value - mean).powi(2)));
            let expected = (law.variance() + law.mean().powi(2)) / (2.0 * law.mean());
            assert_normal(mean, expected, (spread / count).sqrt(), text);
        }
    }
}

#[test]
fn parameters_give_the_mean_and_variance_that_they_name() {
    let close = |text: &str, mean: f64, variance: f64| {
        let law = law(text);
        assert!((law.mean() / mean - 1.0).abs() < 1e-12, "{text}: mean {}", law.mean());
        assert!((law.variance() - variance).abs() < 1e-11 * variance, "{text}: variance {}", law.variance());
    };
    close("erlang: mean = '6s', stages = 4", 6.0, 9.0);
    close("gamma: mean = '6s', shape = 0.25", 6.0, 144.0);
    close("hyperexponential: mean = '6s', cv = 3", 6.0, 324.0);
    close("hyperexponential: mean = '6s', cv = 1", 6.0, 36.0);
    close("hyperexponential: probabilities = [0.2, 0.8], means = ['10s', '1s']", 2.8, 41.6 - 7.84);
    close("lognormal: mean = '6s', cv = 1.310832", 6.0, 36.0 * 1.310_832f64.powi(2));
    // Shape 1/2: scale 3 s, Gamma(5) = 24.
    close("weibull: mean = '6s', shape = 0.5", 6.0, 24.0 * 9.0 - 36.0);
    close("pareto: minimum = '2s', shape = 3", 3.0, 3.0);
    close("empirical: file = 'f.csv', column = 'c'", 3.0, 125.5 / 6.0 - 9.0);
    let infinite = law("pareto: minimum = '2s', shape = 1");
    assert!(infinite.mean().is_infinite() && infinite.variance().is_infinite());
    let mut stream = Streams::new(1, 0).stream(Purpose::Failure, 0);
    assert_eq!(infinite.sample_residual(&mut stream), ninefold::units::SimDuration::MAX);
}

#[test]
fn impossible_parameters_are_refused() {
    let impossible = [
        ("uniform: low = '2s', high = '2s'", "low must be below high"),
        ("erlang: mean = '2s', stages = 0", "at least one stage"),
        ("erlang: mean = '0s', stages = 2", "the mean must be above 0"),
        ("gamma: mean = '2s', shape = 0", "the shape must be above 0"),
        ("gamma: mean = '2s', shape = -1", "the shape must be above 0"),
        ("hyperexponential: mean = '2s'", "either probabilities and means, or mean and cv"),
        ("hyperexponential: mean = '2s', cv = 0.5", "cv must be at least 1"),
        ("hyperexponential: mean = '2s', cv = 2, means = ['1s']", "either probabilities and means"),
        ("hyperexponential: probabilities = [0.5, 0.4], means = ['1s', '2s']", "sum to 0.9"),
        ("hyperexponential: probabilities = [1], means = ['1s', '2s']", "1 probabilities but 2 means"),
        ("hyperexponential: probabilities = [], means = []", "at least one branch"),
        ("lognormal: mean = '2s', sigma = 1", "either mean and cv, or mu and sigma"),
        ("lognormal: mean = '2s', cv = 0", "cv must be above 0"),
        ("lognormal: mu = 5, sigma = 100", "the mean, exp(mu + sigma^2 / 2), must be above 0 and finite"),
        ("weibull: mean = '2s', shape = 0.001", "the shape must be at least"),
        ("pareto: minimum = '0s', shape = 2", "the minimum must be above 0"),
        ("pareto: minimum = '1s', shape = 0", "the shape must be above 0"),
        ("empirical: file = 'f.csv', column = 'empty'", "at least one value"),
        ("empirical: file = 'f.csv', column = 'negative'", "at least 0, not -1"),
        ("empirical: file = 'f.csv', column = 'x'", "there is no column \"x\" in f.csv"),
    ];
    for (text, reason) in impossible {
        let error = build(text).expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn settings_are_read_as_they_were_written() {
    for text in LIGHT.iter().chain(&HEAVY) {
        let settings = settings(text);
        let mut table = toml::Table::new();
        settings.write(&mut table);
        assert_eq!(read(settings.name(), table), settings, "{text}");
    }
    assert_eq!(DistributionSettings::CATALOGUE.len(), 10);
}

/// Standard errors by which neighbours in a list of independent uniform numbers are correlated, and their mean is off.
fn errors(values: &[f64]) -> [f64; 2] {
    let pairs = values.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum::<f64>();
    // Each product has variance 1/144, and products of neighbours are not correlated.
    let correlation = pairs * 12.0 / ((values.len() - 1) as f64).sqrt();
    [correlation, (mean_of(values.iter().copied()) - 0.5) * (12.0 * values.len() as f64).sqrt()]
}

/// Asserts that 10,000 neighbours are as independent as they should be, neither more nor less: their squared errors
/// under 100 seeds are chi-square with 100 degrees of freedom, whose cube root is normal (Wilson and Hilferty, 1931).
#[track_caller]
fn assert_unrelated(what: &str, value: impl Fn(u64, u32) -> f64) {
    let (seeds, spread) = (100, 2.0 / 900.0_f64);
    let all: Vec<[f64; 2]> = (0..seeds)
        .map(|seed| errors(&(0..10_000).map(|number| value(seed, number)).collect::<Vec<f64>>()))
        .collect();
    for which in 0..2 {
        let square = all.iter().map(|errors| errors[which].powi(2)).sum::<f64>() / seeds as f64;
        let error = (square.cbrt() - (1.0 - spread)) / spread.sqrt();
        assert!(error.abs() < NORMAL_LIMIT, "{what}: {error} standard errors, statistic {which}");
    }
}

#[test]
fn neighbouring_keys_and_streams_are_not_correlated() {
    let first = |mut stream: Stream| stream.random::<f64>();
    let keyed = |key: u64| draw(key, Purpose::Demand).random::<f64>();
    assert_unrelated("owners", |seed, owner| first(Streams::new(seed, 0).stream(Purpose::Balancing, owner)));
    assert_unrelated("runs", |seed, run| first(Streams::new(seed, run).stream(Purpose::Arrival, 0)));
    assert_unrelated("seeds", |run, seed| {
        first(Streams::new(u64::from(seed), run as u32).stream(Purpose::Arrival, 0))
    });
    assert_unrelated("keys", |seed, key| keyed((seed << 40) + u64::from(key)));
    assert_unrelated("mixed keys", |seed, key| keyed(mix(seed, u64::from(key))));
    assert_unrelated("words", |seed, key| keyed(mix(u64::from(key), seed)));
    assert_unrelated("things", |seed, thing| {
        keyed(Streams::new(seed, 0).key(Purpose::Failure, u64::from(thing)))
    });
    assert_unrelated("purposes of one key, side by side", |seed, number| {
        let purpose = if number.is_multiple_of(2) { Purpose::Demand } else { Purpose::NetworkThere };
        draw(mix(seed, u64::from(number / 2)), purpose).random::<f64>()
    });
    assert_unrelated("draws of one key, side by side", |seed, number| {
        let mut random = draw(mix(seed, u64::from(number / 2)), Purpose::Recovery);
        let (one, two) = (random.random::<f64>(), random.random::<f64>());
        if number.is_multiple_of(2) { one } else { two }
    });
}

#[test]
fn streams_keep_their_first_values() {
    let mut stream = Streams::new(1, 0).stream(Purpose::Arrival, 0);
    let found = [stream.next_u64(), stream.next_u64(), stream.next_u64()];
    assert_eq!(found, [9_381_819_237_643_329_344, 11_678_164_168_360_429_014, 6_700_952_658_446_894_341]);
    let mut stream = Streams::new(42, 3).stream(Purpose::Balancing, 17);
    assert_eq!(
        [stream.next_u64(), stream.next_u64()],
        [17_857_634_444_799_817_553, 17_716_189_104_393_263_007]
    );
    let mut random = draw(mix(mix(0, 4711), 2), Purpose::Demand);
    assert_eq!(
        [random.next_u64(), random.next_u64()],
        [17_964_629_418_925_843_386, 1_924_399_568_686_967_459]
    );
}

#[test]
fn samplers_keep_their_first_values() {
    let found: Vec<[u64; 2]> = LIGHT
        .iter()
        .chain(&HEAVY)
        .map(|text| {
            let (law, mut stream) = (law(text), Streams::new(1, 0).stream(Purpose::Demand, 0));
            [law.sample(&mut stream).as_nanos(), law.sample_residual(&mut stream).as_nanos()]
        })
        .collect();
    let pinned = [
        [2_000_000_000, 35_673_717],
        [38_080_310, 40_202_410],
        [1_053_510_576, 1_108_296_573],
        [4_459_215, 54_782_949],
        [38_080_310, 1_688_113_657],
        [947_811_996, 1_080_188_177],
        [1_048_453, 4_932_937_006],
        [1_067_272_937, 1_854_143_298],
        [201_012_052, 11_429_675_461],
        [0, 45_718_701_845],
        [22_654_393, 10_141_532_002],
        [10_068_318_489, 2_293_281_522],
        [4_528_436_408, 1_649_379_542],
        [0, 2_138_308_016],
        [1_046_947_478, 1_347_856_003],
        [665_492_035, 1_677_916_721],
        [1_564_220_449, 714_562_531],
        [14_648_317_830, 742_008_182],
    ];
    assert_eq!(found, pinned);
}
