//! Where warehouses are, what their tables are called, and what a namespace may not read.

use crate::api::{Access, Loaded, load};

const MANIFESTS: &str = r#"
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: big}
spec: {bigquery: {project: "example.com:big-data", location: US, billTo: ops-billing}}
---
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: post}
spec: {postgres: {connection: main, database: sports}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {name: s}
spec:
  warehouse: big
  timeZone: UTC
  dates: {from: "2025-01-01", through: "2025-01-31"}
  schedule: {table: nba_raw.games, date: day, unit: [away, home]}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {name: short}
spec: {season: s, warehouse: post, table: props, date: day, unit: {columns: [a, b], anyOrder: true}}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {name: long}
spec: {season: s, warehouse: post, table: public.props, date: day, unit: {columns: [a, b], anyOrder: true}}
"#;

fn loaded(manifests: &str, access: &dyn Access) -> Loaded {
    load(&[("m.yaml".into(), manifests.into())], access)
}

fn all(folder: &str) -> Result<String, String> {
    Ok(folder.into())
}

#[test]
fn a_table_has_one_name_however_it_is_written() {
    let loaded = loaded(MANIFESTS, &all);
    assert_eq!(loaded.problems, []);
    let schedule = loaded.seasons[0].schedule.as_ref().map(|schedule| schedule.table.clone()).unwrap();
    assert_eq!((&*schedule.place, &*schedule.name), ("bigquery:example.com:big-data", "nba_raw.games"));
    let tables: Vec<_> = loaded.coverages.iter().map(|c| (&*c.table.place, &*c.table.name)).collect();
    assert_eq!(tables, [("postgres:main/sports", "public.props"); 2]);
    let fingerprints: Vec<_> = loaded.coverages.iter().map(|c| c.fingerprints.question).collect();
    assert_eq!(fingerprints[0], fingerprints[1], "another way to write it clears no charge");
}

#[test]
fn the_payer_and_the_location_are_limits_of_the_place() {
    let of = |manifests: &str| {
        let loaded = loaded(manifests, &all);
        let limits = loaded.limits.into_iter().find(|(reader, _)| reader.place.starts_with("bigquery:")).unwrap().1;
        (limits.bill_to, limits.location)
    };
    assert_eq!(of(MANIFESTS), (Some("ops-billing".into()), Some("US".into())));
    let own = MANIFESTS.replace("ops-billing", "\"example.com:big-data\"").replace("location: US, ", "");
    assert_eq!(of(&own), (None, None), "a project that pays for itself");
}

/// Nothing but the datasets of one project.
struct Datasets(&'static str, &'static str);

impl Access for Datasets {
    fn folder(&self, _: &str) -> Result<String, String> {
        Err("NotGranted: no folder".into())
    }

    fn dataset(&self, _: &str, dataset: &str) -> Result<(), String> {
        if dataset == self.0 { Ok(()) } else { Err("NotGranted: no dataset".into()) }
    }

    fn payer(&self, project: &str) -> Result<(), String> {
        if project == self.1 { Ok(()) } else { Err("NotGranted: no payer".into()) }
    }

    fn connection(&self, _: &str, _: &str) -> Result<(), String> {
        Err("NotGranted: no connection".into())
    }
}

#[test]
fn what_is_not_granted_is_a_problem_of_its_field() {
    let refused = |granted: &Datasets| -> Vec<String> {
        let loaded = loaded(MANIFESTS, granted);
        let refusals = loaded.problems.iter().filter(|problem| problem.message.starts_with("NotGranted"));
        refusals.map(|problem| format!("{} {}", problem.object, problem.field)).collect()
    };
    let post = "Warehouse/post spec.postgres.connection".to_string();
    assert_eq!(refused(&Datasets("nba_raw", "ops-billing")), std::slice::from_ref(&post));
    assert_eq!(refused(&Datasets("nba_raw", "x")), ["Warehouse/big spec.bigquery.billTo".into(), post.clone()]);
    assert_eq!(refused(&Datasets("other", "ops-billing")), [post, "Season/s spec.schedule.table".into()]);
}
