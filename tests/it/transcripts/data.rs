//! Three small data sets that a new user may have: weather stations as one CSV a day, events as Parquet in Hive folders, and a
//! season of games. Each has gaps.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, PrimitiveArray, RecordBatch, StringArray};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use parquet::arrow::ArrowWriter;

const FIRST: Date = date(2025, 10, 1);
const LAST: Date = date(2025, 11, 30);
const TEAMS: [&str; 8] = ["ALB", "BAY", "BER", "BON", "CHE", "HAM", "OLD", "ULM"];

pub fn write(folder: &Path) {
    weather(&folder.join("weather/data/observations"));
    events(&folder.join("web/data/events"));
    league(&folder.join("league/data"));
}

fn dates(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |date| *date <= last)
}

/// Five stations with a row per hour. One day has no file, and on another one a station is absent.
fn weather(table: &Path) {
    fs::create_dir_all(table).unwrap();
    for day in dates(FIRST, LAST).filter(|day| *day != date(2025, 11, 9)) {
        let mut text = String::from("station,day,hour,temperature\n");
        let is_silent = |station: &str| station == "MUC" && day == date(2025, 11, 20);
        for station in ["BER", "FRA", "HAM", "MUC", "STR"].into_iter().filter(|station| !is_silent(station)) {
            (0..24).for_each(|hour| text += &format!("{station},{day},{hour},{}.5\n", day.day() / 2 + hour / 3));
        }
        fs::write(table.join(format!("observations-{day}.csv")), text).unwrap();
    }
}

/// A file per hour. Two hours of one night are absent, and one afternoon.
fn events(table: &Path) {
    let mut n = 0;
    for day in dates(date(2025, 10, 24), LAST) {
        for hour in 0..24 {
            let is_absent = (day, hour) == (date(2025, 11, 15), 3) || (day == date(2025, 11, 22) && hour >= 12);
            if is_absent {
                continue;
            }
            let count = 20 + (i64::from(day.day()) * 7 + i64::from(hour) * 5) % 11;
            let start = day.at(hour, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
            let times = (0..count).map(|second| start + (second * 60).seconds());
            let times: Vec<i64> = times.map(Timestamp::as_microsecond).collect();
            let ids: Vec<String> = (n..n + count).map(|id| format!("e{id:06}")).collect();
            n += count;
            part(&table.join(format!("dt={day}/hour={hour:02}")), &ids, times);
        }
    }
}

fn part(folder: &Path, ids: &[String], times: Vec<i64>) {
    fs::create_dir_all(folder).unwrap();
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(ids));
    let times = PrimitiveArray::<TimestampMicrosecondType>::from(times).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([("event_id", ids), ("at", Arc::new(times) as ArrayRef)]).unwrap();
    let file = fs::File::create(folder.join("part-0.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Games from Friday to Sunday, one of them postponed; the players of each game that was played, but for one.
fn league(folder: &Path) {
    let mut games = String::from("game_id,game_date,away,home,tipoff,status,updated_at\n");
    let mut players = String::from("game_date,team,opponent,player,points\n");
    let weekend = |day: &Date| day.weekday().to_monday_zero_offset() > 3;
    for (n, day) in dates(date(2025, 10, 3), date(2026, 4, 26)).filter(weekend).enumerate() {
        for game in 0..1 + n % 3 {
            let (away, home) = (TEAMS[(n + game * 2) % 8], TEAMS[(n + game * 2 + 1) % 8]);
            let is_played = day <= LAST && (day, game) != (date(2025, 10, 25), 1);
            let state = if is_played {
                "Final"
            } else if day <= LAST {
                "Postponed"
            } else {
                "Scheduled"
            };
            games +=
                &format!("{},{day},{away},{home},{day} 19:30:00,{state},2025-12-15T06:00:00Z\n", 1000 + n * 10 + game);
            if !is_played || (day, game) == (date(2025, 11, 15), 0) {
                continue;
            }
            for (team, opponent, count) in [(away, home, 9 + n % 3), (home, away, 10 + n % 2)] {
                (0..count).for_each(|p| {
                    players += &format!("{day},{team},{opponent},{}-{p:02},{}\n", team.to_lowercase(), p * 2)
                });
            }
        }
    }
    for (table, text) in [("schedule", games), ("player_box", players)] {
        fs::create_dir_all(folder.join(table)).unwrap();
        fs::write(folder.join(table).join("2025-26.csv"), text).unwrap();
    }
}
