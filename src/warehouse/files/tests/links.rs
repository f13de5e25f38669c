//! Links are followed within the warehouse's folder and nowhere else, even if they change during a read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::super::listing::{Listing, list};
use super::super::{Files, KnownFolders};
use super::rules::{ask, now, put, rows, unknown};
use crate::domain::policy::Table;
use crate::domain::probe::{DateColumn, DateReading, ScheduleQuestion};
use crate::domain::verdict::Unknown;

const DATE: &str = "2025-11-14";

/// A warehouse next to data that it must not read.
struct World {
    home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        put(home.path(), "own/t/day=2025-11-15/a.csv", "x\n1\n");
        put(home.path(), "own/spare/a.csv", "x\n1\n");
        put(home.path(), "secret/a.csv", "x\n1\n2\n3\n");
        put(home.path(), "secret/day=2025-11-14/a.csv", "x\n1\n2\n3\n");
        Self { home }
    }

    fn root(&self) -> PathBuf {
        self.home.path().canonicalize().unwrap().join("own")
    }

    fn link(&self, at: &str, to: impl AsRef<Path>) {
        let at = self.root().join(at);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&at).or_else(|_| fs::remove_dir_all(&at));
        symlink(to, at).unwrap();
    }
}

fn column() -> DateColumn {
    DateColumn::new("day", DateReading::Plain)
}

fn listed(root: &Path) -> Listing {
    list(root, &[], "t", None, &KnownFolders::default(), now()).unwrap().0
}

#[test]
fn a_link_is_followed_within_the_warehouse_and_makes_its_own_date_unknown_where_it_leads_out() {
    for (at, to, is_inside) in [
        ("t/day=2025-11-14/a.csv", "../../spare/a.csv", true),
        ("t/day=2025-11-14", "../spare/", true),
        ("t/day=2025-11-14", "/own/spare", true),
        ("t/day=2025-11-14", "../../own/spare", true),
        ("t/day=2025-11-14", "../chain", true),
        ("t/day=2025-11-14/a.csv", "../../../secret/a.csv", false),
        ("t/day=2025-11-14/a.csv", "/secret/a.csv", false),
        ("t/day=2025-11-14", "../../secret", false),
        ("t/day=2025-11-14", "/secret", false),
        ("t/day=2025-11-14", "../..", false),
        ("t/day=2025-11-14", "/", false),
        ("t/day=2025-11-14", "../out", false),
        ("t/day=2025-11-14", "/proc/self/root", false),
    ] {
        let world = World::new();
        let root = world.root();
        world.link("chain", "inner");
        world.link("inner", "spare");
        world.link("out", "outer");
        world.link("outer", "../secret");
        let absolute = world.home.path().canonicalize().unwrap();
        let to = match to.strip_prefix('/').filter(|rest| rest.starts_with("own") || rest.starts_with("secret")) {
            Some(rest) => absolute.join(rest),
            None => to.into(),
        };
        world.link(at, &to);
        if is_inside {
            assert_eq!(rows(&root, DATE), 1, "{at} -> {}", to.display());
        } else {
            let why = unknown(&root, DATE, |_| {}).text;
            assert!(why.contains("links that leave it are refused"), "{at} -> {}: {why}", to.display());
        }
        assert_eq!(rows(&root, "2025-11-15"), 1, "another date is what it was");
    }
}

/// A read opens what a list has found a while before.
#[test]
fn a_link_that_is_turned_round_after_it_was_listed_is_not_followed() {
    for (at, before, after) in [
        ("t/day=2025-11-14/a.csv", "../../spare/a.csv", "../../../secret/a.csv"),
        ("t/day=2025-11-14", "../spare", "../../secret"),
    ] {
        let world = World::new();
        let root = world.root();
        world.link(at, before);
        let listing = listed(&root);
        let part = listing.parts.iter().find(|part| part.name.ends_with("day=2025-11-14/a.csv")).unwrap();
        assert!(part.open().is_ok());
        world.link(at, after);
        assert!(part.open().unwrap_err().raw_os_error().is_some(), "{at}");
    }
}

