//! The demo's folder: the same seed gives the same one, and what it says it punched is really gone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::MAX_JOBS;
use super::punch::Kind;
use super::rows::games;
use super::season::DemoSeason;
use crate::cli::args::ManifestArgs;
use crate::cli::setup::{Setup, small_runtime};
use crate::domain::state::State;
use crate::engine::drive::Until;
use crate::engine::overview::Overview;
use crate::view::calendar::{Options, calendar};

/// Every file below a folder with its text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for path in fs::read_dir(&next).unwrap().flatten().map(|e| e.path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                out.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    out
}

#[test]
fn the_same_seed_gives_the_same_demo_and_another_one_another() {
    let folders = [1, 1, 2].map(|seed| {
        let folder = tempfile::tempdir().unwrap();
        DemoSeason::build(folder.path(), seed).unwrap();
        files(folder.path())
    });
    assert!(folders[0] == folders[1]);
    assert!(folders[0] != folders[2]);
}

#[test]
fn every_punched_date_really_lacks_something() {
    let folder = tempfile::tempdir().unwrap();
    let season = DemoSeason::build(folder.path(), 7).unwrap();
    let games = games();
    assert_eq!((games.len(), games.values().map(Vec::len).sum::<usize>()), (214, 1321));
    for gap in &season.gaps {
        let table = folder.path().join("warehouse").join(gap.table.name().replace('.', "/"));
        let held = fs::read_to_string(table.join(format!("game_date={}", gap.date)).join("part.csv")).ok();
        let whole = gap.table.day(&games[&gap.date]);
        assert_ne!(held.as_ref(), Some(&whole), "{gap:?}");
        assert_eq!(held.is_none(), gap.kind == Kind::WholeDate, "{gap:?}");
        let provider = folder.path().join("provider").join(gap.table.name()).join(format!("{}.csv", gap.date));
        assert_eq!(fs::read_to_string(provider).unwrap(), whole, "its provider has all of it");
    }
}

/// What gapless says of a date before anything is filled.
fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::WholeDate => "Missing/NoRows",
        Kind::SomeGames => "Partial/UnitsMissing",
        Kind::FewPlayers | Kind::OneBookmaker | Kind::LinesAfterStart => "Partial/ValuesMissing",
        Kind::Duplicates => "Partial/Duplicated",
        Kind::PlaceholderLines => "Partial/ShareExceeded",
    }
}

/// What a look shows before anything is filled.
fn seen(folder: &Path) -> Overview {
    let files = vec![folder.into()];
    let mut setup = Setup::new(&ManifestArgs { files, state: None, files_root: None, connections_dir: None }).unwrap();
    small_runtime().unwrap().block_on(async {
        let (_keep, mut commands) = tokio::sync::mpsc::unbounded_channel();
        setup.reader(None, MAX_JOBS).ok().unwrap().run(Until::Seen, &mut commands, |_, _| {}).await
    })
}

/// Without this the demo would end well if gapless overlooked a gap.
#[test]
fn every_gap_is_found_for_what_it_is_and_no_other() {
    for seed in [1, 5] {
        let folder = tempfile::tempdir().unwrap();
        let season = DemoSeason::build(folder.path(), seed).unwrap();
        let overview = seen(folder.path());
        let mut open = BTreeMap::new();
        for view in &overview.coverages {
            let cells = view.cells.iter().filter(|c| c.state().is_open() && c.state() != State::Unknown);
            for cell in cells {
                let verdict = cell.judgement.verdict;
                let told = format!("{}/{}", verdict.word(), verdict.reason());
                open.insert((view.key.name.to_string(), cell.date), told);
            }
        }
        let punched = season.gaps.iter().map(|g| ((g.table.coverage().to_string(), g.date), said(g.kind).to_string()));
        assert_eq!(open, punched.collect::<BTreeMap<_, _>>(), "seed {seed}");
    }
}

#[test]
fn a_volume_that_holds_other_things_is_built_once() {
    let volume = tempfile::tempdir().unwrap();
    fs::create_dir(volume.path().join("lost+found")).unwrap();
    assert_eq!(super::only_build(volume.path(), 1).unwrap(), super::Exit::Done);
    assert!(volume.path().join("provider/behaviour").is_file());
    assert_eq!(super::only_build(volume.path(), 1).unwrap_err().report(), super::Exit::BadInput);
}

/// The lines of tables in a month of a picture, by the month's name.
fn months(picture: &str) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for block in picture.split("\n\n").filter(|block| block.contains("predictions ")) {
        let mut lines = block.lines().skip_while(|line| line.starts_with("nba"));
        let name: String = lines.next().unwrap().chars().take(8).collect();
        out.insert(name, lines.map(|line| line.trim_end().to_string()).collect());
    }
    out
}

/// The nights of a line, without its name and its figures.
fn nights(line: &str) -> Vec<char> {
    line.chars().skip(21).take(31).collect()
}

#[test]
fn the_readme_shows_what_the_demo_draws() {
    let folder = tempfile::tempdir().unwrap();
    DemoSeason::build(folder.path(), 1).unwrap();
    let drawn = calendar(&seen(folder.path()), Options { bare: true, ..Options::default() });
    let drawn = months(&anstream::adapter::strip_str(&drawn).to_string());
    let readme = include_str!("../../../README.md");
    let pictures: Vec<&str> = readme.split_once("<!-- calendar -->").unwrap().1.split("```").collect();
    let (before, after) =
        (months(pictures[1].trim_start_matches("text\n")), months(pictures[3].trim_start_matches("text\n")));
    assert!(before.len() == 2 && after.len() == 2);
    for (month, lines) in before {
        assert_eq!(lines, drawn[&month]);
    }
    // At its end, what was a gap is filled, or has a reason.
    for (month, lines) in after {
        for (shown, began) in lines.iter().zip(&drawn[&month]) {
            let is_end =
                |(shown, began): (&char, &char)| shown == began || "MP".contains(*began) && "cXU".contains(*shown);
            assert!(nights(shown).iter().zip(&nights(began)).all(is_end), "{shown}\n{began}");
        }
    }
}
