//! Data, their backups, losses and restores, in small scenarios whose answers are known exactly.

use crate::behaviour::{expect, outcome, value};
use crate::behaviour_resilience::logged;

/// A service whose data are backed up from 10 s on every 20 s, for 5 s at a time, and lost at 52 s.
fn kept(data: &str, backup: &str, fault: &str) -> String {
    format!(
        "[service.db]\ndata = {{ size = \"100GB\"{data} }}\neffects = true\n\
         [backup.own]\nof = \"service.db\"\n{backup}\n\
         [fault.loss]\nkind = \"data-loss\"\non = \"service.db.data\"\n{fault}\nrecovery = \"restore\"\n\
         [recovery.restore]\npolicy = \"sequence\"\noperations = [{{ time = \"1s\", does = \"service.db.data.restore\" }}]\n"
    )
}

const EVERY: &str = "every = \"20s\"\noffset = \"10s\"\ntakes = \"5s\"\n";
const AT: &str = "at = \"52s\"\n";
const CLIENT: &str =
    "[client.c]\narrival = { process = \"schedule\", every = \"1s\" }\ncalls = \"db\"\ntimeout = \"500ms\"\n";

#[test]
fn a_loss_goes_back_to_the_begin_of_the_newest_complete_backup() {
    let wanted = [
        ("service.db/rpo_mean", 22.0),
        ("service.db/rto_mean", 1.0),
        ("service.db/data_losses", 1.0),
        ("service.db/data_lost_ratio", 0.0),
        // That of 50 s is broken off.
        ("service.db/backups", 4.0),
        ("service.db/backups_failed", 1.0),
        ("service.db/availability_time", 0.99),
        ("fault.loss/mttr", 1.0),
    ];
    expect(100, &kept("", EVERY, AT), &wanted);
    let at_its_end = format!("{EVERY}consistent = \"end\"");
    expect(100, &kept("", &at_its_end, AT), &[("service.db/rpo_mean", 17.0)]);
    // It would be over at the instant of the next, of which none begins.
    let snapshots = "every = \"20s\"\noffset = \"10s\"\ntakes = \"0s\"";
    expect(100, &kept("", snapshots, AT), &[("service.db/rpo_mean", 2.0), ("service.db/backups", 5.0)]);
}

#[test]
fn the_schedule_goes_on_while_the_data_are_lost_and_nothing_is_made() {
    let slow = format!("{EVERY}restore = {{ provision = \"30s\" }}");
    // From 52 s to 83 s: that of 70 s is left out, that of 90 s is not.
    let wanted = [
        ("service.db/rto_mean", 31.0),
        ("service.db/backups", 3.0),
        ("service.db/backups_failed", 1.0),
        ("service.db/availability_time", 0.69),
    ];
    expect(100, &kept("", &slow, AT), &wanted);
}

#[test]
fn what_is_restored_is_older_than_what_was_corrupt() {
    let silent = "at = \"40s\"\nsilent_for = \"32s\"\n";
    // It shows at 72 s. The backup of 50 s holds what was corrupt, that of 70 s is broken off, that of 30 s is sound.
    let wanted = [
        ("service.db/rpo_mean", 42.0),
        ("service.db/rto_mean", 1.0),
        ("service.db/availability_time", 0.99),
        ("fault.loss/mttd", 32.0),
        ("fault.loss/mttr", 33.0),
    ];
    expect(100, &kept("", EVERY, silent), &wanted);
    // What is made at the very instant of the corruption holds it.
    let at_once = "at = \"30s\"\nsilent_for = \"30s\"\n";
    expect(100, &kept("", EVERY, at_once), &[("service.db/rpo_mean", 50.0)]);
    // A loud loss finds what is corrupt still good enough, and what shows then takes it back once more.
    let both = kept("", EVERY, silent)
        + "[fault.loud]\nkind = \"data-loss\"\non = \"service.db.data\"\nat = \"57s\"\nrecovery = \"restore\"\n";
    expect(100, &both, &[("service.db/data_losses", 2.0), ("service.db/rpo_mean", f64::midpoint(7.0, 42.0))]);
    // A loud loss that goes back further mends it: nothing is left to show.
    let mended = both.replace("57s", "45s");
    expect(100, &mended, &[("service.db/data_losses", 1.0), ("service.db/rpo_mean", 15.0)]);
}

