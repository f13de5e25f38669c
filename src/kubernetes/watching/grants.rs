//! What a namespace may read. A namespaced installation reads what its own identity may read; a cluster-wide
//! one reads, for each namespace, only what its grants file gives: otherwise every author of a coverage could learn
//! facts of every table that the operator can read (`docs/install.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::Access;
use crate::domain::policy::Table;
use crate::host::folder::below;

/// What the operator may do in a namespace that is granted something, and in no other: `manifests/cluster-wide/roles.yaml`.
const ROLE: &str = "gapless-granted";

/// What may be read.
#[derive(Clone, Debug)]
pub struct Grants {
    /// The parent of all folders.
    root: PathBuf,
    /// `None`: everything.
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
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Granted {
    /// Folders below the root, each with all that lies below it.
    folders: Vec<String>,
    /// Datasets of BigQuery.
    datasets: Vec<Dataset>,
    /// Projects that its queries may be billed to, beside the projects of its datasets.
    bill_to: Vec<String>,
    /// Databases of PostgreSQL.
    connections: Vec<Database>,
}

/// `project.dataset`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Dataset {
    project: String,
    dataset: String,
}

impl TryFrom<String> for Dataset {
    type Error = String;

    fn try_from(entry: String) -> Result<Self, String> {
        let (project, dataset) = pair(&entry, '.').ok_or_else(|| format!("'{entry}' must be 'project.dataset'"))?;
        Ok(Self { project: project.into(), dataset: dataset.into() })
    }
}

/// `connection/database`, as in the name of its place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Database(String);

impl TryFrom<String> for Database {
    type Error = String;

    fn try_from(entry: String) -> Result<Self, String> {
        pair(&entry, '/').ok_or_else(|| format!("'{entry}' must be 'connection/database'"))?;
        Ok(Self(entry))
    }
}

/// What is before and behind the last separator. Both must be there.
fn pair(entry: &str, separator: char) -> Option<(&str, &str)> {
    entry.rsplit_once(separator).filter(|(before, behind)| !before.is_empty() && !behind.is_empty())
}

impl Granted {
    fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.datasets.is_empty() && self.connections.is_empty()
    }

    fn projects(&self) -> impl Iterator<Item = &str> {
        self.datasets.iter().map(|granted| granted.project.as_str())
    }

    fn has_folder(&self, folder: &str) -> bool {
        let folder = below(Path::new(""), folder);
        self.folders.iter().any(|granted| folder.starts_with(below(Path::new(""), granted)))
    }

    fn has_database(&self, place: &str) -> bool {
        self.connections.iter().any(|granted| granted.0 == place)
    }

    fn has_dataset(&self, project: &str, dataset: &str) -> bool {
        self.datasets.iter().any(|granted| granted.project == project && granted.dataset == dataset)
    }
}

/// Why it is not known what may be read.
#[derive(Debug)]
pub enum GrantsError {
    /// The root cannot be opened.
    Root(PathBuf, std::io::Error),
    /// The folder of connections cannot be opened.
    Connections(PathBuf, std::io::Error),
    /// The grants file cannot be read.
    File(PathBuf, std::io::Error),
    /// The grants file is not valid.
    Invalid(PathBuf, Box<serde_saphyr::Error>),
}

impl Display for GrantsError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(root, error) => write!(f, "--files-root {} cannot be opened: {error}", root.display()),
            Self::Connections(folder, error) => {
                write!(f, "--connections-dir {} cannot be opened: {error}", folder.display())
            }
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
    /// Everything, with folders below a root.
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

    /// For each namespace that is granted something: the RoleBinding by which the operator, a service account of another
    /// namespace, may make Jobs there.
    pub fn bindings(&self, account: &str, home: &str) -> Vec<Value> {
        let listed = self.listed.iter().flatten().filter(|(_, granted)| !granted.is_empty());
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

    /// What the Warehouses of a namespace may read.
    pub fn of<'a>(&'a self, namespace: &'a str) -> Own<'a> {
        Own { grants: self, namespace }
    }

    /// Whether a namespace is granted something; everything is without a grants file.
    fn has(&self, namespace: &str, has: impl Fn(&Granted) -> bool) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.get(namespace).is_some_and(has))
    }

    /// The folders that no link may lead out of: the root, and every folder that is granted. A namespace that is granted both
    /// ends of a link has to name the other end itself.
    pub fn bounds(&self) -> Vec<PathBuf> {
        let granted = self.listed.iter().flat_map(BTreeMap::values).flat_map(|granted| &granted.folders);
        let bounds: BTreeSet<PathBuf> = granted.map(|folder| below(&self.root, folder)).collect();
        std::iter::once(self.root.clone()).chain(bounds).collect()
    }

    /// Whether a Job of a namespace may claim a table: it cannot keep others from filling what it may not read.
    pub fn allows(&self, namespace: &str, table: &Table) -> bool {
        let Some((scheme, place)) = table.place.split_once(':') else { return self.listed.is_none() };
        let dataset = table.name.split('.').next().unwrap_or_default();
        self.has(namespace, |granted| match scheme {
            "files" => self.holds(granted, Path::new(place)),
            "bigquery" => granted.has_dataset(place, dataset),
            "postgres" => granted.has_database(place),
            _ => false,
        })
    }

    /// A Job names the folder where it really is. The one that is granted can be a link.
    fn holds(&self, granted: &Granted, place: &Path) -> bool {
        granted.folders.iter().map(|folder| below(&self.root, folder)).any(|granted| {
            let real = || granted.canonicalize().is_ok_and(|granted| place.starts_with(granted));
            place.starts_with(&granted) || real()
        })
    }
}

