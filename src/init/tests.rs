use super::*;
use crate::warehouse::files::Files;

/// Proposes for these files, on 10 March 2026.
fn proposed(files: &[(&str, String)]) -> Proposal {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let found = crate::warehouse::files::find::tables_below(root.path()).unwrap();
    let sample = |name: &String| Table {
        name: name.clone(),
        sample: Files::new(root.path().into()).sample(name, jiff::Timestamp::MAX).unwrap(),
    };
    let tables: Vec<Table> = found.tables.iter().map(sample).collect();
    let today = jiff::civil::date(2026, 3, 10);
    propose(&tables, &Given { folder: "data".into(), zone: ("UTC".into(), false), today })
}

/// The text of a proposed file.
fn file(proposal: &Proposal, name: &str) -> String {
    proposal.files.iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("{:?}", proposal.files)).1.clone()
}

fn days(n: i8) -> impl Iterator<Item = Date> {
    jiff::civil::date(2026, 3, 1).series(jiff::ToSpan::days(1)).take(n.unsigned_abs().into())
}

/// A table of one file whose rows have a date in this form.
fn dated(header: &str, format: &str) -> Proposal {
    let rows: String = days(9).map(|day| format!("{},x\n", day.strftime(format))).collect();
    proposed(&[("t/a.csv", format!("{header},v\n{rows}"))])
}

#[test]
fn the_form_of_a_date_is_recognised() {
    for (format, fields) in [
        ("%Y-%m-%d", "  date: day\n  unit"),
        ("%Y%m%d", "  date: day\n  dateFormat: \"%Y%m%d\"\n"),
        ("%d.%m.%Y", "  date: day\n  dateFormat: \"%d.%m.%Y\"\n"),
        ("%d/%m/%Y", "  date: day\n  dateFormat: \"%d/%m/%Y\"\n"),
        ("%m/%d/%Y", "  date: day\n  dateFormat: \"%m/%d/%Y\"\n"),
        ("%Y-%m-%dT00:00:00Z", "  date: day\n  dateAs: Date\n"),
        ("%Y-%m-%d 07:30:00", "  date: day\n  dateAs: Date\n"),
        ("%Y-%m-%dT07:30:00Z", "  date: day\n  dateAs: Instant\n"),
    ] {
        let text = file(&dated("day", format), "t.yaml");
        assert!(text.contains(fields), "{format}: {text}");
    }
}

#[test]
fn the_date_of_a_row_is_not_the_time_at_which_it_was_written() {
    let rows: String = days(9).map(|day| format!("2026-03-09,{day}\n")).collect();
    let proposal = proposed(&[("t/a.csv", format!("loaded_date,day\n{rows}"))]);
    assert!(file(&proposal, "t.yaml").contains("  date: day\n"));
}

#[test]
fn a_table_without_dates_is_passed_over_with_the_reason() {
    for (name, text, why) in [
        ("t/2026-03-01.csv", "x\n1\n", "its files are named by date, but no column holds the date"),
        ("t/a.csv", "at,x\n1772323200,1\n", "`at` looks like seconds since 1970"),
        ("t/a.csv", "day,x\n", "it has no rows"),
        ("t/a.csv", "a,b\nx,y\n", "no column holds a date in a form that gapless knows; it has: a, b"),
        ("t/a.csv", "day\n2026-03-01\n2026-03-02\nn/a\n", "`day` holds dates, but `n/a` as well"),
    ] {
        let proposal = proposed(&[(name, text.into())]);
        assert!(proposal.files.is_empty());
        assert!(proposal.passed[0].1.starts_with(why), "{:?}", proposal.passed);
    }
}

#[test]
fn values_of_every_date_are_a_list_and_a_key_is_found_although_a_row_is_there_twice() {
    let rows = |day: Date| {
        ["BER", "HAM", "MUC"].map(|s| (0..24).map(|h| format!("{s},{day},{h}\n")).collect::<String>()).concat()
    };
    let text = days(9).map(rows).collect::<String>() + "BER,2026-03-04,7\n";
    let text = file(&proposed(&[("t/a.csv", format!("station,day,hour\n{text}"))]), "t.yaml");
    assert!(text.contains("# All of these are in 9 of 9 dates.\n"), "{text}");
    assert!(text.contains("- {column: station, values: [BER, HAM, MUC], minRows: 24}\n"), "{text}");
    assert!(text.contains("but for 1 row too many: see the calendar.\n    unique: [station, hour]\n"), "{text}");
    assert!(text.contains("# Seen: 72 rows per date, but for 2026-03-04 (73).\n"), "{text}");
    assert!(!text.contains("rows: {"), "the stations say as much: {text}");
}

