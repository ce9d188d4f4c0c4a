//! What each step to a dearer and better variant costs.

use super::Tradeoff;
use super::contender::Contender;
use super::pair::Judgement;
use crate::analysis::statistics::{Design, Pairing, Sample, is_contested, tradeoff};
use crate::experiment::spending::{availabilities, cost};
use crate::measure::metric::{MetricName, Names, Quantity};
use crate::scenario::Objective;

/// For each availability that matters, where each variant stands between it and its cost; nothing where fewer than two
/// have both.
pub(super) fn tradeoffs(
    contenders: &[Contender<'_>],
    judgement: &Judgement,
    objectives: &[Objective],
) -> Vec<Tradeoff> {
    let mut clients: Vec<String> =
        contenders.iter().flat_map(Contender::clients).map(str::to_owned).collect();
    clients.sort_unstable();
    clients.dedup();
    let names = Names { clients, ..Names::default() };
    let money = contenders.first().map(Contender::money).unwrap_or_default();
    if contenders.iter().any(|one| one.money() != money) {
        return Vec::new();
    }
    let samples = |name: &MetricName| -> Vec<Option<Sample>> {
        let quantity = Quantity::parse(&name.name);
        let sample = |one: &Contender<'_>| one.sample(name, quantity?, judgement.runs);
        contenders.iter().map(sample).collect()
    };
    let costs = samples(&cost());
    let of_metric = |metric: MetricName| {
        let shares = samples(&metric);
        let designs: Vec<Option<Design<'_>>> = costs
            .iter()
            .zip(&shares)
            .map(|(cost, share)| Some(Design { cost: cost.as_ref()?, availability: share.as_ref()? }))
            .collect();
        let pairing = |one: usize, other: usize| {
            let pair = (one.min(other), one.max(other));
            let apart = judgement.unpaired.iter().any(|one| (one.first, one.second) == pair);
            if apart { Pairing::Unpaired } else { Pairing::Paired }
        };
        let stands = tradeoff(&designs, &pairing, judgement.level);
        let values =
            designs.iter().map(|one| one.and_then(|one| one.cost.pooled().zip(one.availability.pooled())));
        is_contested(&designs).then(|| Tradeoff { money, values: values.collect(), stands, metric })
    };
    let asked = objectives.iter().map(|objective| &objective.metric);
    availabilities(asked, &names).into_iter().filter_map(of_metric).collect()
}
