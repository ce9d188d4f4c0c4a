//! A scenario as it is written: every section read by itself, names not yet looked up, defaults filled in.

pub(crate) mod account;
pub(crate) mod arrival;
pub(crate) mod balancing;
pub(crate) mod by_region;
pub(crate) mod cache;
pub(crate) mod call;
pub(crate) mod claim;
pub(crate) mod client;
pub(crate) mod cost;
pub(crate) mod data;
pub(crate) mod deploy;
pub(crate) mod detection;
pub(crate) mod dns;
pub(crate) mod event;
pub(crate) mod fault;
pub(crate) mod function;
pub(crate) mod gateway;
pub(crate) mod health_check;
pub(crate) mod host;
pub(crate) mod law;
pub(crate) mod monitor;
pub(crate) mod network;
pub(crate) mod origin;
pub(crate) mod outlier;
pub(crate) mod provisioned;
pub(crate) mod recovery;
pub(crate) mod replay;
pub(crate) mod resilience;
pub(crate) mod route;
pub(crate) mod run;
pub(crate) mod scaling;
pub(crate) mod service;
pub(crate) mod standby;
pub(crate) mod start;
pub(crate) mod trace;
mod variant;
pub(crate) mod version;
mod word;

use crate::document::{
    Diagnostic, Diagnostics, Fallback, Field, Fields, Key, Kind, Name, Node, Span, Table, Value, unexpected,
};
use crate::model::region::OnLoss;
use crate::scenario::own::Catalogue;
use crate::units::Probability;
use account::AccountSection;
use call::{Calls, PolicyKeys};
use claim::{ArticleKeys, ClaimSection, TargetKeys};
use client::ClientSection;
use cost::CostSection;
use data::{BackupSection, ReplicationSection};
use deploy::DeploySection;
use dns::DnsSection;
use event::MessageQueueSection;
use fault::FaultSection;
use gateway::GatewaySection;
use monitor::MonitorSection;
use network::NetworkSection;
use recovery::{CrewSection, RecoverySection};
use route::RouteSection;
use run::{BlockSection, RegionSection, RunSection};
use service::ServiceSection;

/// The sections of a file. A part is `None` where it could not be read, so that its name is known all the same.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) name: Option<Name>,
    pub(crate) summary: Option<Name>,
    pub(crate) run: Option<RunSection>,
    pub(crate) objectives: Vec<(Name, TargetKeys)>,
    pub(crate) regions: Named<RegionSection>,
    pub(crate) network: Option<NetworkSection>,
    pub(crate) clients: Named<ClientSection>,
    pub(crate) routes: Named<RouteSection>,
    pub(crate) gateways: Named<GatewaySection>,
    pub(crate) dns: Named<DnsSection>,
    pub(crate) accounts: Named<AccountSection>,
    pub(crate) services: Named<ServiceSection>,
    pub(crate) queues: Named<MessageQueueSection>,
    pub(crate) backups: Named<BackupSection>,
    pub(crate) replications: Named<ReplicationSection>,
    pub(crate) faults: Named<FaultSection>,
    pub(crate) recoveries: Named<RecoverySection>,
    pub(crate) crews: Named<CrewSection>,
    pub(crate) monitors: Named<MonitorSection>,
    pub(crate) deploys: Named<DeploySection>,
    pub(crate) blocks: Named<BlockSection>,
    pub(crate) cost: Option<CostSection>,
    pub(crate) article: Option<ArticleKeys>,
    pub(crate) claims: Vec<ClaimSection>,
}

/// The parts of one kind, in the order of their names.
#[derive(Debug, Clone)]
pub(crate) struct Named<T>(pub(crate) Vec<(Name, Option<T>)>);

/// The sections in which each key names a part.
pub(crate) const NAMED: [&str; 16] = [
    "region",
    "client",
    "route",
    "gateway",
    "dns",
    "account",
    "service",
    "queue",
    "backup",
    "replication",
    "fault",
    "recovery",
    "crew",
    "monitor",
    "deploy",
    "block",
];