#[test]
fn what_cannot_be_read_is_tried_all_the_same() {
    let parts = |more: &str| {
        kept(", rebuild = \"7s\"", &format!("{EVERY}restore = {{ rate = \"180TB/h\" }}\n{more}"), AT)
    };
    // Of two copies each takes 2 s to read.
    let none = parts("usable = \"0%\"\n") + "[objective]\n\"service.db/rto_within_1min\" = \">= 50%\"\n";
    let wanted = [
        ("service.db/data_lost_ratio", 1.0),
        ("service.db/rto_within_1min", 0.0),
        ("fault.loss/mttr", 1.0 + 2.0 * 2.0 + 7.0),
    ];
    expect(100, &none, &wanted);
    // Who looks after 3 s finds both, and the loss finds none.
    let looked_at = parts("usable = \"0%\"\nverify = { takes = \"3s\", finds = \"100%\" }\n");
    let wanted = [("fault.loss/mttr", 8.0), ("service.db/backups", 4.0), ("service.db/backups_failed", 5.0)];
    expect(100, &looked_at, &wanted);
    // A look at what is good finds nothing.
    let good = parts("verify = { takes = \"3s\" }\n")
        + "[objective]\n\"service.db/rpo_within_21s\" = \">= 50%\"\n\"service.db/rpo_within_22s\" = \">= 50%\"\n";
    expect(
        100,
        &good,
        &[("fault.loss/mttr", 3.0), ("service.db/rpo_within_22s", 1.0), ("service.db/rpo_within_21s", 0.0)],
    );
}

#[test]
fn a_restore_reads_the_full_backup_and_its_increments() {
    // From 10 s on every 10 s: full, increment, increment, full, increment.
    let chain = "every = \"10s\"\noffset = \"10s\"\ntakes = \"5s\"\nfull_every = 3\nincremental_size = \"25GB\"\n\
                 restore = { rate = \"180TB/h\", replay = 0.5 }\n";
    // At 42 s: 100 GB and 2 x 25 GB at 50 GB/s, and half of the 12 s since 30 s.
    let wanted = [("service.db/rpo_mean", 12.0), ("service.db/rto_mean", 1.0 + 3.0 + 6.0)];
    expect(100, &kept("", chain, "at = \"42s\"\n"), &wanted);
    // At 48 s a new full one is there.
    let wanted = [("service.db/rpo_mean", 8.0), ("service.db/rto_mean", 1.0 + 2.0 + 4.0)];
    expect(100, &kept("", chain, "at = \"48s\"\n"), &wanted);
    // A log that lags by 3 s.
    let logged = chain.replace("replay = 0.5", "replay = 0.5, log = \"3s\"");
    let wanted = [("service.db/rpo_mean", 3.0), ("service.db/rto_mean", 1.0 + 3.0 + 4.5)];
    expect(100, &kept("", &logged, "at = \"42s\"\n"), &wanted);
    // What is retrieved first takes its time.
    let archived = format!("{chain}tier = {{ retrieval = \"20s\" }}\n");
    expect(100, &kept("", &archived, "at = \"42s\"\n"), &[("service.db/rto_mean", 30.0)]);
    // Data that grow are more to read: 100 GB and 50 GB in 20 s.
    let growing = kept(
        ", growth = \"9TB/h\"",
        "every = \"20s\"\noffset = \"20s\"\ntakes = \"0s\"\nrestore = { rate = \"180TB/h\" }",
        "at = \"25s\"\n",
    );
    expect(100, &growing, &[("service.db/rto_mean", 4.0)]);
}

#[test]
fn only_so_many_backups_are_kept() {
    let silent = "at = \"25s\"\nsilent_for = \"70s\"\n";
    // It shows at 95 s, and of the backups before 25 s only that of 10 s would do.
    let wanted = [("service.db/rpo_mean", 85.0)];
    expect(100, &kept("", EVERY, silent), &wanted);
    let few = format!("{EVERY}keep = 3\n");
    expect(100, &kept("", &few, silent), &[("service.db/data_lost_ratio", 1.0)]);
}

#[test]
fn writes_since_the_backup_are_lost() {
    // Requests of each second from 30 s to 51 s.
    let counted = kept(", writes = \"effects\"", EVERY, AT) + CLIENT;
    let wanted = [
        ("service.db/lost_writes", 22.0),
        ("service.db/lost_writes_per_loss", 22.0),
        ("client.c/failures_connect", 1.0),
    ];
    expect(100, &counted, &wanted);
    let logged = format!("{EVERY}restore = {{ log = \"4500ms\" }}\n");
    expect(100, &(kept(", writes = \"effects\"", &logged, AT) + CLIENT), &[("service.db/lost_writes", 4.0)]);
    let rate = kept(", writes = \"100/s\"", EVERY, AT);
    expect(100, &rate, &[("service.db/lost_writes", 2200.0)]);
}

#[test]
fn a_backup_slows_the_service_while_it_is_made() {
    let busy = "demand = \"100ms\"\n";
    let slow = kept("", &format!("{EVERY}slows = 3\n"), "at = \"2h\"\n")
        .replace("effects", &format!("{busy}effects"));
    let latencies = |parts: &str| {
        let found = outcome(100, &(slow.clone() + parts));
        (value(&found, "client.c/latency_mean"), value(&found, "client.c/latency_max"))
    };
    // 25 of 100 requests meet a backup: at 10 s to 14 s, and so on.
    let (mean, most) = latencies(CLIENT);
    assert!((mean - 0.15).abs() < 1e-9 && (most - 0.3).abs() < 1e-9, "{mean} {most}");
    // Of two backups at once factors multiply.
    let other = "[backup.other]\nof = \"service.db\"\nevery = \"20s\"\noffset = \"12s\"\ntakes = \"1s\"\nslows = 1.5\n";
    let (_, most) = latencies(&format!("{CLIENT}{other}"));
    assert!((most - 0.45).abs() < 1e-9, "{most}");
}

