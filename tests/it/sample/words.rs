//! Random scenarios in words.

use std::fmt::Write as _;

use super::balancing::{Balancing, Fleet};
use super::parts::TRACKING;
use super::{
    Call, Client, Deploy, End, Fault, Form, GivenUp, Keeping, Naming, Policy, Sample, Scaling, Service,
    Target,
};

impl Sample {
    /// The scenario file.
    pub(crate) fn text(&self, form: Form) -> String {
        let horizon = if form == Form::Ending { "20min" } else { "2s" };
        let mut out = format!("[run]\nruns = 2\nhorizon = \"{horizon}\"\n");
        if form == Form::Open {
            out += &joined(&self.run);
        }
        writeln!(
            out,
            "\n[network]\n{}\n[region.east]\nzones = {}\nracks = 2\nhosts = 2\n{}",
            joined(&self.network),
            self.zones,
            self.host(4, |service| service.replicas)
        )
        .unwrap();
        if self.has_west {
            writeln!(out, "[region.west]\n{}", self.host(1, |service| service.west)).unwrap();
        }
        for (number, client) in self.clients.iter().enumerate() {
            writeln!(out, "\n[client.c{number}]\n{}", self.client(client, form)).unwrap();
        }
        for number in 0..self.services.len() {
            let depends = self.depends_on(number);
            writeln!(out, "\n[service.s{number}]\n{depends}{}", self.service(number, form)).unwrap();
        }
        if let Some(gateway) = &self.gateway {
            out += &self.gateway(gateway, form);
        }
        if out.contains("service = \"www\"") {
            out += &self.name();
        }
        if self.is_paid {
            out += "\n[cost]\ncurrency = \"EUR\"\nreplica = \"0.1/h up to 2000 h, 0.05/h\"\nqueue = \"0/million up to 1 million, 3/million\"\ntransfer = { between_zones = \"10/GB up to 0.1 GB, 20/GB\", between_regions = \"0.02/MB\" }\n";
        }
        let all: Vec<String> =
            (0..self.services.len()).map(|number| format!("\"service.s{number}\"")).collect();
        writeln!(out, "\n[block.all]\nof = [{}]\nneeds = 1", all.join(", ")).unwrap();
        let seats: Vec<String> = (0..self.services.len())
            .filter(|number| self.is_still(*number))
            .map(|number| format!("\"service.s{number}.*\""))
            .collect();
        if !seats.is_empty() {
            writeln!(out, "\n[block.seats]\nof = [\"block.all\", {}]\nneeds = 2", seats.join(", ")).unwrap();
        }
        out += &self.losses(form);
        for (number, fault) in self.faults.iter().enumerate() {
            writeln!(out, "\n[fault.f{number}]\n{}", self.fault(fault, form)).unwrap();
        }
        if out.contains("account = \"pool\"") {
            out += "\n[account.pool]\nconcurrency = 9\nunreserved_min = 0\n\
                    scale_up = { burst = 5, refill = \"50/s\" }\n";
        }
        out += &self.deployments(form);
        out += &self.restarts(form);
        writeln!(out, "\n[recovery.plan]\n{}\n\n[crew.k]", self.recovery).unwrap();
        if self.services.iter().any(|service| service.function.is_some()) {
            // A function runs on, and nobody chooses among its instances.
            for (old, new) in [("\"cancel\"", "\"abandon\""), ("\"cancel-waiting\"", "\"abandon\"")] {
                out = out.replace(&format!("on_timeout = {old}"), &format!("on_timeout = {new}"));
            }
        } else if self.may_hedge() {
            return out;
        }
        // Replicas that take work themselves cannot be avoided.
        let avoids = ["avoid = \"last\"", "avoid = \"tried\"", ", reselect = 1"];
        avoids.iter().fold(out, |out, avoids| {
            out.replace(avoids, if avoids.starts_with(',') { "" } else { "avoid = \"none\"" })
        })
    }