/// All keys of the file itself.
pub(crate) const SECTIONS: &[Key] = &[
    section(
        "name",
        &["What the scenario is called, and its folder of results; the name of its file where absent."],
        Name::kind,
    ),
    section("summary", &["One sentence about it, which `ninefold list scenarios` shows."], Name::kind),
    Key {
        fallback: Fallback::Required,
        ..section(
            "run",
            &["For how long, how often and with which seed the scenario is run."],
            RunSection::kind,
        )
    },
    section(
        "objective",
        &[
            "Targets, each under the name of its metric, such as `\"client.shopper/availability_request\" = \">= 99.9%\"`.",
            "An objective is met when the whole interval satisfies it, missed when no part does, and otherwise undecided;",
            "several share the error that the confidence allows. `run` ends with 99 where one is missed, with 98 where",
            "one is undecided.",
        ],
        named::<TargetKeys>,
    ),
    section(
        "region",
        &[
            "Regions, each under its name, with zones that fail together. Where none is written there is one, of one zone.",
        ],
        named::<RegionSection>,
    ),
    section(
        "network",
        &[
            "One-way delays between parts, by how far they are from each other, and what messages are lost; none where",
            "absent.",
        ],
        NetworkSection::kind,
    ),
    section("client", &["Sources of requests, each under its name."], named::<ClientSection>),
    section(
        "route",
        &[
            "Which service serves which paths, for clients with `paths` and no `calls`, or behind a gateway; each under its",
            "name.",
        ],
        named::<RouteSection>,
    ),
    section(
        "gateway",
        &[
            "What stands in front of services and is called as they are, each under its name. In results it is a service.",
        ],
        named::<GatewaySection>,
    ),
    section(
        "dns",
        &[
            "Names that clients call instead of a service, each under its own: an answer says which region an attempt goes to.",
        ],
        named::<DnsSection>,
    ),
    section(
        "account",
        &["What functions, or gateways, have together; each under its name."],
        named::<AccountSection>,
    ),
    section(
        "service",
        &["Fleets of replicas, each under its name; there is at least one."],
        named::<ServiceSection>,
    ),
    section(
        "queue",
        &["Queues of messages, which calls name like a service and services consume; each under its name."],
        named::<MessageQueueSection>,
    ),
    section(
        "backup",
        &["Backups of what services keep (`data`), which a restore after a loss needs; each under its name."],
        named::<BackupSection>,
    ),
    section(
        "replication",
        &["Copies of what services keep (`data`) that follow at a distance; each under its name."],
        named::<ReplicationSection>,
    ),
    section(
        "fault",
        &["What goes wrong, when, and how it ends; each under its name."],
        named::<FaultSection>,
    ),
    section(
        "recovery",
        &["Plans by which faults end, each under its name: operations and how they work together."],
        named::<RecoverySection>,
    ),
    section(
        "crew",
        &["People or tools that operations of recoveries need and wait for, each crew under its name."],
        named::<CrewSection>,
    ),
    section(
        "monitor",
        &["What finds faults so that recovery begins, or only counts alarms; each under its name."],
        named::<MonitorSection>,
    ),
    section(
        "deploy",
        &[
            "What brings versions of services out, in which steps, and when they are taken back; each under its name.",
        ],
        named::<DeploySection>,
    ),
    section(
        "block",
        &["Reliability blocks: parts that are up while enough of their members are; each under its name."],
        named::<BlockSection>,
    ),
    section(
        "cost",
        &["Prices, for what it costs by the month of 730 h and for a million good requests."],
        CostSection::kind,
    ),
    section(
        "variant",
        &[
            "Ways to build the system of which one holds: `[variant.NAME.CHOICE]` sets values below paths in quotation marks, such",
            "as `\"service.shop.function\" = { memory = \"1GB\" }`; a table under `\"service.NAME\"` adds or replaces a whole part,",
            "and \"none\" takes one away. `--set NAME=CHOICE` or `--vary NAME=CHOICE,CHOICE` takes a choice, the first one of the",
            "file holds otherwise. They are set before all that `--set` says, in the order of the file.",
        ],
        variants,
    ),
    section(
        "article",
        &["The published article whose formula the claims of the file judge."],
        ArticleKeys::kind,
    ),
    section(
        "claim",
        &[
            "A list of statements that `ninefold verify` decides: a formula, a published value or a comparison, and the",
            "metric that it predicts.",
        ],
        Vec::<ClaimSection>::kind,
    ),
];

