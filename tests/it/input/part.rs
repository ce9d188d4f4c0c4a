//! What a sweep keeps in its folder: finished points, its plan and its manifest.

use std::fs;
use std::path::Path;

use ninefold::output::manifest::sha256;
use ninefold::output::paint::Paint;
use ninefold::output::sweep::part::Part;
use ninefold::output::sweep::plan::{Plan, SweepManifest};
use ninefold::output::sweep::{files, table};

/// The folder of a sweep over two points, as the program has made it.
const MANIFEST: &str = include_str!("../../data/sweep/manifest.json");
const PLAN: &str = include_str!("../../data/sweep/plan.json");
const PARTS: [&str; 2] =
    [include_str!("../../data/sweep/point-1.json"), include_str!("../../data/sweep/point-2.json")];

/// Puts bytes in the place of the file that they look like, and shows the sweep; the hash of a point is right.
pub(crate) fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end();
    let (manifest, plan, part) = if text.contains("\"shards\"") {
        (MANIFEST, text, PARTS[0])
    } else if text.contains("\"points\"") {
        (text, PLAN, PARTS[0])
    } else {
        (MANIFEST, PLAN, text)
    };
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("there is room for a file");
    };
    fs::create_dir(folder.path().join("points")).expect("there is room for a folder");
    write("manifest.json", manifest);
    write("plan.json", plan);
    for (number, part) in [part, PARTS[1]].iter().enumerate() {
        let body = part.trim_end();
        write(&format!("points/{:06}.part", number + 1), &format!("{}\n{body}\n", sha256(body)));
    }
    show(folder.path());
    if let Ok(manifest) = SweepManifest::read(folder.path()) {
        for (number, point) in manifest.points.iter().enumerate().take(3) {
            let _ = Part::read(folder.path(), number, &point.key);
        }
    }
}

/// Reads and shows everything in the folder of a sweep as commands do, but for figures: they take too long to try many.
pub(crate) fn show(folder: &Path) {
    if let Ok(plan) = Plan::read(folder) {
        let _ = plan.members(1);
    }
    if let Ok(manifest) = SweepManifest::read(folder) {
        let _ = table::json(folder, &manifest);
        let _ = table::table("sweep", folder, &manifest, Paint::Plain);
        let stage = folder.join("stage");
        fs::create_dir(&stage).expect("there is room for a folder");
        let _ = files::write(&stage, folder, &manifest);
    }
}