    /// Monitors of every kind, and what they do to the first service, where anything can be done to it.
    pub(crate) fn monitors(&self) -> String {
        let first = &self.services[0];
        let is_fleet = first.function.is_none();
        let avoids = |place: &str| format!("\"service.s0.avoid({place})\", ");
        // Nobody picks those who take their jobs from one queue.
        let is_picked = is_fleet && !first.is_shared();
        let (away, back) = if is_picked { (avoids("zone.east.1"), avoids("")) } else { Default::default() };
        let grows = if self.standby(0).is_some() {
            [
                "\"service.s0.standby.failover\"",
                "\"service.s0.standby.failback\"",
                "\"service.s0.standby.failover\"",
                "\"service.s0.standby.failback\"",
            ]
        } else if is_fleet && first.scaling.is_some() {
            [
                "\"service.s0.scale(+1)\"",
                "\"service.s0.replace\"",
                "\"service.s0.scale(-2)\"",
                "\"service.s0.restart\"",
            ]
        } else if self.given_up(0).is_some() {
            [
                "\"service.s0.replace\"",
                "\"service.s0.restart\"",
                "\"service.s0.replace\"",
                "\"service.s0.replace\"",
            ]
        } else {
            ["\"recovery.plan.start\""; 4]
        };
        let is_foreseen = |fault: &Fault| !fault.kind.contains("poison");
        let foreseen = if self.faults.first().is_some_and(is_foreseen) {
            "[monitor.oracle]\nkind = \"forecast\"\nfault = \"f0\"\nahead = { distribution = \"exponential\", mean = \"50ms\" }\n\
             precision = \"40%\"\nrecall = \"70%\"\ndoes = \"recovery.plan.start\"\n"
        } else {
            ""
        };
        let mut out = format!(
            "\n[monitor.full]\nkind = \"alarm\"\nmetric = \"service.s0/in_system_mean\"\nabove = 0.5\nperiod = \"70ms\"\n\
             datapoints = 1\nperiods = 2\ndelay = \"30ms\"\nevery = \"20ms\"\nrepeats = true\n\
             respond = {{ distribution = \"exponential\", mean = \"50ms\" }}\ncovers = \"80%\"\n\
             does = [{away}{}]\non_ok = [{back}{}]\n\
             [monitor.far]\nkind = \"anomaly\"\nmetric = \"service.s0/in_system\"\nband = 1.5\nmemory = \"200ms\"\n\
             period = \"40ms\"\ncancels = true\nrespond = \"60ms\"\ndoes = {}\n\
             [monitor.either]\nkind = \"composite\"\nrule = \"monitor.full or not monitor.far\"\ndoes = \"recovery.plan.start\"\n\
             {foreseen}[monitor.cron]\nkind = \"schedule\"\nevery = \"300ms\"\noffset = \"10ms\"\ndoes = {}\n",
            grows[0], grows[2], grows[1], grows[3],
        );
        if !self.clients.is_empty() {
            out += "[monitor.burning]\nkind = \"burn-rate\"\nobjective = \"client.c0/availability_request\"\ntarget = \"95%\"\n\
                    windows = [{ burn = 2, long = \"400ms\", short = \"100ms\" }]\nevery = \"50ms\"\nrequests_min = 2\n\
                    does = \"recovery.plan.start\"\n\
                    [monitor.tail]\nkind = \"alarm\"\nmetric = \"client.c0/latency_p99\"\nabove = \"20ms\"\nperiod = \"90ms\"\n\
                    does = \"notify\"\n";
        }
        out
    }

    /// Whether calls of clients of a service go by a name.
    fn is_named(&self, service: usize, whom: &str) -> bool {
        let is_it = |naming: &Naming| naming.pick as usize % self.services.len() == service;
        let is_plain = whom == format!("s{service}") && !self.services[service].is_shared();
        is_plain && self.naming.as_ref().is_some_and(is_it)
    }

    /// The name that leads to one of the services.
    fn name(&self) -> String {
        let Some(Naming { pick, lines, check, .. }) = &self.naming else { return String::new() };
        let service = *pick as usize % self.services.len();
        let asks_nothing = lines.iter().flatten().any(|line| line.contains("simple"));
        let is_checked = self.services[service].function.is_none() && !asks_nothing;
        let check = check.as_deref().filter(|_| is_checked).unwrap_or("");
        let asks = |line: &&String| line.starts_with("healthy_min") || line.starts_with("all_unhealthy");
        let lines = lines.iter().flatten().filter(|line| !asks_nothing || !asks(line));
        let lines: Vec<Option<String>> = lines.cloned().map(Some).collect();
        format!("\n[dns.www]\nservice = \"s{service}\"\n{}{check}\n", joined(&lines))
    }

    /// What a service keeps, if it does and has replicas of its own.
    fn kept_by(&self, number: usize) -> Option<&Keeping> {
        let is_fleet = self.services[number].function.is_none();
        let of_it = |one: &&Keeping| is_fleet && one.pick as usize % self.services.len() == number;
        self.keeping.as_ref().filter(of_it)
    }

    /// The key that says what a service keeps, of which so much is written.
    fn data(&self, number: usize, written: &str) -> String {
        let Some(keeping) = self.kept_by(number) else { return String::new() };
        let keys = joined(&keeping.data).trim().replace('\n', ", ");
        let is_counted = written.contains("effects = true") && !keys.contains("writes");
        let keys = if is_counted { format!("writes = \"effects\", {keys}") } else { keys };
        let keys = keys.trim_end_matches(", ");
        let comma = if keys.is_empty() { "" } else { ", " };
        format!("data = {{ size = \"20GB\"{comma}{keys} }}\n")
    }

    /// Backups of what a service keeps, and its losses.
    fn losses(&self, form: Form) -> String {
        let mut of_services = (0..self.services.len()).map(|number| (number, self.kept_by(number)));
        let Some((number, Some(Keeping { pick, every, backup, lag, loss, .. }))) =
            of_services.find(|(_, keeping)| keeping.is_some())
        else {
            return String::new();
        };
        let (every, when) = match form {
            Form::Open => (
                format!("{every}ms"),
                "time_to_failure = { distribution = \"exponential\", mean = \"150ms\" }",
            ),
            Form::Ending => ("20s".to_owned(), "at = [\"300ms\", \"60s\"]"),
        };
        let service = &self.services[number];
        let writes = service.lines.iter().flatten().any(|line| line.contains("effects = true"));
        let ways = if self.has_west && service.west > 0 && writes { 4 } else { 1 };
        let follows = |lag: &String| {
            let places = "from = \"region.east\"\nto = \"region.west\"\n";
            let behind = format!("lag = {lag}\ncorrelation = \"70ms\"\n");
            let way = match pick / 8 % ways {
                0 => behind,
                1 => format!("{behind}{places}fencing = false\n"),
                2 => format!("mode = \"sync\"\n{places}"),
                _ => format!(
                    "mode = \"sync\"\non_partition = \"degrade\"\nfencing = false\nconflicts = \"count\"\n{places}"
                ),
            };
            format!("\n[replication.follow]\nof = \"service.s{number}\"\n{way}")
        };
        let copy = lag.as_ref().map_or_else(String::new, follows);
        let mut loss = joined(loss);
        let mut does = format!("\"service.s{number}.data.restore\"");
        if lag.is_some() {
            does = format!("\"service.s{number}.data.promote\", {does}");
            // What is corrupt is passed on.
            loss += if loss.contains("silent_for") { "" } else { "destroys = \"primary\"\n" };
        }
        format!(
            "{copy}\n[backup.b]\nof = \"service.s{number}\"\nevery = \"{every}\"\n{}\n[fault.lost]\nkind = \"data-loss\"\n\
             on = \"service.s{number}.data\"\n{when}\n{}recovery = \"again\"\n\n[recovery.again]\npolicy = \"sequence\"\n\
             operations = [{{ time = \"3ms\", does = [{does}] }}]\n",
            joined(backup),
            loss,
        )
    }

