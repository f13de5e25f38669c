//! `retry` and `waive`: what people want of single dates now. They write GameDates, one file each beside the manifests or
//! the objects of a cluster, so that specs stay as they are.

use jiff::civil::Date;

use super::args::{Place, RetryArgs, WaiveArgs};
use super::cluster;
use super::exit::{Exit, Stop};
use super::read::is_called;
use super::setup::Setup;
use super::wish::Wish;
use crate::domain::dates::{DateRange, DateSet};
use crate::domain::policy::Coverage;
use crate::engine::ports::Clock;
use crate::local::clock::SystemClock;
use crate::local::disk;

pub(super) fn retry(args: &RetryArgs) -> Result<Exit, Stop> {
    let token = args.token.clone().unwrap_or_else(|| format!("retry-{}", SystemClock.now().as_second()));
    if args.place.files.is_empty() {
        return cluster::write(&args.cluster, &args.coverage, &parse(&args.dates)?, &Wish::Retry { token });
    }
    write(&args.place, &args.coverage, &args.dates, |coverage| {
        let key = &coverage.key;
        format!("  rerun:\n    token: {token:?}\n    coverages: [{{kind: {}, name: {}}}]\n", key.kind, key.name)
    })
}

pub(super) fn waive(args: &WaiveArgs) -> Result<Exit, Stop> {
    if args.place.files.is_empty() {
        let wish = Wish::Waive { reason: args.reason.clone(), expires: args.expires };
        return cluster::write(&args.cluster, &args.coverage, &parse(&args.dates)?, &wish);
    }
    let expires = args.expires.map(|d| format!(", expires: {d}")).unwrap_or_default();
    write(&args.place, &args.coverage, &args.dates, |coverage| {
        let key = &coverage.key;
        format!("  waived: [{{kind: {}, name: {}, reason: {:?}{expires}}}]\n", key.kind, key.name, args.reason)
    })
}

/// Writes a GameDate for each date that has none. An object that people keep themselves is theirs to edit.
fn write(place: &Place, name: &str, dates: &[String], wish: impl Fn(&Coverage) -> String) -> Result<Exit, Stop> {
    let setup = Setup::new(place)?;
    let found = setup.loaded.coverages.iter().find(|c| is_called(&c.key.kind, &c.key.name, name));
    let coverage = found.ok_or_else(|| Stop::bad_input(format!("there is no valid coverage '{name}'")))?;
    let dates = parse(dates)?;
    let folder = setup.manifests.home().join("gamedates");
    std::fs::create_dir_all(&folder).map_err(|e| Stop::failed(format!("{} cannot be made: {e}", folder.display())))?;
    for date in dates.iter() {
        let object = format!("{}-{date}", coverage.season.name);
        let file = folder.join(format!("{object}.yaml"));
        let existing = setup
            .loaded
            .documents
            .iter()
            .find(|d| d.value["kind"] == "GameDate" && d.value["metadata"]["name"] == object);
        if let Some(existing) = existing.filter(|d| std::path::Path::new(&*d.file) != file) {
            let text = format!(
                "{} already has GameDate '{object}'; edit it there, under spec:\n{}",
                existing.file,
                wish(coverage)
            );
            return Err(Stop::bad_input(text));
        }
        let season = &coverage.season.name;
        let text = format!(
            "apiVersion: gapless.dev/v1alpha1\nkind: GameDate\nmetadata: {{name: {object}}}\nspec:\n  season: {season}\n  date: {date}\n{}",
            wish(coverage)
        );
        disk::replace(&file, text.as_bytes())
            .map_err(|e| Stop::failed(format!("{} cannot be written: {e}", file.display())))?;
        anstream::println!("{}", file.display());
    }
    Ok(Exit::Done)
}

/// `2025-11-14`, `2025-11-14..2025-11-20`.
fn parse(texts: &[String]) -> Result<DateSet, Stop> {
    let date =
        |text: &str| text.parse::<Date>().map_err(|_| Stop::bad_input(format!("'{text}' is not a calendar date")));
    let mut set = DateSet::new();
    for text in texts {
        let (from, through) = text.split_once("..").unwrap_or((text, text));
        let range = DateRange::new(date(from)?, date(through)?);
        set.insert_range(
            range.ok_or_else(|| Stop::bad_input(format!("'{text}': the end must be on or after the start")))?,
        );
    }
    Ok(set)
}