#[test]
fn timestamps_beside_the_date_prove_its_zone() {
    // The evening of New York is the next day in UTC.
    let rows: String = days(9).map(|day| format!("{day},{}T02:00:00Z\n", day.tomorrow().unwrap())).collect();
    let season = file(&proposed(&[("t/a.csv", format!("day,at\n{rows}"))]), "season.yaml");
    assert!(season.contains("timeZone: America/New_York\n"), "{season}");
    assert!(season.contains("`at` falls on the date of its row in 9 of 9 rows"), "{season}");
}

#[test]
fn a_season_ends_where_its_tables_ended_long_ago() {
    let open = file(&dated("day", "%Y-%m-%d"), "season.yaml");
    assert!(open.contains("dates: {from: \"2026-03-01\"}\n"), "{open}");
    let closed = file(&dated("day", "2025-%m-%d"), "season.yaml");
    assert!(closed.contains("dates: {from: \"2025-03-01\", through: \"2025-03-09\"}\n"), "{closed}");
}

/// A schedule of three games a date, and a table with rows made from each game.
fn league(header: &str, row: impl Fn(Date, &str, &str) -> String) -> String {
    let teams = ["ALB", "BER", "HAM", "OLD", "ULM", "VEC"];
    let pairs = |n: usize| (0..3).map(move |g| (teams[(n + 2 * g) % 6], teams[(n + 2 * g + 1) % 6]));
    let all = || days(9).enumerate().flat_map(|(n, day)| pairs(n).map(move |(away, home)| (day, away, home)));
    let games: String = all().map(|(day, away, home)| format!("{day},{away},{home},{day}T18:00:00Z\n")).collect();
    let rows: String = all().map(|(day, away, home)| row(day, away, home)).collect();
    let proposal = proposed(&[
        ("schedule/a.csv", format!("day,away,home,tipoff\n{games}")),
        ("box/a.csv", format!("day,{header}\n{rows}")),
    ]);
    let season = file(&proposal, "season.yaml");
    assert!(
        season.contains("    table: schedule\n    date: day\n    unit: [away, home]\n    startsAt: tipoff\n"),
        "{season}"
    );
    file(&proposal, "box.yaml")
}

#[test]
fn a_table_names_the_games_of_a_schedule_in_each_way_that_a_coverage_knows() {
    let columns = league("a,h,p", |day, a, h| format!("{day},{a},{h},x\n{day},{a},{h},y\n"));
    assert!(columns.contains("unit: {columns: [a, h]}\n"), "{columns}");
    let split = league("game,p", |day, a, h| format!("{day},X_{a}_{h},x\n{day},X_{a}_{h},y\n"));
    assert!(split.contains("unit: {split: {column: game, separator: \"_\", parts: [2, 3]}}\n"), "{split}");
    assert!(split.contains("unique: [game, p]\n"), "{split}");
    let each = league("team,v", |day, a, h| format!("{day},{a},1.5\n{day},{h},2.5\n"));
    assert!(each.contains("unit: {eachOf: team}\n") && each.contains("rows: {min: 1, max: 1}\n"), "{each}");
    let both = league("team,opp,p", |day, a, h| {
        ["x", "y"].map(|p| format!("{day},{a},{h},{p}\n{day},{h},{a},{p}\n")).concat()
    });
    assert!(both.contains("unit: {columns: [team, opp], anyOrder: true}\n"), "{both}");
    assert!(both.contains("distinct:\n        - {column: team, min: 2}\n    unique"), "{both}");
}

#[test]
fn dates_without_a_pattern_need_a_schedule() {
    let rows: String = ["2026-01-01", "2026-02-01", "2026-03-01"].map(|day| format!("{day},1\n")).concat();
    let proposal = proposed(&[("t/a.csv", format!("day,v\n{rows}"))]);
    assert!(proposal.passed[0].1.starts_with("it has rows on day 1 of each month"), "{:?}", proposal.passed);
}