    /// A gateway with a route to each service; the account is there whether it is used or not.
    fn gateway(&self, keys: &[Option<String>], form: Form) -> String {
        let route =
            |number| format!("{{ prefix = \"/s{number}\", service = \"{}\" }}", self.version_of(number, 8));
        let routes: Vec<String> = (0..self.services.len()).map(route).collect();
        let mut lines = joined(keys);
        if form == Form::Ending {
            // All work ends.
            lines = lines
                .replace("denied = ", "timeout = \"2s\", denied = ")
                .replace(", timeout = \"20ms\" }", " }");
            lines = lines
                .lines()
                .filter(|line| !line.starts_with("timeout"))
                .fold(String::new(), |text, line| text + line + "\n");
            lines += "timeout = \"2s\"\n";
        }
        format!(
            "\n[gateway.w]\nregion = \"east\"\nroutes = [{}]\n{lines}\n[account.main]\nrate = \"50/s\"\nburst = 4\n",
            routes.join(", ")
        )
    }

    /// The deployments, and the monitor that takes releases back.
    fn deployments(&self, form: Form) -> String {
        let mut out = String::new();
        for (number, deploy) in self.deploys.iter().enumerate() {
            let service = deploy.pick as usize % self.services.len();
            let function = self.services[service].function.as_ref();
            // An alias that stands for one version can be moved.
            let has_alias = |keys: &String| {
                ["v1", "v2"].iter().any(|one| keys.contains(&format!("live = {{ {one} = \"100%\" }}")))
            };
            let moves_alias = deploy.has_version && function.is_some_and(has_alias);
            // A function has versions to choose from, what is moved is not published, and no replicas to exchange.
            let fits = function.is_none_or(|keys| {
                let is_published = keys.contains("publish") && !moves_alias;
                keys.contains("v2") && !is_published && !deploy.policy.0.contains("rolling")
            });
            // All work ends only where somebody is there to do it.
            if !fits || form == Form::Ending && deploy.crashes {
                continue;
            }
            let version = match (moves_alias, deploy.has_version || function.is_some()) {
                (true, _) => "version = \"v3\"\n",
                (false, true) => "version = \"v2\"\n",
                (false, false) => "",
            };
            let target = if moves_alias { ":live" } else { "" };
            let policy = deploy.policy.0.replace(", ", "\n");
            let keys = joined(&deploy.keys);
            // Releases without end would take as long as the run, and two at given times would overlap: the file says so.
            let is_endless = form == Form::Ending && keys.contains("every = ");
            let mut others =
                out.split("[deploy.").filter(|other| other.contains(&format!("service = \"s{service}")));
            let overlaps = keys.starts_with("at = ") && others.any(|other| other.contains("\nat = "));
            let first = keys.lines().next().unwrap_or_default().to_owned();
            let keys = match form {
                Form::Ending if is_endless || overlaps => {
                    keys.replace(&first, &format!("at = \"{}ms\"", 60_000 * number + 700))
                }
                Form::Open if overlaps => keys.replace(&first, "every = \"700ms\""),
                _ => keys,
            };
            writeln!(
                out,
                "\n[deploy.d{number}]\nservice = \"s{service}{target}\"\n{policy}\n{version}{keys}"
            )
            .unwrap();
        }
        if out.contains("monitor.m") {
            out += "\n[monitor.m]\nkind = \"alarm\"\nmetric = \"service.s0/in_system_mean\"\nabove = 1.5\nperiod = \"40ms\"\n";
        }
        out
    }

    /// Who gives up replicas of a service, if somebody does and it has any of its own.
    fn given_up(&self, number: usize) -> Option<&GivenUp> {
        let is_fleet = self.services[number].function.is_none();
        let of_it = |one: &&GivenUp| is_fleet && one.pick as usize % self.services.len() == number;
        self.given_up.as_ref().filter(of_it)
    }