/// What the Warehouses of one namespace may read.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    grants: &'a Grants,
    namespace: &'a str,
}

impl Own<'_> {
    fn needs(&self, what: &str, has: impl Fn(&Granted) -> bool) -> Result<(), String> {
        if self.grants.has(self.namespace, has) {
            return Ok(());
        }
        let namespace = self.namespace;
        Err(format!(
            "NotGranted: namespace '{namespace}' may not {what}; ask your gapless administrator to add it to the grants file"
        ))
    }
}

impl Access for Own<'_> {
    fn folder(&self, folder: &str) -> Result<String, String> {
        let shown = below(Path::new(""), folder);
        self.needs(&format!("read folder '{}'", shown.display()), |granted| granted.has_folder(folder))?;
        Ok(below(&self.grants.root, folder).display().to_string())
    }

    fn project(&self, project: &str) -> Result<(), String> {
        let what = format!("read any dataset of project '{project}'");
        self.needs(&what, |granted| granted.projects().any(|granted| granted == project))
    }

    fn dataset(&self, project: &str, dataset: &str) -> Result<(), String> {
        self.needs(&format!("read dataset '{project}.{dataset}'"), |granted| granted.has_dataset(project, dataset))
    }

    fn payer(&self, project: &str) -> Result<(), String> {
        let what = format!("bill its queries to project '{project}'");
        self.needs(&what, |granted| {
            granted.projects().chain(granted.bill_to.iter().map(String::as_str)).any(|granted| granted == project)
        })
    }

    fn connection(&self, connection: &str, database: &str) -> Result<(), String> {
        let place = format!("{connection}/{database}");
        self.needs(&format!("read database '{place}'"), |granted| granted.has_database(&place))
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
            assert_eq!(grants.of(namespace).folder(folder).is_ok(), allowed, "{namespace} {folder}");
            let table = table(&format!("files:/data/{folder}"), "t");
            assert_eq!(grants.allows(namespace, &table), allowed, "{namespace} {folder}");
        }
        let own = grants.of("team-a");
        assert!(own.folder("./nba/").is_ok());
        assert_eq!(own.folder("./nba//2025/"), own.folder("nba/2025"), "one place has one name");
        assert!(!grants.allows("team-a", &table("files:/etc", "t")));
        assert!(Grants::all("/data".into()).of("anyone").folder("nba").is_ok());
    }

    #[test]
    fn datasets_payers_and_databases_are_granted_one_by_one() {
        let text = "namespaces: {a: {datasets: [big-data.nba_raw, 'example.com:old.nba'], billTo: [ops-billing], connections: [main/sports]}}";
        let grants = Grants::parse("/data".into(), text).unwrap();
        let own = grants.of("a");
        assert!(own.project("big-data").is_ok() && own.dataset("big-data", "nba_raw").is_ok());
        assert!(own.project("example.com:old").is_ok() && own.dataset("example.com:old", "nba").is_ok());
        assert!(own.payer("ops-billing").is_ok() && own.payer("big-data").is_ok());
        assert!(own.connection("main", "sports").is_ok());
        let refused = [
            own.project("ops-billing"),
            own.dataset("big-data", "salaries"),
            own.payer("another"),
            own.connection("main", "hr"),
            own.connection("other", "sports"),
            grants.of("b").dataset("big-data", "nba_raw"),
        ];
        for why in refused.map(Result::unwrap_err) {
            assert!(why.starts_with("NotGranted: namespace '") && why.ends_with("to the grants file"), "{why}");
        }
        for (place, name, allowed) in [
            ("bigquery:big-data", "nba_raw.props", true),
            ("bigquery:big-data", "salaries.t", false),
            ("bigquery:other", "nba_raw.props", false),
            ("postgres:main/sports", "public.t", true),
            ("postgres:main/hr", "public.t", false),
            ("elsewhere", "t", false),
        ] {
            assert_eq!(grants.allows("a", &table(place, name)), allowed, "{place} {name}");
            assert!(Grants::all("/data".into()).allows("a", &table(place, name)));
        }
        assert_eq!(grants.bindings("gapless", "gapless-system").len(), 1);
    }

    fn table(place: &str, name: &str) -> Table {
        Table { place: place.into(), name: name.into() }
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
            let place = grants.of(namespace).folder(folder).unwrap();
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
        let named = |folder: &str| table(&format!("files:{}", root.join(folder).display()), "t");
        assert!(grants.allows("team-a", &named("raw/odds")), "its own folder under the name that a Job has it by");
        assert!(!grants.allows("team-a", &named("raw")));
    }

    #[test]
    fn jobs_may_be_made_where_something_is_granted_and_nowhere_else() {
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
        for text in [
            "namespaces: {a: {folder: [x]}}",
            "nothing: 1",
            "- a",
            "namespaces: [a]",
            "namespaces: {a: {datasets: [nba_raw]}}",
            "namespaces: {a: {connections: [main]}}",
        ] {
            let why = Grants::parse("/data".into(), text).unwrap_err();
            let why = GrantsError::Invalid("grants.yaml".into(), Box::new(why)).to_string();
            assert!(!why.is_empty() && !why.contains('\n'), "{why}");
        }
    }
}
