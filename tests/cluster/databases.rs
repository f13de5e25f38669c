//! A season in PostgreSQL, filled by pods, beside the same season in folders. The server runs outside the cluster. Pods reach it
//! by a socket in the folder that they share.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::harness::{Cluster, Namespace, eventually, filler, outside};

#[path = "../postgres/mod.rs"]
mod server;

const DATES: [&str; 4] = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];

#[tokio::test]
async fn a_season_in_postgresql_is_filled_by_pods_like_one_in_folders() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("postgres");
    let server = outside(server::shared);
    folders(&namespace);
    tables(server);
    connection(&namespace, server);
    load_psql(cluster, server);
    let env = [
        ("GAPLESS_CONNECTIONS_DIR", "/warehouse/connections"),
        ("GAPLESS_SLOW_START", "0s"),
        ("GAPLESS_CADENCE_HOT", "5s"),
        ("GAPLESS_CADENCE_WARM", "5s"),
        ("GAPLESS_CADENCE_COLD", "5s"),
    ];
    let deployed = cluster.deploy(&namespace, 1, &env);
    cluster.apply(&manifests(&namespace.name));
    let summary = |name: &str| -> Value {
        let object = deployed.kubectl(&["get", "tablecoverage", name, "-o", "json"]);
        serde_json::from_str::<Value>(&object).unwrap()["status"].clone()
    };
    // What the server has committed may show a minute later.
    let filled = async || {
        let done = |name| summary(name)["summary"]["open"] == 0 && summary(name)["summary"]["complete"] == 3;
        (done("folders") && done("tables")).then_some(())
    };
    eventually(cluster, "both seasons to be complete", Duration::from_secs(400), filled).await;
    for field in ["/summary/expected", "/summary/complete", "/summary/open", "/summary/launches", "/states"] {
        let [folders, tables] = ["folders", "tables"].map(|name| summary(name).pointer(field).cloned());
        assert_eq!(tables, folders, "{field}");
    }
    let rows = outside(|| server.sql("cluster", "SELECT count(*) FROM t"));
    assert_eq!(rows.lines().next(), Some("6"), "each missing date was filled once");
}

/// Games on three of four dates, and rows on the first.
fn folders(namespace: &Namespace<'_>) {
    let write = |table: &str, text: &str| {
        let folder = namespace.folder().join("w").join(table);
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        fs::write(folder.join("first.csv"), text).unwrap();
    };
    let games: String = [0, 1, 3].map(|n| format!("{},a{n}\n{},b{n}\n", DATES[n], DATES[n])).concat();
    write("games", &format!("day,game\n{games}"));
    write("t", "day,game\n2026-01-01,a0\n2026-01-01,b0\n");
}

fn tables(server: &server::Server) {
    outside(|| {
        server.database("cluster");
        server.sql(
            "cluster",
            "CREATE TABLE games(day date, game text); CREATE TABLE t(day date, game text);
             INSERT INTO games SELECT '2026-01-01'::date + n, g || n FROM unnest('{0,1,3}'::int[]) n, unnest('{a,b}'::text[]) g;
             INSERT INTO t VALUES ('2026-01-01', 'a0'), ('2026-01-01', 'b0')",
        );
    });
}

/// The folder of the connection, and a socket that leads to the server.
fn connection(namespace: &Namespace<'_>, server: &server::Server) {
    let folder = namespace.folder().join("connections/tests");
    fs::create_dir_all(&folder).unwrap();
    let files = [("host", "/warehouse/db"), ("port", "5432"), ("user", server::READER), ("password", server::PASSWORD)];
    files.iter().for_each(|(name, content)| fs::write(folder.join(name), content).unwrap());
    let sockets = namespace.folder().join("db");
    fs::create_dir_all(&sockets).unwrap();
    let socket = sockets.join(".s.PGSQL.5432");
    let listener = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, Permissions::from_mode(0o777)).unwrap();
    let to = server.folder.join(format!(".s.PGSQL.{}", server.port));
    std::thread::spawn(move || listener.incoming().flatten().for_each(|from| relay(from, &to)));
}

/// Passes on what either side says, until both are silent.
fn relay(from: UnixStream, to: &Path) {
    let Ok(to) = UnixStream::connect(to) else { return };
    for (mut read, mut write) in [(from.try_clone(), to.try_clone()), (Ok(to), Ok(from))]
        .into_iter()
        .filter_map(|(read, write)| Some((read.ok()?, write.ok()?)))
    {
        std::thread::spawn(move || {
            _ = io::copy(&mut read, &mut write);
            _ = write.shutdown(std::net::Shutdown::Write);
        });
    }
}

fn load_psql(cluster: &Cluster, server: &server::Server) {
    cluster.load_shell();
    let (shell, psql) = (PathBuf::from("/bin/sh"), server.program("psql"));
    cluster.load_image("local/psql:test", &[(&shell, "/bin/sh"), (&psql, "/bin/psql")], &["/bin/sh", "-c"]);
}

fn manifests(namespace: &str) -> String {
    let insert = "echo \"INSERT INTO t SELECT day, game FROM games WHERE day = '$GAPLESS_DATE'\" | psql -X -h /warehouse/db \
                  -p 5432 -U postgres -v ON_ERROR_STOP=1 cluster";
    let write = "n=$(( ${GAPLESS_DATE##*-0} - 1 )); cd /warehouse/w/t; \
                 printf \"day,game\\n$GAPLESS_DATE,a$n\\n$GAPLESS_DATE,b$n\\n\" > .$n; mv .$n $n.csv";
    let table = filler(namespace, "insert", insert).replace("local/shell:test", "local/psql:test");
    let folder = filler(namespace, "write", write);
    let kinds = [
        ("folders", "files: {folder: w}", "write"),
        ("tables", "postgres: {connection: tests, database: cluster}", "insert"),
    ];
    let of_kind = |(name, engine, filler): (&str, &str, &str)| {
        format!(
            "
---
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{{engine}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  warehouse: {name}
  timeZone: UTC
  dates: {{from: '2026-01-01', through: '2026-01-04'}}
  schedule: {{table: games, date: day, unit: [game]}}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  season: {name}
  table: t
  date: day
  unit: {{columns: [game]}}
  fill:
    mode: Fill
    ladder: [{{name: load, jobFrom: {{cronJob: {filler}}}, attempts: {{max: 3, backoff: {{initial: 2s, max: 5s}}}}}}]
    deadline: 120s
    settle: 1s
"
        )
    };
    format!("{table}\n---\n{folder}\n{}", kinds.map(of_kind).concat())
}