    /// The monitor that has replicas given up.
    fn restarts(&self, form: Form) -> String {
        let mut of_services = (0..self.services.len()).map(|number| (number, self.given_up(number)));
        let Some((number, Some(GivenUp { verb, above, every, at, .. }))) =
            of_services.find(|(_, given_up)| given_up.is_some())
        else {
            return String::new();
        };
        let metric = format!("metric = \"service.s{number}/in_system_mean\"");
        let when = match (above, form) {
            (Some(above), _) => format!("kind = \"alarm\"\n{metric}\nabove = {above}.5\nperiod = \"40ms\""),
            (None, Form::Open) => format!("kind = \"schedule\"\nevery = \"{every}ms\""),
            (None, Form::Ending) => {
                format!("kind = \"schedule\"\nat = [\"{at}ms\", \"{}ms\", \"{}ms\"]", at + 30, at + 300)
            }
        };
        format!("\n[monitor.again]\n{when}\ndoes = \"service.s{number}.{verb}\"\n")
    }

    /// The deployments of a service with replicas.
    fn deploys_of(&self, number: usize, form: Form) -> impl Iterator<Item = &Deploy> {
        let of_it = move |deploy: &&Deploy| {
            deploy.pick as usize % self.services.len() == number && !(form == Form::Ending && deploy.crashes)
        };
        self.deploys.iter().filter(of_it)
    }

    fn client(&self, client: &Client, form: Form) -> String {
        let mut out = match form {
            Form::Open => format!("arrival = {}\n", client.arrival),
            Form::Ending => "arrival = { process = \"poisson\", rate = \"40/s\", \
                 spikes = [{ at = \"1s\", lasts = \"1d\", factor = 0 }] }\n"
                .to_owned(),
        };
        out += if self.has_west && client.is_west { "region = \"west\"\n" } else { "region = \"east\"\n" };
        let calls = self.calls(&client.calls, 0);
        let balancings = self.services.iter().filter_map(|service| service.balancing.as_ref());
        let has_sessions = client.lines.iter().flatten().any(|line| line.starts_with("sessions"));
        if !has_sessions && balancings.into_iter().any(Balancing::shards_by_session) {
            out += "sessions = 5\n";
        }
        if let Some(naming) = self.naming.as_ref().filter(|_| calls.contains("service = \"www\"")) {
            out += &joined(&naming.resolvers);
        }
        writeln!(out, "{}{}{calls}", joined(&client.lines), client.policy.lines(form, self.may_hedge()))
            .unwrap();
        out
    }

    /// The part without which a service does not work: the next service, or a replica of it where that can be named.
    fn depends_on(&self, number: usize) -> String {
        let next = number + 1;
        match self.services.get(next).filter(|_| self.services[number].depends) {
            Some(_) if self.is_still(next) && next.is_multiple_of(2) => {
                format!("depends_on = [\"service.s{next}.1\"]\n")
            }
            Some(_) => format!("depends_on = \"service.s{next}\"\n"),
            None => String::new(),
        }
    }

    /// Whether the replicas of a service stay, so that they can be named.
    fn is_still(&self, number: usize) -> bool {
        self.stays(number) && self.standby(number).is_none()
    }

    /// Whether no replica of a service joins or leaves.
    fn stays(&self, number: usize) -> bool {
        let is_deployed = |deploy: &Deploy| deploy.pick as usize % self.services.len() == number;
        self.services[number].is_still()
            && self.given_up(number).is_none()
            && !self.deploys.iter().any(is_deployed)
    }

    /// The keys of the spares of a service, where it has any.
    fn standby(&self, number: usize) -> Option<&str> {
        let service = &self.services[number];
        let count = service.replicas + if self.has_west { service.west } else { 0 };
        service.standby.as_deref().filter(|_| count > 1 && self.stays(number))
    }

    /// Whether a service takes room on hosts.
    fn is_on_hosts(&self, number: usize) -> bool {
        self.spread.is_some() && number.is_multiple_of(2) && self.services[number].function.is_none()
    }

    /// The size of so many hosts of a zone, which have room for all replicas that a region has at the start.
    fn host(&self, hosts: u32, replicas: impl Fn(&Service) -> u32) -> String {
        let on_hosts = (0..self.services.len()).filter(|number| self.is_on_hosts(*number));
        let all: u32 = on_hosts.map(|number| replicas(&self.services[number])).sum();
        let cores = all.div_ceil(hosts).max(1);
        let is_priced = self
            .services
            .iter()
            .flat_map(|service| service.lines.iter().flatten())
            .any(|line| line.contains("price"));
        let price = if self.is_paid && !is_priced { ", price = \"1/h up to 10 h, 0.5/h\"" } else { "" };
        let size = format!("host = {{ cores = {cores}, memory = \"{cores}GiB\"{price} }}");
        if self.spread.is_some() { size } else { String::new() }
    }

    /// Who looks at the replicas of a service, of which so much is written.
    fn checks(service: &Service, (number, form): (usize, Form), written: &str) -> String {
        let more = match number % 3 {
            1 if service.learns() => ", error_limit = 2 }",
            2 => ", checkers = 3 }",
            _ => " }",
        };
        // Checks that wait their turn need one, and are not for the fast handlers.
        let has_turns = !written.contains("unlimited") && !written.contains("queue = ");
        let waits = form == Form::Open && has_turns && service.balancing.is_some() && service.replicas > 1;
        let through = if waits { ", through = \"queue\"" } else { "" };
        let more = format!("{through}{more}");
        let mut out = joined(&[service.check.as_ref().map(|check| check.replace(" }", &more))]);
        if form == Form::Open && service.check.is_some() && service.replicas > 1 {
            writeln!(
                out,
                "liveness = {{ interval = \"70ms\", timeout = \"9ms\", unhealthy_after = 2, initial_delay = \"5ms\", \
                 restart = \"12ms\", backoff = {{ first = \"6ms\", max = \"50ms\", forget = \"300ms\" }}{through} }}"
            )
            .unwrap();
        }
        out
    }

