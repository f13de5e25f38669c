//! The flags of `gapless operator` in a build for one machine alone.

use clap::Args;

/// Flags that this build does not understand.
#[derive(Clone, Debug, Args)]
pub struct OperatorArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _flags: Vec<String>,
}
