//! A results folder that is replaced as a whole: its files are written beside it, then the two change places in one step.
//! Whoever is killed on the way leaves the earlier folder, or the new one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

use super::folder::{FileError, UNFINISHED};

/// What commands write at the top of their folders, and replace; everything else in a folder is somebody's and stays.
const OWN: [&str; 22] = [
    "compare.csv",
    "durations.csv",
    "fit.csv",
    "functions.csv",
    "incidents.csv",
    "instances.csv",
    "latency.csv",
    MANIFEST,
    "pareto.csv",
    "plots",
    "ranking.csv",
    "runs.csv",
    "shares.csv",
    "summary.csv",
    "sweep-objectives.csv",
    "sweep-runs.csv",
    "sweep.csv",
    "theory.csv",
    "timeline.csv",
    "variants",
    VERIFY,
    "verify.md",
];
/// Where one of these is, a command of this program has written the folder.
const MANIFEST: &str = "manifest.json";
const VERIFY: &str = "verify.csv";

/// A folder under way.
#[derive(Debug)]
pub struct Staging {
    /// Where the results are to be.
    folder: PathBuf,
    /// Where they are written; removed when dropped.
    stage: TempDir,
    /// Locked while this process lives, so that no other takes it for one that was left behind.
    _lock: File,
}

impl Staging {
    /// Begins to write a folder; what a killed process has left unfinished beside it is removed.
    ///
    /// # Errors
    ///
    /// [`FileError::Write`].
    pub fn begin(folder: &Path) -> Result<Self, FileError> {
        let begin = || {
            let folder = resolved(folder)?;
            let parent = parent(&folder);
            fs::create_dir_all(parent)?;
            if folder.exists() && !folder.is_dir() {
                return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
            }
            tidy(parent)?;
            tidy(&folder)?;
            let (stage, lock) = stage(parent)?;
            Ok(Self { folder: folder.clone(), stage, _lock: lock })
        };
        begin().map_err(|source| FileError::Write { path: folder.to_owned(), source })
    }

    /// Where the files are to be written until they are all there.
    pub fn path(&self) -> &Path {
        self.stage.path()
    }

    /// Puts the new folder in the place of the earlier one.
    ///
    /// What no command of this program writes, such as baselines, the points of a sweep or files of the user, is in the
    /// new folder, too.
    ///
    /// # Errors
    ///
    /// [`FileError::Write`].
    pub fn commit(self) -> Result<(), FileError> {
        let folder = self.folder.clone();
        self.place().map_err(|source| FileError::Write { path: folder, source })
    }

    fn place(self) -> io::Result<()> {
        let (stage, folder) = (self.stage.path(), self.folder.as_path());
        if !folder.exists() {
            fs::rename(stage, folder)?;
            // There is nothing left at its name.
            let _ = self.stage.keep();
            return Ok(());
        }
        fs::set_permissions(stage, fs::metadata(folder)?.permissions())?;
        // The folder in which the user is cannot be exchanged under their feet, nor the root of a file system.
        let is_entered = std::env::current_dir().is_ok_and(|here| here.starts_with(folder));
        if is_entered || keep(folder, stage).and_then(|()| exchange(stage, folder)).is_err() {
            return one_by_one(stage, folder);
        }
        // What is there now is the earlier folder.
        self.stage.close()
    }
}

/// The folder that a path leads to, whether it is there or not.
fn resolved(folder: &Path) -> io::Result<PathBuf> {
    if folder.exists() { fs::canonicalize(folder) } else { std::path::absolute(folder) }
}

fn parent(folder: &Path) -> &Path {
    folder.parent().unwrap_or(folder)
}

/// An empty folder that this process holds.
fn stage(parent: &Path) -> io::Result<(TempDir, File)> {
    loop {
        let mut builder = Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let made = builder.tempdir_in(parent)?;
        let lock = File::open(made.path())?;
        // Where folders cannot be locked, nothing is ever taken for left behind either.
        let _ = lock.try_lock();
        // Another process may have taken it for left behind before it was locked.
        if made.path().exists() {
            return Ok((made, lock));
        }
    }
}

/// Removes what processes that were killed have left unfinished in a folder; what one that lives is writing stays.
///
/// # Errors
///
/// What the file system says.
pub(super) fn tidy(folder: &Path) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type()?;
        if !kind.is_dir() && !kind.is_file() {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let removed = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Gives the new folder what is not replaced, under a second name, so that neither folder lacks it at any moment.
fn keep(folder: &Path, stage: &Path) -> io::Result<()> {
    let is_ours = [MANIFEST, VERIFY].iter().any(|one| folder.join(one).is_file());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_replaced = is_ours && OWN.iter().any(|own| name == *own);
        if !is_replaced && !name.to_string_lossy().starts_with(UNFINISHED) {
            link(&entry.path(), &stage.join(&name))?;
        }
    }
    Ok(())
}

/// The same file or folder under another name; what is new there stays.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_dir() {
        if !to.exists() {
            fs::create_dir(to)?;
            fs::set_permissions(to, fs::metadata(from)?.permissions())?;
        }
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                link(&entry.path(), &to.join(entry.file_name()))?;
            }
        }
        return Ok(());
    }
    if fs::symlink_metadata(to).is_ok() {
        return Ok(());
    }
    match fs::hard_link(from, to) {
        Err(_) if kind.is_file() => fs::copy(from, to).map(drop),
        linked => linked,
    }
}