    /// Whether the fleet of a service in two regions is scaled as a whole.
    fn is_scaled_whole(&self, service: &Service, scaling: &Scaling) -> bool {
        let is_alone = !(self.has_west && service.west > 0);
        scaling.is_whole && !is_alone && service.replicas + service.west <= scaling.max
    }

    /// Keys of who scales a service by what it reads, if anybody does. Who measures replicas alone revives no fleet without
    /// any; a queue of the service is seen without them.
    fn reads(&self, service: &Service, form: Form) -> Option<String> {
        let scaling = service.scaling.as_ref()?;
        let is_alone = !(self.has_west && service.west > 0);
        let is_one = is_alone || self.is_scaled_whole(service, scaling);
        let is_possible = if service.is_shared() { is_one } else { scaling.min(form) > 0 };
        let keys = scaling.reading.clone().filter(|_| is_possible)?;
        // A queue of the service that refuses is always in the path.
        let refuses = service.lines.iter().flatten().any(|line| line.starts_with("admission"));
        let may_buffer = service.is_shared() && !refuses;
        Some(if may_buffer { keys } else { keys.replace(", burst = 0", "").replace(", burst = 3", "") })
    }

    /// Whether attempts at a service pass its queue at times only.
    fn is_buffered(&self, service: &Service, form: Form) -> bool {
        self.reads(service, form).is_some_and(|keys| keys.contains("burst = "))
    }

    fn service(&self, number: usize, form: Form) -> String {
        let service = &self.services[number];
        if let Some(function) = &service.function {
            return self.function(number, function, form);
        }
        let mut out = if self.has_west && service.west > 0 {
            format!("replicas = {{ east = {}, west = {} }}\n", service.replicas, service.west)
        } else {
            format!("region = \"east\"\nreplicas = {}\n", service.replicas)
        };
        if let Some(spread) = self.spread.filter(|_| self.is_on_hosts(number)) {
            writeln!(out, "cores = 1\nmemory = \"512MiB\"\nspread = \"{spread}\"").unwrap();
        }
        // What it passes on is answered elsewhere.
        let is_kept = |line: &&String| {
            !(line.starts_with("idempotency") && service.next.is_some())
                && (!line.starts_with("cache") || self.may_have(number, line, form))
        };
        for line in service.lines.iter().flatten().filter(is_kept) {
            writeln!(out, "{}", self.with_store(number, line)).unwrap();
        }
        out += &self.data(number, &out);
        let is_passed_on = self.services.iter().any(|one| one.next.is_some());
        if out.contains("admission") && !is_passed_on {
            out += "retry_after = \"4ms\"\n";
        }
        out += &Self::checks(service, (number, form), &out);
        if let Some(scaling) = &service.scaling {
            let is_whole = self.is_scaled_whole(service, scaling);
            let keys = self.reads(service, form).unwrap_or_else(|| scaling.keys.clone());
            let per = if is_whole { ", per = \"service\"" } else { "" };
            writeln!(out, "{}", keys.replace("MIN", &format!("{}{per}", scaling.min(form)))).unwrap();
        }
        if let Some(given_up) = self.given_up(number)
            && service.scaling.is_none()
            && self.deploys_of(number, form).next().is_none()
        {
            out += &given_up.start;
        }
        if let Some(deploy) = self.deploys_of(number, form).next() {
            if service.scaling.is_none() {
                out += &deploy.start;
            }
            if self.deploys_of(number, form).any(|deploy| deploy.has_version) {
                out += "versions = { v2 = { demand = \"3ms\", error_ratio = \"20%\", start = \"4ms\" } }\n";
            }
        }
        if let Some(standby) = self.standby(number) {
            out += standby;
        }
        if let Some(balancing) = &service.balancing {
            let count = self.seats(number, form);
            // A shared queue knows only the policy.
            let is_chosen = !service.is_shared() || self.is_buffered(service, form);
            let words = if is_chosen {
                balancing.words(self.fleet(number, count as usize))
            } else {
                format!("balancing = {{ {} }}", balancing.own_words(count as usize))
            };
            let scaled = service.scaling.as_ref().and_then(|scaling| scaling.discovery.as_deref());
            let words = match scaled.or_else(|| self.standby(number).map(|_| "\"15ms\"")) {
                Some(law) if is_chosen => {
                    format!("{}, discovery = {law} }}", words.trim_end().trim_end_matches('}').trim_end())
                }
                _ => words,
            };
            writeln!(out, "{words}").unwrap();
        }
        // Who is told the truth, or has replicas that take work themselves, does not eject.
        out += &joined(&[service.outlier.clone().filter(|_| service.learns())]);
        out + &self.calls_on(number, form)
    }

    /// The fleet of a service, with so many seats.
    fn fleet(&self, number: usize, replicas: usize) -> Fleet {
        let service = &self.services[number];
        let west = if self.has_west { service.west } else { 0 };
        let zones = (self.zones + u32::from(self.has_west)) as usize;
        let multiple = (1..=service.replicas)
            .rev()
            .find(|one| service.replicas.is_multiple_of(*one) && west.is_multiple_of(*one));
        Fleet {
            replicas,
            zones,
            // Of spares at least one serves.
            serving: if self.standby(number).is_some() { 1 } else { service.replicas.max(1) },
            multiple: multiple.filter(|_| self.is_still(number)),
            is_checked: service.check.is_some(),
        }
    }

