//! The commands that help, ready to paste into a shell.

use crate::domain::dates::DateSet;
use crate::domain::policy::Key;

/// How the reader calls gapless: the program, and the flags that say where the manifests or the cluster are.
#[derive(Clone, Debug)]
pub struct Commands {
    program: &'static str,
    place: Vec<String>,
}

impl Commands {
    /// Those of this machine, with these flags.
    pub fn of_files(flags: impl IntoIterator<Item = String>) -> Self {
        Self { program: "gapless", place: flags.into_iter().collect() }
    }

    /// Those of a cluster, with these flags.
    pub fn of_cluster(flags: impl IntoIterator<Item = String>) -> Self {
        Self { program: "kubectl gapless", place: flags.into_iter().collect() }
    }

    /// Whether they are about this machine, where nothing runs by itself.
    pub fn is_local(&self) -> bool {
        self.program == "gapless"
    }

    /// A verb with its arguments.
    pub fn verb(&self, verb: &str, rest: &str) -> String {
        let place = self.place.iter().map(|flag| quoted(flag)).collect::<Vec<_>>().join(" ");
        let parts = [self.program, verb, &place, rest];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A verb about dates of a coverage.
    pub fn dates(&self, verb: &str, coverage: &Key, dates: &DateSet) -> String {
        let dates: Vec<String> = dates.ranges().iter().map(ToString::to_string).collect();
        self.verb(verb, &format!("{} {}", short(coverage), dates.join(" ")))
    }
}

/// `tc/boxscores`: what a person types.
pub(super) fn short(coverage: &Key) -> String {
    let kind = match &*coverage.kind {
        "TableCoverage" => "tc",
        "PropCoverage" => "prop",
        other => other,
    };
    format!("{kind}/{}", coverage.name)
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:@%+,~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixtures::view;

    #[test]
    fn a_command_can_be_pasted_whatever_its_folder_is_called() {
        let here = |folder: &str| Commands::of_files(["-f".to_string(), folder.to_string()]);
        let dates = [1, 2, 14].map(|day| jiff::civil::date(2025, 11, day)).into_iter().collect();
        assert_eq!(
            here("my data").dates("retry", &view(&[]).key, &dates),
            "gapless retry -f 'my data' tc/boxscores 2025-11-01..2025-11-02 2025-11-14"
        );
        assert_eq!(here("it's").verb("plan", ""), r"gapless plan -f 'it'\''s'");
        assert_eq!(Commands::of_cluster([]).verb("status", ""), "kubectl gapless status");
    }
}
