//! Requests for dates (retry, waive), written beside the manifests.

use super::gapless::{GOOD, Place, SEASON, filled};

/// Each process once added to what it had read before the others wrote, so only the last request remained.
#[test]
fn requests_at_the_same_time_all_take_effect() {
    let other = filled(GOOD, "datesPerJob: 1").split("---").next().unwrap().to_string();
    let others: Vec<String> = (0..5).map(|n| other.replace("name: t}", &format!("name: t{n}}}"))).collect();
    let coverage = filled(GOOD, "datesPerJob: 1");
    let manifests: Vec<&str> = [SEASON, &coverage].into_iter().chain(others.iter().map(String::as_str)).collect();
    let here = Place::new(&manifests);
    let waive = |n: usize| {
        let args = [&format!("tc/t{n}"), "2026-01-03", "--reason", "gone"];
        here.command("waive", &args).spawn().unwrap()
    };
    let retry = here.command("retry", &["tc/t", "2026-01-03", "--token", "again"]).spawn().unwrap();
    for mut child in (0..5).map(waive).chain([retry]).collect::<Vec<_>>() {
        assert!(child.wait().unwrap().success());
    }
    let text = here.text("gamedates/s-2026-01-03.yaml");
    assert!(text.matches("reason: gone").count() == 5 && text.contains("token: again"), "{text}");
}

#[test]
fn a_request_without_effect_is_refused_and_not_written() {
    let here = Place::new(&[SEASON, &filled("exit 65", "datesPerJob: 1")]);
    let (file, date) = ("gamedates/s-2026-01-03.yaml", "2026-01-03");
    for (verb, flag, value, why) in [
        ("retry", "--token", "", "--token must not be empty"),
        ("waive", "--expires", "2026-01-01", "--expires 2026-01-01 is in the past"),
    ] {
        let reason: &[&str] = if verb == "waive" { &["--reason", "gone"] } else { &[] };
        let done = here.run(verb, &[&["tc/t", date, flag, value], reason].concat(), &[]);
        assert!(done.code == Some(2) && done.err.contains(why), "{}", done.err);
    }
    assert!(!here.path(file).exists());
    for token in ["first", "second"] {
        assert_eq!(here.run("retry", &["tc/t", date, "--token", token], &[]).code, Some(0));
        here.run("local", &["--once", "--slow-start", "0s"], &[]);
    }
    let again = here.run("retry", &["tc/t", date, "--token", "first"], &[]);
    assert!(again.err.contains("token 'first' was used before, and runs nothing again"), "{}", again.err);
    assert_eq!((again.code, here.text(file).contains("second")), (Some(2), true));
}
