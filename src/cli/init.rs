//! `init`: from a folder of tables to manifests, checked and with their calendar. It writes only the files that it names.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::args::{CalendarArgs, CheckArgs, ClusterArgs, ManifestArgs, Output, ReadArgs, WatchArgs};
use super::exit::{Exit, Stop};
use super::first_args::InitArgs;
use super::{check, read};
use crate::engine::ports::Clock;
use crate::host::clock::AnyClock;
use crate::init::{Given, Proposal, Table, propose};
use crate::warehouse::files::Files;
use crate::warehouse::files::find::{Found, is_table, tables_below};

/// Where the tables are, and where the manifests will be.
struct Place {
    /// The folder of all tables.
    warehouse: PathBuf,
    /// Its parent, as far up as the manifests need it.
    root: PathBuf,
    /// The Warehouse's `files.folder`: from the root to the tables.
    folder: String,
    /// The folder of the manifests; `None`: they are printed.
    out: Option<PathBuf>,
    found: Found,
}

pub(super) fn init(args: &InitArgs) -> Result<Exit, Stop> {
    let place = Place::new(args)?;
    let now = AnyClock::new(args.now).now();
    let zone = zone(args.zone.as_deref())?;
    let time_zone = TimeZone::get(&zone.0).map_err(Stop::bad_input)?;
    let (mut tables, mut passed) = (Vec::new(), place.found.passed.clone());
    for name in &place.found.tables {
        match Files::new(place.warehouse.clone()).sample(name, now) {
            Ok(sample) => tables.push(Table { name: name.clone(), sample }),
            Err(why) => passed.push((name.clone(), why.text)),
        }
    }
    let today = now.to_zoned(time_zone).date();
    let mut proposal = propose(&tables, &Given { folder: place.folder.clone(), zone, today });
    proposal.passed.splice(0..0, passed);
    if proposal.files.is_empty() {
        let why = lines(&proposal.passed);
        let folder = place.warehouse.display();
        return Err(Stop::bad_input(format!("no table of {folder} can be watched:\n{why}See docs/layouts.md.")));
    }
    match &place.out {
        None => print(&proposal),
        Some(out) => write(out, &place, &proposal, args),
    }
}

impl Place {
    fn new(args: &InitArgs) -> Result<Self, Stop> {
        let unopened =
            |path: &Path, e: std::io::Error| Stop::bad_input(format!("{} cannot be opened: {e}", path.display()));
        let data = args.data.canonicalize().map_err(|e| unopened(&args.data, e))?;
        let mut found = tables_below(&data).map_err(|e| unopened(&args.data, e))?;
        let mut warehouse = data.clone();
        if found.tables.is_empty() && is_table(&data).map_err(|e| unopened(&args.data, e))? {
            let name = data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            warehouse = data.parent().map_or_else(|| data.clone(), Path::to_path_buf);
            let all = tables_below(&warehouse).map_err(|e| unopened(&warehouse, e))?;
            let is_own = |own: &String| own.split('/').next() == Some(&name);
            found.tables = all.tables.into_iter().filter(|table| *table == name).collect();
            found.passed = all.passed.into_iter().filter(|(own, _)| is_own(own)).collect();
        }
        if let Some(table) = &args.table {
            if !found.tables.contains(table) {
                let there = if found.tables.is_empty() { "none".into() } else { found.tables.join(", ") };
                return Err(Stop::bad_input(format!("there is no table '{table}'; there are: {there}")));
            }
            found = Found { tables: vec![table.clone()], passed: Vec::new() };
        }
        let out = (args.out.as_os_str() != "-").then(|| std::path::absolute(&args.out)).transpose();
        let out = out.map_err(Stop::failed)?;
        let near = out.clone().map_or_else(|| std::path::absolute("."), Ok).map_err(Stop::failed)?;
        let (root, folder) = rooted(&warehouse, &near.canonicalize().unwrap_or(near))?;
        Ok(Self { warehouse, root, folder, out, found })
    }

    /// The flag that the verbs need if the manifests are not above the tables.
    fn flag(&self, out: &Path) -> String {
        let is_above = out.canonicalize().is_ok_and(|out| out == self.root);
        if is_above { String::new() } else { format!(" --files-root {}", self.root.display()) }
    }
}

/// The folder that Warehouse folders begin below, and the way from there: the folder of the manifests, if the tables are below it.
fn rooted(warehouse: &Path, manifests: &Path) -> Result<(PathBuf, String), Stop> {
    let parent = warehouse.parent().map_or_else(|| warehouse.to_path_buf(), Path::to_path_buf);
    let is_above = warehouse != manifests && warehouse.starts_with(manifests);
    let root = if is_above { manifests.to_path_buf() } else { parent };
    let way = warehouse.strip_prefix(&root).map(|way| way.display().to_string()).unwrap_or_default();
    let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_name = |name: &str| name.starts_with(is_first) && name.chars().all(|c| is_first(c) || c == '.');
    if way.is_empty() || !way.split('/').all(is_name) {
        return Err(Stop::bad_input(format!(
            "a Warehouse cannot name the folder '{way}': use letters, digits, '.', '_' and '-' in its name; rename it, or link to it"
        )));
    }
    Ok((root, way))
}