/// Lets two folders change places in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where folders cannot change places: file after file. Without the manifest, which goes first and comes last, the
/// folder is not whole.
fn one_by_one(stage: &Path, folder: &Path) -> io::Result<()> {
    let is_ours = [MANIFEST, VERIFY].iter().any(|one| folder.join(one).is_file());
    let has = |name: &str| stage.join(name).exists();
    for name in [MANIFEST, VERIFY].into_iter().chain(OWN) {
        let old = folder.join(name);
        if is_ours && ["plots", "variants"].contains(&name) {
            let _ = fs::remove_dir_all(&old);
        } else if is_ours || has(name) {
            let _ = fs::remove_file(&old);
        }
    }
    let mut last = None;
    for entry in fs::read_dir(stage)? {
        let entry = entry?;
        if entry.file_name() == MANIFEST {
            last = Some(entry.path());
        } else {
            put(&entry.path(), &folder.join(entry.file_name()))?;
        }
    }
    last.map_or(Ok(()), |manifest| put(&manifest, &folder.join(MANIFEST)))
}

/// Moves a file, or what is in a folder.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() || !to.exists() {
        return fs::rename(from, to).or_else(|_| fs::copy(from, to).map(drop));
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        put(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The names at the top of a folder that a command may replace.
pub(crate) fn own(folder: &Path) -> impl Iterator<Item = PathBuf> {
    OWN.into_iter().chain(["plan.json"]).map(|name| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_replaced_whole_and_keeps_what_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("deep/results");
        let first = Staging::begin(&folder).unwrap();
        fs::write(first.path().join("summary.csv"), "1").unwrap();
        fs::write(first.path().join("theory.csv"), "1").unwrap();
        fs::write(first.path().join(MANIFEST), "1").unwrap();
        assert!(!folder.exists());
        first.commit().unwrap();
        fs::create_dir_all(folder.join("baselines/main")).unwrap();
        fs::write(folder.join("baselines/main/baseline.json"), "b").unwrap();
        fs::write(folder.join("notes.txt"), "n").unwrap();
        let second = Staging::begin(&folder).unwrap();
        fs::write(second.path().join("summary.csv"), "2").unwrap();
        fs::write(second.path().join(MANIFEST), "2").unwrap();
        assert_eq!(fs::read_to_string(folder.join("summary.csv")).unwrap(), "1");
        second.commit().unwrap();
        assert_eq!(names(&folder), ["baselines", MANIFEST, "notes.txt", "summary.csv"]);
        assert_eq!(fs::read_to_string(folder.join("summary.csv")).unwrap(), "2");
        assert_eq!(fs::read_to_string(folder.join("baselines/main/baseline.json")).unwrap(), "b");
        assert_eq!(names(folder.parent().unwrap()), ["results"]);
    }

    #[test]
    fn a_folder_that_no_command_wrote_loses_nothing() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("own/plots")).unwrap();
        fs::write(root.path().join("own/plots/mine.svg"), "m").unwrap();
        fs::write(root.path().join("own/theory.csv"), "m").unwrap();
        let staging = Staging::begin(&root.path().join("own")).unwrap();
        fs::create_dir(staging.path().join("plots")).unwrap();
        fs::write(staging.path().join("plots/line.svg"), "l").unwrap();
        staging.commit().unwrap();
        assert_eq!(names(&root.path().join("own/plots")), ["line.svg", "mine.svg"]);
        assert_eq!(fs::read_to_string(root.path().join("own/theory.csv")).unwrap(), "m");
    }

    #[test]
    fn what_the_dead_left_goes_and_what_the_living_write_stays() {
        let root = tempfile::tempdir().unwrap();
        let living = Staging::begin(&root.path().join("a")).unwrap();
        fs::write(living.path().join("x"), "x").unwrap();
        fs::create_dir(root.path().join(".unfinished-dead")).unwrap();
        fs::write(root.path().join(".unfinished-dead/x"), "x").unwrap();
        fs::write(root.path().join(".unfinished-file"), "x").unwrap();
        let other = Staging::begin(&root.path().join("b")).unwrap();
        assert_eq!(names(root.path()).len(), 2);
        drop(other);
        living.commit().unwrap();
        assert_eq!(names(root.path()), ["a"]);
    }

    #[test]
    fn the_manifest_comes_last_where_folders_cannot_change_places() {
        let root = tempfile::tempdir().unwrap();
        let (stage, folder) = (root.path().join("stage"), root.path().join("folder"));
        fs::create_dir_all(stage.join("plots")).unwrap();
        fs::create_dir_all(folder.join("plots")).unwrap();
        for name in ["summary.csv", MANIFEST, "plots/new.svg"] {
            fs::write(stage.join(name), "new").unwrap();
        }
        for name in ["summary.csv", "theory.csv", MANIFEST, "plots/old.svg", "notes.txt"] {
            fs::write(folder.join(name), "old").unwrap();
        }
        one_by_one(&stage, &folder).unwrap();
        assert_eq!(names(&folder), [MANIFEST, "notes.txt", "plots", "summary.csv"]);
        assert_eq!(names(&folder.join("plots")), ["new.svg"]);
    }
}
