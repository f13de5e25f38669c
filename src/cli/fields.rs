//! `fields`: describes a field of the resources.

use super::exit::{Exit, Stop};
use super::first_args::FieldsArgs;
use crate::view::fields;

pub(super) fn fields(args: &FieldsArgs) -> Result<Exit, Stop> {
    let text = fields::described(args.field.as_deref().unwrap_or_default()).map_err(Stop::bad_input)?;
    anstream::print!("{text}");
    Ok(Exit::Done)
}