const fn section(name: &'static str, lines: &'static [&'static str], kind: fn() -> Kind) -> Key {
    Key { name, lines, kind, fallback: Fallback::Value(|| None), range: None, since: "0.1" }
}

/// Parts of one kind, each under its name.
fn named<T: Field>() -> Kind {
    Kind::map(T::kind())
}

/// Tables of choices, each from paths to values.
fn variants() -> Kind {
    Kind::map(Kind::map(Kind::map(Kind::Anything)))
}

/// Reads every section of a file.
pub(crate) fn read(document: &Table, findings: &mut Diagnostics) -> Written {
    let mut fields = Fields::new(document, Span::default(), findings);
    let name = fields.or::<Option<Name>>("name", || None).flatten();
    let summary = fields.or::<Option<Name>>("summary", || None).flatten();
    let run = fields.required::<RunSection>("run");
    let written = Written {
        name,
        summary,
        run,
        objectives: read_objectives(&mut fields),
        regions: read_named(&mut fields, "region"),
        network: fields.or("network", default_network),
        clients: read_named(&mut fields, "client"),
        routes: read_named(&mut fields, "route"),
        gateways: read_named(&mut fields, "gateway"),
        dns: read_named(&mut fields, "dns"),
        accounts: read_named(&mut fields, "account"),
        services: read_named(&mut fields, "service"),
        queues: read_named(&mut fields, "queue"),
        backups: read_named(&mut fields, "backup"),
        replications: read_named(&mut fields, "replication"),
        faults: read_named(&mut fields, "fault"),
        recoveries: read_named(&mut fields, "recovery"),
        crews: read_named(&mut fields, "crew"),
        monitors: read_named(&mut fields, "monitor"),
        deploys: read_named(&mut fields, "deploy"),
        blocks: read_named(&mut fields, "block"),
        cost: fields.or("cost", || None).flatten(),
        article: fields.or("article", || None).flatten(),
        claims: fields.or("claim", Vec::new).unwrap_or_default(),
    };
    // What variants say stands in the other sections by now.
    let _ = fields.node("variant");
    fields.finish();
    written
}

/// Looks up the policies that are not shipped, and reports those that no one registered.
pub(crate) fn look_up(written: &mut Written, own: &Catalogue, findings: &mut Diagnostics) {
    for service in written.services.0.iter_mut().filter_map(|(_, service)| service.as_mut()) {
        service.keys.balancing.look_up(&own.balancing, findings);
        look_up_in((&mut service.policy, &mut service.keys.calls), own, findings);
    }
    let gateways = written.gateways.0.iter_mut().filter_map(|(_, gateway)| gateway.as_mut());
    for authorise in gateways.filter_map(|gateway| gateway.authorise.as_mut()) {
        look_up_in((&mut authorise.policy, &mut Calls::default()), own, findings);
    }
    for client in written.clients.0.iter_mut().filter_map(|(_, client)| client.as_mut()) {
        look_up_in((&mut client.policy, &mut client.keys.calls), own, findings);
    }
}

/// The same for a caller and its calls.
fn look_up_in((policy, calls): (&mut PolicyKeys, &mut Calls), own: &Catalogue, findings: &mut Diagnostics) {
    for policy in calls.0.iter_mut().map(|call| &mut call.policy).chain([policy]) {
        if let Some(retry) = &mut policy.retry {
            retry.look_up(&own.retry, findings);
        }
        if let Some(breaker) = &mut policy.breaker {
            breaker.look_up(&own.breaker, findings);
        }
    }
}

fn default_network() -> NetworkSection {
    let zero = law::Law::zero;
    NetworkSection {
        within_zone: zero(),
        between_zones: zero(),
        between_regions: zero(),
        loss: Probability::ZERO,
        on_loss: OnLoss::Retransmit,
        rto: None,
        links: Vec::new(),
    }
}

fn read_objectives(fields: &mut Fields<'_>) -> Vec<(Name, TargetKeys)> {
    let Some((entries, findings)) = entries(fields, "objective") else {
        return Vec::new();
    };
    let read = |(name, node): &(Name, Node)| Some((name.clone(), TargetKeys::read(node, findings)?));
    entries.iter().filter_map(read).collect()
}

fn read_named<T: Field>(fields: &mut Fields<'_>, section: &'static str) -> Named<T> {
    let Some((entries, findings)) = entries(fields, section) else {
        return Named(Vec::new());
    };
    let mut parts = Vec::with_capacity(entries.len());
    for (name, node) in entries {
        if !is_part_name(&name.text) {
            findings.push(no_part_name(name));
        }
        parts.push((name.clone(), T::read(node, findings)));
    }
    parts.sort_by(|(one, _), (other, _)| one.text.cmp(&other.text));
    Named(parts)
}

fn entries<'a>(
    fields: &'a mut Fields<'_>,
    section: &'static str,
) -> Option<(&'a [(Name, Node)], &'a mut Diagnostics)> {
    let node = fields.node(section)?;
    let findings = fields.findings();
    let Value::Table(table) = &node.value else {
        unexpected(node, "a table", findings);
        return None;
    };
    Some((&table.entries, findings))
}

