//! What has happened to the users, as timelines. One reader runs them all: see the texts in the folder incidents. Each says in
//! its first lines what happened.

mod reader;
mod words;

/// Every incident, by its file.
macro_rules! incidents {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                let text = include_str!(concat!("incidents/", stringify!($name), ".txt"));
                reader::run(stringify!($name), text);
            }
        )*

        /// The files of which this list knows.
        const ALL: &[&str] = &[$(stringify!($name)),*];
    };
}

incidents! {
    all_star_break,
    bad_url_for_a_reload,
    breaker_that_locks_players,
    crash_for_three_days,
    dates_without_games,
    dead_dates_are_not_retried,
    first_game_only,
    games_not_yet_played,
    landed_but_never_loaded,
    landing_expired,
    light_and_full_days,
    lines_in_two_windows,
    never_succeeded,
    off_season,
    old_gaps,
    parsed_to_zero_rows,
    partial_night,
    partial_zeros,
    postponed_game,
    premature_triggers,
    provider_returns_nothing,
    proxies_blocked,
    quota_until_midnight,
    refused_calls,
    wrong_dataset,
    wrong_program,
    zone_change,
}

#[test]
fn every_file_of_the_folder_is_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine/tests/incidents");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|own| own == "txt"));
    let mut names: Vec<String> = texts.map(|path| path.file_stem().unwrap().to_str().unwrap().to_string()).collect();
    names.sort();
    assert_eq!(names, ALL);
}
