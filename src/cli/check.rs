//! `check` and `crds`: what the API server would say, without one.

use super::args::{CheckArgs, CrdsArgs};
use super::exit::{Exit, Stop};
use crate::api::{crds::crds as definitions, load};
use crate::domain::words::counted;
use crate::local::manifests::Manifests;
use crate::view::problems::problems;

pub(super) fn check(args: &CheckArgs) -> Result<Exit, Stop> {
    let files = Manifests::new(args.files.clone()).read().map_err(Stop::bad_input)?;
    let loaded = load(&files, &|folder| Ok(folder.to_string()));
    anstream::print!("{}", problems(&loaded.problems));
    if !loaded.problems.is_empty() {
        return Ok(Exit::BadInput);
    }
    let (objects, files) = (counted(loaded.documents.len() as u64, "objects"), counted(files.len() as u64, "files"));
    anstream::println!("{objects} in {files}, no problem");
    Ok(Exit::Done)
}

pub(super) fn crds(args: &CrdsArgs) -> Result<Exit, Stop> {
    for (name, yaml) in definitions() {
        match &args.out {
            Some(folder) => std::fs::write(folder.join(&name), yaml)
                .map_err(|e| Stop::bad_input(format!("{} cannot be written: {e}", folder.join(&name).display())))?,
            None => anstream::print!("---\n{yaml}"),
        }
    }
    Ok(Exit::Done)
}