/// Paths and metrics split names at dots, slashes and stars, and figures of a sweep are called after metrics.
pub(crate) fn is_part_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= crate::scenario::file_name::BYTES_MAX
        && text.chars().all(|one| one.is_alphanumeric() || one == '-' || one == '_')
}

/// What is said of a name that is none.
pub(crate) fn no_part_name(name: &Name) -> Diagnostic {
    Diagnostic::error(name.span, format!("\"{}\" cannot be a name", name.text))
        .label("not a name")
        .help("expected at most 100 bytes of letters, digits, \"-\" and \"_\"")
}

/// The same scenario as a table with every default filled in.
pub(crate) fn write(written: &Written) -> toml::Table {
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: Option<toml::Value>| {
        if let Some(value) = value {
            table.insert(key.to_owned(), value);
        }
    };
    put("name", written.name.write());
    put("summary", written.summary.write());
    put("run", written.run.write());
    let objectives = written.objectives.iter();
    let objectives = objectives.filter_map(|(name, target)| Some((name.text.clone(), target.write()?)));
    put("objective", some_table(objectives.collect()));
    put("region", write_named(&written.regions));
    put("network", written.network.write());
    put("client", write_named(&written.clients));
    put("route", write_named(&written.routes));
    put("gateway", write_named(&written.gateways));
    put("dns", write_named(&written.dns));
    put("account", write_named(&written.accounts));
    put("service", write_named(&written.services));
    put("queue", write_named(&written.queues));
    put("backup", write_named(&written.backups));
    put("replication", write_named(&written.replications));
    put("fault", write_named(&written.faults));
    put("recovery", write_named(&written.recoveries));
    put("crew", write_named(&written.crews));
    put("monitor", write_named(&written.monitors));
    put("deploy", write_named(&written.deploys));
    put("block", write_named(&written.blocks));
    put("cost", written.cost.write());
    put("article", written.article.write());
    put("claim", if written.claims.is_empty() { None } else { written.claims.write() });
    table
}

fn write_named<T: Field>(parts: &Named<T>) -> Option<toml::Value> {
    let parts = parts.0.iter();
    some_table(parts.filter_map(|(name, part)| Some((name.text.clone(), part.as_ref()?.write()?))).collect())
}

fn some_table(table: toml::Table) -> Option<toml::Value> {
    if table.is_empty() { None } else { Some(toml::Value::Table(table)) }
}