#[test]
fn an_alarm_a_schedule_or_an_operation_begins_a_backup() {
    let parts = kept("", "takes = \"5s\"\n", AT)
        + "[monitor.m]\nkind = \"schedule\"\nat = [\"20s\", \"22s\"]\ndoes = \"backup.own.start\"\n";
    // That of 22 s is left out, as one is being made.
    expect(100, &parts, &[("service.db/backups", 1.0), ("service.db/rpo_mean", 32.0)]);
    let both = parts.replace("takes = \"5s\"", "takes = \"5s\"\nskip_if_running = false");
    expect(100, &both, &[("service.db/backups", 2.0), ("service.db/rpo_mean", 30.0)]);
    // The recovery of another fault makes one first, and waits for it.
    let first = kept("", EVERY, AT)
        + "[service.s]\n[fault.f]\nkind = \"crash\"\non = \"service.s\"\nat = \"1s\"\nrecovery = \"careful\"\n\
           [recovery.careful]\npolicy = \"sequence\"\noperations = [{ time = \"1s\", does = \"backup.own.start\" }]\n";
    expect(100, &first, &[("fault.f/mttr", 6.0), ("service.db/backups", 5.0)]);
}

#[test]
fn a_copy_that_follows_takes_the_place_of_what_is_lost() {
    let parts = |lags: [&str; 2], loss: &str, does: &str| {
        let [one, other] = lags;
        format!(
            "[service.db]\ndata = {{ size = \"100GB\", writes = \"effects\" }}\neffects = true\n{CLIENT}\
             [replication.a]\nof = \"service.db\"\nlag = \"{one}\"\n\
             [replication.b]\nof = \"service.db\"\nlag = \"{other}\"\n\
             [backup.own]\nof = \"service.db\"\n{EVERY}\
             [fault.loss]\nkind = \"data-loss\"\non = \"service.db.data\"\nat = \"52s\"\n{loss}recovery = \"restore\"\n\
             [recovery.restore]\npolicy = \"sequence\"\noperations = [{{ time = \"2500ms\", does = [{does}] }}]\n"
        )
    };
    let (promote, restore) = ("\"service.db.data.promote\"", "\"service.db.data.restore\"");
    // Writes of 48 s to 51 s are lost; those of 52 s to 54 s fail.
    let wanted = [
        ("service.db/rpo_mean", 4.5),
        ("service.db/rto_mean", 2.5),
        ("service.db/lost_writes", 4.0),
        ("client.c/failures_connect", 3.0),
    ];
    expect(100, &parts(["9s", "4500ms"], "destroys = \"primary\"\n", promote), &wanted);
    // What takes the copies leaves backups.
    let both = format!("{promote}, {restore}");
    expect(100, &parts(["9s", "4500ms"], "", &both), &[("service.db/rpo_mean", 22.0)]);
    expect(100, &parts(["9s", "4500ms"], "destroys = \"primary\"\n", &both), &[("service.db/rpo_mean", 4.5)]);
}

#[test]
fn the_log_tells_of_backups_losses_and_restores() {
    let events = ["backup_begun", "backup_done", "backup_failed", "data_lost", "restored"];
    let lines = logged(100, &kept("", EVERY, AT));
    let told = lines.iter().filter(|line| events.contains(&&line[1]));
    let seen: Vec<(&str, &str)> = told.take(8).map(|line| (&line[0], &line[1])).collect();
    let wanted = [
        ("10", "backup_begun"),
        ("15", "backup_done"),
        ("30", "backup_begun"),
        ("35", "backup_done"),
        ("50", "backup_begun"),
        ("52", "data_lost"),
        ("52", "backup_failed"),
        ("53", "restored"),
    ];
    let of =
        |(at, event): &(&str, &str)| (at.parse::<f64>().unwrap().round().to_string(), (*event).to_owned());
    assert_eq!(seen.iter().map(of).collect::<Vec<_>>(), wanted.iter().map(of).collect::<Vec<_>>());
}

#[test]
fn the_timeline_tells_for_how_much_of_each_window_backups_are_made() {
    let own = kept("", EVERY, "at = \"200s\"\n") + CLIENT;
    let outcome = outcome(100, &own);
    let shares: Vec<f64> = outcome.measurements[0].shares.iter().filter_map(|row| row.share).collect();
    // Five of 5 s in 100 s, none of which is in two places.
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((mean - 0.25).abs() < 1e-9, "{mean} over {}", shares.len());
    assert!(
        shares.iter().any(|share| *share <= 0.0) && shares.iter().any(|share| *share >= 1.0),
        "{shares:?}"
    );
}