/// The zone that the user names, else that of this machine.
fn zone(named: Option<&str>) -> Result<(String, bool), Stop> {
    if let Some(zone) = named {
        TimeZone::get(zone).map_err(|_| {
            Stop::bad_input(format!("there is no time zone '{zone}'; use an IANA name, for example 'America/New_York'"))
        })?;
        return Ok((zone.into(), true));
    }
    let linked = fs::read_link("/etc/localtime").ok();
    let linked = linked.and_then(|path| Some(path.to_str()?.split_once("zoneinfo/")?.1.to_string()));
    let own = std::env::var("TZ").ok().filter(|zone| TimeZone::get(zone).is_ok()).or(linked);
    let own = own.filter(|zone| TimeZone::get(zone).is_ok() && !zone.starts_with("Etc/"));
    Ok((own.unwrap_or_else(|| "UTC".into()), false))
}

fn lines(passed: &[(String, String)]) -> String {
    passed.iter().map(|(name, why)| format!("  {name}: {why}\n")).collect()
}

fn print(proposal: &Proposal) -> Result<Exit, Stop> {
    let texts: Vec<&str> = proposal.files.iter().map(|(_, text)| text.as_str()).collect();
    anstream::print!("{}", texts.join("---\n"));
    anstream::eprint!("{}", remarks(proposal));
    Ok(Exit::Done)
}

/// What was left out, and what the data does not say.
fn remarks(proposal: &Proposal) -> String {
    let mut out = String::new();
    if !proposal.passed.is_empty() {
        out += &format!("\nNot proposed:\n{}", lines(&proposal.passed));
    }
    let notes: String = proposal.notes.iter().map(|note| format!("  {note}\n")).collect();
    out + &format!("\nWhat the data does not say, and what to look at:\n{notes}")
}

fn write(out: &Path, place: &Place, proposal: &Proposal, args: &InitArgs) -> Result<Exit, Stop> {
    let there: Vec<&str> =
        proposal.files.iter().map(|(name, _)| name.as_str()).filter(|name| out.join(name).exists()).collect();
    if !there.is_empty() && !args.force {
        let text = "use --force to overwrite them, -o DIR for another folder, or -o - to print";
        return Err(Stop::bad_input(format!("{} has these files: {}; {text}", out.display(), there.join(", "))));
    }
    let unwritten = |e: std::io::Error| Stop::bad_input(format!("{} cannot be written: {e}", out.display()));
    fs::create_dir_all(out).map_err(unwritten)?;
    for (name, text) in &proposal.files {
        fs::write(out.join(name), text).map_err(unwritten)?;
    }
    let names: Vec<&str> = proposal.files.iter().map(|(name, _)| name.as_str()).collect();
    anstream::println!("Wrote {} to {}.", names.join(", "), args.out.display());
    anstream::println!("{}", remarks(proposal));
    let checked = check::check(&CheckArgs { files: vec![args.out.clone()], connections_dir: None })?;
    if checked != Exit::Done {
        return Ok(checked);
    }
    let flag = place.flag(out);
    let dates = proposal.newest.map(|newest| (two_months(newest), newest.last_of_month()));
    anstream::println!();
    read::calendar(&calendar(args, &place.root, dates))?;
    anstream::print!("{}", next(&args.out, &flag, proposal));
    Ok(Exit::Done)
}

/// The first day of the month before.
fn two_months(newest: Date) -> Date {
    newest.first_of_month().yesterday().map_or(newest, Date::first_of_month)
}

fn calendar(args: &InitArgs, root: &Path, dates: Option<(Date, Date)>) -> CalendarArgs {
    let manifests = ManifestArgs {
        files: vec![args.out.clone()],
        state: None,
        files_root: Some(root.to_path_buf()),
        connections_dir: None,
    };
    CalendarArgs {
        read: ReadArgs { manifests, output: Output::Text, now: args.now },
        cluster: ClusterArgs::default(),
        all_namespaces: false,
        name: None,
        grid: false,
        all: false,
        from: dates.map(|(from, _)| from),
        through: dates.map(|(_, through)| through),
        watch: WatchArgs { watch: false },
    }
}

/// Commands to go on with.
fn next(out: &Path, flag: &str, proposal: &Proposal) -> String {
    let at = format!("-f {}{flag}", out.display());
    let name = proposal.files.get(1).map_or("NAME", |(name, _)| name.trim_end_matches(".yaml"));
    format!(
        "\nNext: read the files, correct what the data does not say, and look again:\n  gapless calendar {at}\n  gapless explain \
         {at} {name}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warehouse_is_named_from_the_manifests_if_they_are_above_it_else_from_its_parent() {
        let rooted = |warehouse: &str, manifests: &str| {
            let (root, way) = rooted(Path::new(warehouse), Path::new(manifests)).unwrap();
            (root.display().to_string(), way)
        };
        assert_eq!(rooted("/home/me/shop/data", "/home/me"), ("/home/me".into(), "shop/data".into()));
        assert_eq!(rooted("/home/me/data", "/home/me/data"), ("/home/me".into(), "data".into()));
        assert_eq!(rooted("/srv/lake", "/home/me"), ("/srv".into(), "lake".into()));
        assert!(super::rooted(Path::new("/srv/my data"), Path::new("/srv")).is_err());
    }
}