    /// A line of a service; records of keys that are not kept for long lie in the next service, if it may wait for that.
    fn with_store(&self, number: usize, line: &str) -> String {
        let service = &self.services[number];
        let waits = |line: &String| line.contains("released") || line.contains("processor-sharing");
        let short = "expires_after = \"5ms\"";
        if number + 1 == self.services.len()
            || !line.starts_with("idempotency")
            || service.lines.iter().flatten().any(waits)
        {
            return line.to_owned();
        }
        let store = self.version_of(number + 1, service.replicas as usize);
        let rule = if service.west > 0 { "proceed" } else { "fail" };
        let keys = format!("{short}, store = \"{store}\", timeout = \"30ms\", on_failure = \"{rule}\"");
        line.replace(short, &keys)
    }

    /// Whether a cache fits to a service: what changes something is not answered from a copy, what is passed on is answered
    /// elsewhere, and who calls nobody spares no calls.
    fn may_have(&self, number: usize, cache: &str, form: Form) -> bool {
        let service = &self.services[number];
        let has = |key: &str| service.lines.iter().flatten().any(|line| line.starts_with(key));
        let spares_calls = cache.contains("skips");
        let is_in_memory = cache.contains("\"seat\"");
        let calls = self.calls_on(number, form).lines().any(|line| line.starts_with("calls = ["));
        service.next.is_none()
            && !has("effects")
            && !has("idempotency")
            && (!spares_calls || calls)
            && (spares_calls && !is_in_memory || service.function.is_none())
    }

    /// What a service asks of others and passes on.
    fn calls_on(&self, number: usize, form: Form) -> String {
        let service = &self.services[number];
        let mut out = service.policy.lines(form, self.may_hedge());
        out += &self.calls(&service.calls, number + 1);
        if let Some((pick, share)) = service.next {
            // A request may come again, but never back to a caller that waits for it.
            let next = number + pick as usize % (self.services.len() - number);
            writeln!(
                out,
                "next = [{{ service = \"{}\", probability = \"{share}%\" }}]",
                self.version_of(next, pick as usize)
            )
            .unwrap();
        }
        out
    }

    /// A service, or an alias or version of it where it has some.
    fn version_of(&self, number: usize, pick: usize) -> String {
        let has_versions =
            self.services[number].function.as_ref().is_some_and(|function| function.contains("alias"));
        let asked = if has_versions { ["", ":live", ":live", ":v2"][pick / 8 % 4] } else { "" };
        format!("s{number}{asked}")
    }

    /// A function in place of a fleet.
    fn function(&self, number: usize, keys: &str, form: Form) -> String {
        const KEPT: [&str; 7] =
            ["demand", "error_ratio", "error_time", "effects", "idempotency", "concurrency", "retry_after"];
        let service = &self.services[number];
        let is_kept = |line: &&String| {
            let is_cache = line.starts_with("cache") && self.may_have(number, line, form);
            (is_cache || KEPT.iter().any(|key| line.starts_with(key)))
                && !(line.starts_with("idempotency") && service.next.is_some())
        };
        let lines = service.lines.iter().flatten().flat_map(|lines| lines.lines()).map(str::to_owned);
        let lines: Vec<String> = lines.collect();
        let lines = lines.iter().filter(is_kept);
        let lines = lines.fold(String::new(), |all, line| all + &self.with_store(number, line) + "\n");
        let regions = if self.has_west && service.west > 0 {
            let ways = [
                "",
                "balancing = { policy = \"random\", locality = \"none\" }\n",
                "balancing = { locality = \"region\", knowledge = { delay = \"7ms\" } }\n",
            ];
            format!("region = [\"west\", \"east\"]\n{}", ways[service.west as usize % ways.len()])
        } else {
            "region = \"east\"\n".to_owned()
        };
        // How far instances without a number of slots are used is not known, nor how far those of one of several regions.
        let keys = if lines.contains("concurrency = \"unlimited\"") || regions.contains("west") {
            keys.replace(TRACKING, "policy = \"scheduled\", plan = [{ at = \"60ms\", replicas = 2 }]")
        } else {
            keys.to_owned()
        };
        format!("{regions}{lines}{keys}{}", self.calls_on(number, form))
    }

    /// How many replicas a service may have, those that drain included.
    fn seats(&self, number: usize, form: Form) -> u32 {
        let service = &self.services[number];
        let west = if self.has_west { service.west } else { 0 };
        let regions = 1 + u32::from(west > 0);
        let most = service.scaling.as_ref().map_or(service.replicas.max(west), |scaling| scaling.max);
        let surge =
            self.deploys_of(number, form).map(|deploy| (deploy.policy.1 * f64::from(most)).ceil() as u32);
        let beside = surge.max().map(|surge| most + surge);
        match &service.scaling {
            Some(scaling) => regions * (2 * scaling.max - scaling.min(form) + beside.unwrap_or(0)),
            None => beside.map_or(service.replicas + west, |beside| regions * (most + beside)),
        }
    }

