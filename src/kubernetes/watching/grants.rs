//! Which folders a namespace may read. A namespaced installation reads what its own identity may read; a cluster-wide
//! one reads, for each namespace, only what its grants file gives: otherwise every author of a coverage could learn
//! facts of every table that the operator can read (`docs/install.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::host::folder::below;

/// What the operator may do in a namespace that is granted a folder, and in no other: `manifests/cluster-wide/roles.yaml`.
const ROLE: &str = "gapless-granted";

/// What may be read below a root.
#[derive(Clone, Debug)]
pub struct Grants {
    root: PathBuf,
    /// `None`: everything below the root.
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

/// Why it is not known which folders may be read.
#[derive(Debug)]
pub enum GrantsError {
    /// The root cannot be opened.
    Root(PathBuf, std::io::Error),
    /// The grants file cannot be read.
    File(PathBuf, std::io::Error),
    /// The grants file is not valid.
    Invalid(PathBuf, Box<serde_saphyr::Error>),
}

impl Display for GrantsError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(root, error) => write!(f, "--files-root {} cannot be opened: {error}", root.display()),
            Self::File(file, error) => write!(f, "the grants file {} cannot be read: {error}", file.display()),
            Self::Invalid(file, error) => {
                // The lines below the first one show the text.
                let error = error.to_string();
                let first = error.lines().next().unwrap_or_default().trim_start_matches("error: ");
                write!(f, "the grants file {} is not valid: {first}", file.display())
            }
        }
    }
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
    pub fn read(root: PathBuf, file: &Path) -> Result<Self, GrantsError> {
        let text = std::fs::read_to_string(file).map_err(|e| GrantsError::File(file.into(), e))?;
        Self::parse(root, &text).map_err(|e| GrantsError::Invalid(file.into(), Box::new(e)))
    }

    fn parse(root: PathBuf, text: &str) -> Result<Self, serde_saphyr::Error> {
        let file: File = serde_saphyr::from_str(text)?;
        Ok(Self { root, listed: Some(file.namespaces) })
    }

    /// The namespaces that are granted something; `None`: all.
    pub fn namespaces(&self) -> Option<Vec<&str>> {
        self.listed.as_ref().map(|listed| listed.keys().map(String::as_str).collect())
    }

    /// For each namespace that is granted a folder: the RoleBinding by which the operator, a service account of another
    /// namespace, may make Jobs there.
    pub fn bindings(&self, account: &str, home: &str) -> Vec<Value> {
        let listed = self.listed.iter().flatten().filter(|(_, granted)| !granted.folders.is_empty());
        let binding = |(namespace, _): (&String, &Granted)| {
            json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": { "name": ROLE, "namespace": namespace },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE },
                "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": home }],
            })
        };
        listed.map(binding).collect()
    }

    /// Where a folder of a namespace is, or why it may not be read.
    pub fn place(&self, namespace: &str, folder: &str) -> Result<String, String> {
        if let Some(listed) = &self.listed {
            let granted = listed.get(namespace).map(|g| g.folders.as_slice()).unwrap_or_default();
            let folder = below(Path::new(""), folder);
            let within = |granted: &String| folder.starts_with(below(Path::new(""), granted));
            if !granted.iter().any(within) {
                return Err(format!(
                    "NotGranted: namespace '{namespace}' may not read folder '{}'; \
                     ask your gapless administrator to add it to the grants file",
                    folder.display()
                ));
            }
        }
        Ok(below(&self.root, folder).display().to_string())
    }

    /// The folders that no link may lead out of: the root, and every folder that is granted. A namespace that is granted both
    /// ends of a link has to name the other end itself.
    pub fn bounds(&self) -> Vec<PathBuf> {
        let granted = self.listed.iter().flat_map(BTreeMap::values).flat_map(|granted| &granted.folders);
        let bounds: BTreeSet<PathBuf> = granted.map(|folder| below(&self.root, folder)).collect();
        std::iter::once(self.root.clone()).chain(bounds).collect()
    }

    /// Whether a Job of a namespace may claim a place: it cannot keep others from filling what it may not read.
    pub fn allows(&self, namespace: &str, place: &str) -> bool {
        let Some(listed) = &self.listed else { return true };
        let (Some(place), Some(granted)) = (place.strip_prefix("files:"), listed.get(namespace)) else { return false };
        // A Job names the folder where it really is. The one that is granted can be a link.
        granted.folders.iter().map(|folder| below(&self.root, folder)).any(|granted| {
            let real = || granted.canonicalize().is_ok_and(|granted| Path::new(place).starts_with(granted));
            Path::new(place).starts_with(&granted) || real()
        })
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
        assert!(grants.place("team-a", "./nba/").is_ok());
        assert_eq!(
            grants.place("team-a", "./nba//2025/"),
            grants.place("team-a", "nba/2025"),
            "one place has one name"
        );
        assert!(!grants.allows("team-a", "files:/etc"));
        assert!(Grants::all("/data".into()).place("anybody", "nba").is_ok());
    }

    /// A filler can create any link within a folder that it may write.
    #[test]
    fn no_link_leads_out_of_a_folder_that_is_granted() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap();
        let make = |name: &str| std::fs::create_dir_all(root.join(name)).unwrap();
        ["nba/t", "raw/odds/t", "secret/salaries"].into_iter().for_each(make);
        std::os::unix::fs::symlink("../secret", root.join("nba/peek")).unwrap();
        std::os::unix::fs::symlink("raw", root.join("link")).unwrap();
        let text = "namespaces: {team-a: {folders: [nba, link/odds]}, all: {folders: [.]}, b: {folders: [nba/peek]}}";
        let grants = Grants::parse(root.clone(), text).unwrap();
        let look = |namespace, folder| {
            let place = grants.place(namespace, folder).unwrap();
            crate::warehouse::files::Files::new(place.into()).bounded(grants.bounds().into()).look()
        };
        for (namespace, folder, is_read) in [
            ("team-a", "nba", true),
            ("team-a", "link/odds", true),
            ("team-a", "nba/peek", false),
            ("all", "nba/peek", false),
            ("b", "nba/peek", false),
            ("all", "secret", true),
        ] {
            assert_eq!(look(namespace, folder).is_ok(), is_read, "{namespace} {folder}");
        }
        let place = format!("files:{}", root.join("raw/odds").display());
        assert!(grants.allows("team-a", &place), "its own folder under the name that a Job has it by");
        assert!(!grants.allows("team-a", &format!("files:{}", root.join("raw").display())));
    }

    #[test]
    fn jobs_may_be_made_where_a_folder_is_granted_and_nowhere_else() {
        let bindings = Grants::parse("/data".into(), FILE).unwrap().bindings("gapless", "gapless-system");
        let of = |binding: &Value| {
            let text = |pointer: &str| binding.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
            [text("/metadata/namespace"), text("/roleRef/name"), text("/subjects/0/namespace")]
        };
        assert_eq!(bindings.iter().map(of).collect::<Vec<_>>(), [["team-a", "gapless-granted", "gapless-system"]]);
        assert!(Grants::none("/data".into()).bindings("gapless", "gapless-system").is_empty());
    }

    #[test]
    fn a_wrong_grants_file_is_refused_with_a_reason() {
        for text in ["namespaces: {a: {folder: [x]}}", "nothing: 1", "- a", "namespaces: [a]"] {
            let why = Grants::parse("/data".into(), text).unwrap_err();
            let why = GrantsError::Invalid("grants.yaml".into(), Box::new(why)).to_string();
            assert!(!why.is_empty() && !why.contains('\n'), "{why}");
        }
    }
}
