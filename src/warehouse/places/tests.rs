//! Places: limits of each namespace, deadlines, and the bytes of a day.

use super::*;
use crate::domain::probe::DateReading;
use crate::domain::span::Span;

const LIMITS: ReadLimits = ReadLimits {
    timeout: Span::seconds(30),
    concurrent: 4,
    bytes_per_query: 100,
    bytes_per_day: 100,
    latin1: false,
    bill_to: None,
    location: None,
};

fn table(folder: &std::path::Path) -> Table {
    Table { place: format!("files:{}", folder.display()).into(), name: "t".into() }
}

/// A clock that does not move.
fn clock() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn reader() -> Arc<str> {
    "a".into()
}

/// The limits of one reader of a table.
fn of(table: &Table, limits: ReadLimits) -> BTreeMap<Reader, ReadLimits> {
    BTreeMap::from([(Reader { namespace: reader(), place: table.place.clone() }, limits)])
}

/// Two namespaces read one folder, and the Warehouse of one allows almost nothing.
#[tokio::test]
async fn limits_of_one_namespace_bind_and_charge_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (table, tight) = (table(folder.path()), ReadLimits { concurrent: 1, bytes_per_day: 1, ..LIMITS });
    let reader = |namespace: &str| Reader { namespace: namespace.into(), place: table.place.clone() };
    let warehouses = Warehouses::new(BTreeMap::new(), Roots::default(), clock);
    warehouses.limit(&BTreeMap::from([(reader("a"), LIMITS), (reader("b"), tight)]));
    let place = |namespace: &str| warehouses.place(&namespace.into(), &table).unwrap();
    let now = clock();
    assert!(place("b").budget.take("t", 2, now).is_err());
    place("a").budget.take("t", 90, now).unwrap();
    place("b").budget.take("t", 1, now).unwrap();
    let _held = place("b").permits.try_acquire_owned().unwrap();
    assert_eq!((place("a").permits.available_permits(), place("b").permits.available_permits()), (4, 0));
    let spent = warehouses.kept().remove(&*table.place).unwrap().spent;
    assert_eq!(
        spent.into_iter().map(|(who, spent)| (who.to_string(), spent.days()[0].1)).collect::<Vec<_>>(),
        [("a".to_string(), 90), ("b".to_string(), 1)]
    );
    assert!(warehouses.place(&"c".into(), &table).is_err(), "a namespace without a Warehouse there reads nothing");
}

#[tokio::test(start_paused = true)]
async fn a_read_that_takes_longer_than_its_warehouse_allows_is_unknown_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let slow = async |_, _: Call| {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    };
    let warehouses = Warehouses::new(BTreeMap::new(), Roots::default(), clock);
    let limit = |limits| warehouses.limit(&of(&table, limits));
    limit(LIMITS);
    assert!(warehouses.read(&reader(), &table, slow).await.is_ok());
    limit(ReadLimits { timeout: Span::seconds(1), ..LIMITS });
    let why = warehouses.read(&reader(), &table, slow).await.unwrap_err();
    assert_eq!(why.reason, UnknownReason::ProbeFailed);
    assert!(why.text.contains("limits.queryTimeout"), "{}", why.text);
}

/// Two reads of a network file system that does not answer hold both permits. The third read still has its deadline.
#[tokio::test(start_paused = true)]
async fn a_read_that_waits_behind_reads_that_hang_has_a_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let warehouses = Warehouses::new(BTreeMap::new(), Roots::default(), clock);
    let limits = ReadLimits { timeout: Span::seconds(1), concurrent: 2, ..LIMITS };
    warehouses.limit(&of(&table, limits));
    let hung = async |_, call: Call| {
        // The call, and so its permit, outlives the caller.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            drop(call);
        });
        std::future::pending::<Result<(), Unknown>>().await
    };
    let own = reader();
    let (first, second) = tokio::join!(warehouses.read(&own, &table, hung), warehouses.read(&own, &table, hung));
    assert!(first.is_err() && second.is_err(), "their own deadline holds");
    let third = warehouses.read(&own, &table, async |_, _| Ok(())).await.unwrap_err();
    assert!(third.text.contains("limits.maxConcurrentQueries"), "{}", third.text);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(warehouses.read(&own, &table, async |_, _| Ok(())).await.is_ok(), "their permits are free again");
}

#[tokio::test]
async fn a_place_that_no_kind_of_warehouse_opens_is_unknown() {
    let table = Table { place: "paper:shelf".into(), name: "t".into() };
    let warehouses = Warehouses::new(BTreeMap::new(), Roots::default(), clock);
    warehouses.limit(&of(&table, LIMITS));
    let why = warehouses.mark(&reader(), &table, &DateColumn::new("d", DateReading::Plain)).await.unwrap_err();
    assert_eq!(why.text, "this version cannot read `paper:shelf`, where table `t` is");
}

#[test]
fn what_was_read_of_a_day_is_spent_in_the_next_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path());
    let now = "2025-11-14T10:00:00Z".parse().unwrap();
    let mut kept = BTreeMap::new();
    for left in [100, 40] {
        let warehouses = Warehouses::new(kept, Roots::default(), clock);
        warehouses.limit(&of(&table, LIMITS));
        let budget = warehouses.place(&reader(), &table).unwrap().budget;
        assert!(budget.take("t", left + 1, now).is_err(), "{left} bytes are left");
        budget.take("t", 60.min(left), now).unwrap();
        kept = warehouses.kept();
    }
}