    /// Whether each replica has a queue of its own, so that copies may be sent.
    fn may_hedge(&self) -> bool {
        let shares = |line: &String| line.contains("at = \"service\"");
        !self.services.iter().any(|service| service.lines.iter().flatten().any(shares))
    }

    /// Calls to services from `first` on.
    fn calls(&self, calls: &[Call], first: usize) -> String {
        let below = self.services.len() - first;
        if below == 0 || calls.is_empty() {
            return String::new();
        }
        let entries: Vec<String> = calls
            .iter()
            .map(|call| {
                let service = first + call.pick as usize % below;
                let fleet = &self.services[service];
                let is_alone = fleet.is_shared() || fleet.function.is_some();
                let count = if is_alone || self.standby(service).is_some() {
                    1
                } else {
                    call.count.min(fleet.replicas)
                };
                // A gateway may be one node.
                let through = first == 0 && call.pick % 2 == 1 && self.gateway.is_some();
                let count = if through { 1 } else { count };
                let whom = if through {
                    format!("service = \"w\", path = \"/s{service}/x\"")
                } else {
                    let whom = self.version_of(service, call.pick as usize);
                    let is_event = call.lines.iter().flatten().any(|line| line.contains("async"));
                    let is_named = first == 0 && !is_event && self.is_named(service, &whom);
                    format!("service = \"{}\"", if is_named { "www" } else { &whom })
                };
                let mut entry = vec![format!("{whom}, count = {count}")];
                entry.push(format!("wait_for = {}", call.wait_for.min(count)));
                entry.extend(call.lines.iter().flatten().cloned());
                entry.extend(call.policy.timeout.map(|limit| format!("timeout = \"{limit}ms\"")));
                entry.extend(call.policy.others.iter().flatten().cloned());
                entry.extend(call.policy.hedge.clone().filter(|_| self.may_hedge()));
                entry.extend(call.fallback.map(|pick| match pick as usize % (below + 1) {
                    0 => "fallback = { time = \"3ms\" }".to_owned(),
                    other => {
                        let whom = self.version_of(first + other - 1, pick as usize);
                        format!("fallback = {{ service = \"{whom}\" }}")
                    }
                }));
                format!("{{ {} }}", entry.join(", "))
            })
            .collect();
        format!("calls = [{}]\n", entries.join(", "))
    }

    #[expect(clippy::too_many_lines, reason = "key by key, as they are written")]
    fn fault(&self, fault: &Fault, form: Form) -> String {
        let (is_poison, is_throttle) = (fault.is("poison"), fault.is("throttle"));
        let fault = &Fault { target: fault.target.within(is_poison, is_throttle), ..fault.clone() };
        let service = |pick: u32| format!("service.s{}", pick as usize % self.services.len());
        let on = match fault.target {
            Target::Fleet(pick) => service(pick),
            Target::Each(pick) => service(pick) + ".*",
            Target::First(pick) if self.services[pick as usize % self.services.len()].function.is_some() => {
                service(pick) + ".*"
            }
            Target::First(pick) => service(pick) + ".1",
            // Network faults lie between no racks.
            Target::Hosts | Target::Rack if fault.kind.contains("both = ") => "zone.east.*".to_owned(),
            Target::Hosts => "host.east.*".to_owned(),
            Target::Rack => "rack.east.1.1".to_owned(),
            Target::Zones => "zone.east.*".to_owned(),
            Target::Zone => "zone.east.1".to_owned(),
            Target::Region => "region.east".to_owned(),
        };
        let struck = match fault.target {
            Target::Fleet(pick) | Target::Each(pick) | Target::First(pick) => {
                std::slice::from_ref(&self.services[pick as usize % self.services.len()])
            }
            // The first replica of every service is in the first zone.
            Target::Hosts | Target::Rack | Target::Zones | Target::Zone | Target::Region => {
                self.services.as_slice()
            }
        };
        // A shared queue loses nothing; in a rack there may be nobody else.
        let is_shared = match fault.target {
            Target::Hosts | Target::Rack => struck.iter().any(Service::is_shared),
            _ => struck.iter().all(Service::is_shared),
        };
        let means = |line: &&str| !(is_shared && line.starts_with("waiting"));
        // Who has no limit of slots loses none.
        let has_no_limit =
            |service: &Service| service.lines.iter().flatten().any(|line| line.contains("unlimited"));
        let is_capacity = fault.kind.contains("capacity");
        let kind =
            if is_capacity && struck.iter().any(has_no_limit) { "kind = \"hang\"" } else { &fault.kind };
        let kind: Vec<&str> = kind.lines().filter(means).collect();
        let is_between = fault.kind.contains("both = ");
        let key = if is_between { "from" } else { "on" };
        // As many ways as a function may have instances are too many.
        let is_of_instances =
            is_between && on.ends_with(".*") && struck.iter().any(|one| one.function.is_some());
        let on = if is_of_instances && on.starts_with("service.") { on.trim_end_matches(".*") } else { &on };
        let mut out = format!("{}\n{key} = \"{on}\"\n", kind.join("\n"));
        let (at, lasts) = (fault.at, fault.lasts);
        let when = fault.when.as_ref().filter(|_| form == Form::Open);
        let is_gray = Self::is_gray(fault, struck);
        if let Some(places) = fault.seen_by.filter(|_| is_gray) {
            let means =
                |line: &&str| !["in_service", "waiting", "signal"].iter().any(|key| line.starts_with(key));
            let kept: Vec<&str> = out.lines().filter(means).collect();
            out = kept.join("\n").replace("arriving = \"queued\"", "arriving = \"ignored\"");
            writeln!(out, "\nseen_by = {places}").unwrap();
        }
        let (each, raises) = (fault.bound.0 && !is_gray, fault.bound.1);
        let goes_down = ["crash", "hang"].iter().any(|down| fault.kind.contains(down));
        if each
            && goes_down
            && struck.iter().all(Service::is_still)
            && self.deploys.is_empty()
            && self.given_up.is_none()
            && !matches!(fault.target, Target::Each(_) | Target::First(_))
        {
            out += "recovers = \"each\"\n";
        }
        let is_random = |fault: &Fault| fault.when.is_some() && form == Form::Open && !fault.is("poison");
        if raises && self.faults.first().is_some_and(is_random) {
            out += "raises = [{ fault = \"f0\", factor = 2.5 }, { fault = \"f0\", factor = 0.7, at = \"struck\" }]\n";
        }
        if is_poison {
            if form == Form::Ending {
                writeln!(out, "lasts = \"{lasts}ms\"").unwrap();
                return out;
            }
            return self.end_of(fault, out);
        }
        if let Some((down, up, _)) = &fault.flap {
            writeln!(out, "flap = {{ down = {down}, up = {up} }}").unwrap();
        }
        let Some(when) = when else {
            let (second, third) = (at + lasts + 1, at + 2 * lasts + 7);
            writeln!(out, "at = [\"{at}ms\", \"{second}ms\", \"{third}ms\"]\nlasts = \"{lasts}ms\"").unwrap();
            return out;
        };
        writeln!(out, "time_to_failure = {when}").unwrap();
        let is_replica = !is_between && matches!(fault.target, Target::Each(_) | Target::First(_));
        let is_of_work = |clock: &str| clock.contains("busy") || clock.contains("load");
        let may_run = |clock: &&str| {
            !(is_of_work(clock) && !is_replica || clock.contains("load") && struck.iter().any(has_no_limit))
        };
        if let Some(clock) = fault.clock.filter(may_run) {
            writeln!(out, "{clock}").unwrap();
        }
        self.end_of(fault, out)
    }

