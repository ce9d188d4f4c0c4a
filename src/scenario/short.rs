//! What a path is called where several are side by side.

/// Last names of paths that say nothing without the name before them.
const UNCLEAR: [&str; 15] = [
    "policy",
    "mean",
    "cv",
    "shape",
    "sigma",
    "mu",
    "minimum",
    "low",
    "high",
    "stages",
    "distribution",
    "process",
    "kind",
    "preset",
    "size",
];

/// The shortest end of a path, at a dot, that no other of `all` paths has and that is clear by itself.
pub(crate) fn short_path<'p>(path: &'p str, all: &[&str]) -> &'p str {
    let ends = path.rmatch_indices('.').map(|(dot, _)| &path[dot + 1..]);
    let is_clear = |end: &&str| {
        let has_end = |other: &&&str| {
            **other != path
                && (**other == *end || other.strip_suffix(*end).is_some_and(|rest| rest.ends_with('.')))
        };
        !UNCLEAR.contains(end) && !all.iter().any(|other| has_end(&other))
    };
    ends.into_iter().find(is_clear).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_as_short_as_it_is_clear() {
        let short = |path, others: &[&str]| short_path(path, others).to_owned();
        assert_eq!(short("service.shop.replicas", &["service.shop.replicas"]), "replicas");
        assert_eq!(short("service.shop.demand.mean", &[]), "demand.mean");
        let two = ["client.a.retry.attempts", "client.b.retry.attempts"];
        assert_eq!(two.map(|path| short(path, &two)), ["a.retry.attempts", "b.retry.attempts"]);
        let nested = ["run.window", "run.window.size"];
        assert_eq!(nested.map(|path| short(path, &nested)), ["window", "window.size"]);
        assert_eq!(short("replicas", &["service.shop.replicas"]), "replicas");
        assert_eq!(short("policy", &[]), "policy");
    }
}