#[test]
fn a_folder_that_becomes_a_link_after_it_was_listed_is_not_followed() {
    let world = World::new();
    let root = world.root();
    put(&root, "t/day=2025-11-14/a.csv", "x\n1\n");
    let files = Files::new(root.clone());
    let later = now() + jiff::SignedDuration::from_hours(1);
    files.mark("t", &column(), later).unwrap();
    let listing = listed(&root);
    fs::rename(root.join("t/day=2025-11-14"), root.join("t/_aside")).unwrap();
    world.link("t/day=2025-11-14", "../../secret");
    let part = listing.parts.iter().find(|part| part.name == "day=2025-11-14/a.csv").unwrap();
    assert!(part.open().is_err());
    let why = files.probe("t", None, &[super::rules::asked(&[DATE], |_| {})], later).unwrap();
    let told = why.readings[0].as_ref().unwrap().dates[&super::rules::day(DATE)].as_ref().unwrap_err();
    assert!(told.text.contains("links that leave it are refused"), "what was learnt of the folder is not believed");
}

fn schedule(root: &Path, bounds: &[PathBuf]) -> Result<usize, Unknown> {
    let question = ScheduleQuestion {
        date: column(),
        unit: vec!["x".into()],
        aliases: Default::default(),
        starts_at: None,
        filters: vec![],
        void: vec![],
        is_final: None,
        latest_by: None,
        updated_at: None,
    };
    let files = Files::new(root.into()).bounded(bounds.into());
    files.schedule("t", &question, now()).map(|reading| reading.rows.len())
}

#[test]
fn a_schedule_is_read_as_a_table_is() {
    let world = World::new();
    assert_eq!(schedule(&world.root(), &[]), Ok(1));
    world.link("t/day=2025-11-14", "../../secret");
    assert!(schedule(&world.root(), &[]).unwrap_err().text.contains("links that leave it are refused"));
}

#[test]
fn a_table_can_be_a_link_within_its_warehouse_and_has_one_home_under_every_name() {
    let world = World::new();
    let root = world.root();
    put(&root, "deep/props/day=2025-11-14/a.csv", "x\n1\n");
    put(&root, "whole/day=2025-11-14/a.csv", "x\n1\n");
    world.link("t", "whole");
    assert_eq!(rows(&root, DATE), 1);
    world.link("alias", "deep");
    let home = |root: &Path, table: &str| Files::new(root.into()).mark(table, &column(), now()).unwrap().names;
    let real = Table { place: format!("files:{}/deep", root.display()).into(), name: "props".into() };
    for (folder, table) in
        [("", "deep.props"), ("", "alias.props"), ("deep", "props"), ("alias", "props"), ("./deep/", "props")]
    {
        let names = home(&root.join(folder), table);
        assert_eq!(names.first(), Some(&real), "{folder} {table}");
        assert_eq!(names, home(&root, "deep.props"), "{folder} {table}");
    }
    let before = home(&root, "whole");
    std::fs::rename(root.join("whole"), root.join("moved")).unwrap();
    world.link("whole", "moved");
    let after = home(&root, "whole");
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1], after[1], "a folder that moves is the same folder");
    world.link("t", "../secret");
    let why = ask(&root, &[DATE], |_| {}).unwrap_err();
    assert!(why.text.contains("its folder `t` leads out of the warehouse's folder"), "{}", why.text);
}

/// A namespace's Warehouse names a link that its own filler made.
#[test]
fn a_warehouse_that_is_a_link_out_of_what_is_granted_is_refused_whatever_is_asked() {
    let world = World::new();
    put(world.home.path(), "secret/t/a.csv", "day,x\n2025-11-14,1\n");
    world.link("peek", "../secret");
    let (root, bounds) = (world.root().join("peek"), [world.root()]);
    assert!(schedule(&root, &[]).is_ok(), "nothing bounds it");
    let files = Files::new(root.clone()).bounded(bounds.clone().into());
    let told = [
        files.mark("t", &column(), now()).unwrap_err(),
        files.probe("t", None, &[super::rules::asked(&[DATE], |_| {})], now()).unwrap_err(),
        schedule(&root, &bounds).unwrap_err(),
    ];
    for why in told {
        assert!(why.text.contains("leads out of what may be read") && why.lasts, "{}", why.text);
    }
    assert!(files.look().is_err());
}