    /// How a fault ends, if it does, and who finds it.
    fn end_of(&self, fault: &Fault, mut out: String) -> String {
        match &fault.end {
            End::Never => return out,
            End::Repair(time) => writeln!(out, "time_to_repair = {time}").unwrap(),
            End::Plan => out += "recovery = \"plan\"\n",
        }
        if let Some(backoff) = &fault.backoff {
            writeln!(out, "backoff = {backoff}").unwrap();
        }
        let sees = self.services.iter().all(|one| one.check.is_some() && one.function.is_none())
            && !fault.is("slow")
            && !["capacity", "corrupt", "throttle"].iter().any(|unseen| fault.is(unseen));
        if fault.by_check && sees {
            out += "detected_by = \"health_check\"\n";
        } else if let Some(delay) = &fault.detected {
            writeln!(out, "detected_by = {delay}").unwrap();
            if fault.flap.as_ref().is_some_and(|(_, _, once)| *once) {
                out = out.replace("flap = { ", "flap = { detected = \"once\", ");
            }
        }
        out
    }

    /// Whether only some meet a fault that may be so.
    fn is_gray(fault: &Fault, struck: &[Service]) -> bool {
        let is_for_all = ["capacity", "poison", "partition", "network"].iter().any(|kind| fault.is(kind));
        let is_down = fault.is("crash") || fault.is("hang");
        let has_none = |service: &Service| service.is_shared() || service.function.is_some();
        fault.seen_by.is_some() && !is_for_all && !(is_down && struck.iter().any(has_none))
    }
}

impl Fault {
    fn is(&self, kind: &str) -> bool {
        self.kind.starts_with(&format!("kind = \"{kind}\""))
    }
}

impl Target {
    /// The same, or a service or replicas where no place can be struck.
    fn within(self, is_poison: bool, is_throttle: bool) -> Self {
        match self {
            Self::Each(pick) | Self::First(pick) if is_throttle => Self::Fleet(pick),
            Self::Hosts | Self::Rack | Self::Zones | Self::Zone | Self::Region
                if is_poison || is_throttle =>
            {
                Self::Fleet(0)
            }
            other => other,
        }
    }
}

impl Service {
    /// Whether its replicas neither come nor go.
    fn is_still(&self) -> bool {
        self.scaling.is_none() && self.function.is_none()
    }

    /// Whether those who choose a replica learn from attempts: who is told the truth, or chooses none, does not.
    fn learns(&self) -> bool {
        !self.balancing.as_ref().is_some_and(Balancing::is_told) && !self.is_shared()
    }

    fn is_shared(&self) -> bool {
        self.lines.iter().flatten().any(|line| line.contains("at = \"service\""))
    }
}

impl Policy {
    fn lines(&self, form: Form, may_hedge: bool) -> String {
        let timeout = self.timeout.or((form == Form::Ending).then_some(2_000));
        let timeout = timeout.map(|limit| format!("timeout = \"{limit}ms\""));
        let hedge = self.hedge.clone().filter(|_| may_hedge);
        joined(&[timeout, hedge]) + &joined(&self.others)
    }
}

fn joined(lines: &[Option<String>]) -> String {
    lines.iter().flatten().fold(String::new(), |text, line| text + line + "\n")
}
