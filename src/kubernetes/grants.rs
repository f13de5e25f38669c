//! Which folders a namespace may read. A namespaced installation reads what its own identity may read; a cluster-wide
//! one reads, for each namespace, only what its grants file gives: otherwise every author of a coverage could learn
//! facts of every table that the operator can read (design §2.1).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What may be read below a root.
#[derive(Clone, Debug)]
pub struct Grants {
    root: PathBuf,
    /// Nothing: whatever lies below the root.
    listed: Option<BTreeMap<String, Granted>>,
}

/// The grants file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    namespaces: BTreeMap<String, Granted>,
}

/// What one namespace is granted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    /// Folders below the root, each with all that lies below it.
    #[serde(default)]
    folders: Vec<String>,
}

impl Grants {
    /// Everything below a root.
    pub fn all(root: PathBuf) -> Self {
        Self { root, listed: None }
    }

    /// Nothing at all, until a grants file says otherwise.
    pub fn none(root: PathBuf) -> Self {
        Self { root, listed: Some(BTreeMap::new()) }
    }

    /// What a grants file gives.
    pub fn read(root: PathBuf, file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|e| format!("the grants file {} cannot be read: {e}", file.display()))?;
        Self::parse(root, &text).map_err(|why| format!("the grants file {} is not valid: {why}", file.display()))
    }

    fn parse(root: PathBuf, text: &str) -> Result<Self, String> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|e| e.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_string())?;
        Ok(Self { root, listed: Some(file.namespaces) })
    }

    /// The namespaces that are granted something; nothing: all.
    pub fn namespaces(&self) -> Option<Vec<&str>> {
        self.listed.as_ref().map(|listed| listed.keys().map(String::as_str).collect())
    }

    /// Where a folder of a namespace is, or why it may not be read.
    pub fn place(&self, namespace: &str, folder: &str) -> Result<String, String> {
        if let Some(listed) = &self.listed {
            let granted = listed.get(namespace).map(|g| g.folders.as_slice()).unwrap_or_default();
            let within = |granted: &String| Path::new(folder).starts_with(granted.trim_end_matches('/'));
            if !granted.iter().any(within) {
                return Err(format!(
                    "NotGranted: namespace '{namespace}' may not read folder '{folder}'; \
                     whoever runs gapless adds it to the grants file"
                ));
            }
        }
        Ok(self.root.join(folder).display().to_string())
    }

    /// Whether a Job of a namespace may claim a place: what it may not read it cannot keep others from filling.
    pub fn allows(&self, namespace: &str, place: &str) -> bool {
        let Some(below) = place.strip_prefix("files:").and_then(|p| Path::new(p).strip_prefix(&self.root).ok()) else {
            return self.listed.is_none();
        };
        self.place(namespace, &below.to_string_lossy()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "namespaces:\n  team-a: {folders: [nba, raw/odds]}\n  team-b: {}\n";

    #[test]
    fn a_namespace_reads_what_it_is_granted_and_nothing_else() {
        let grants = Grants::parse("/data".into(), FILE).unwrap();
        for (namespace, folder, allowed) in [
            ("team-a", "nba", true),
            ("team-a", "nba/2025", true),
            ("team-a", "nba-secret", false),
            ("team-a", "raw", false),
            ("team-a", "raw/odds", true),
            ("team-b", "nba", false),
            ("team-c", "nba", false),
        ] {
            assert_eq!(grants.place(namespace, folder).is_ok(), allowed, "{namespace} {folder}");
            assert_eq!(grants.allows(namespace, &format!("files:/data/{folder}")), allowed, "{namespace} {folder}");
        }
        assert!(!grants.allows("team-a", "files:/etc"));
        assert!(Grants::all("/data".into()).place("anybody", "nba").is_ok());
    }

    #[test]
    fn a_wrong_grants_file_is_refused_with_a_reason() {
        for text in ["namespaces: {a: {folder: [x]}}", "nothing: 1", "- a", "namespaces: [a]"] {
            let why = Grants::parse("/data".into(), text).unwrap_err();
            assert!(!why.is_empty() && !why.contains('\n'), "{why}");
        }
    }
}
