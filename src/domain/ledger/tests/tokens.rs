//! Tokens of a rerun are spent once.

use super::*;

#[test]
fn a_rerun_token_is_spent_by_the_record_and_clears_the_date() {
    let ledger = attempt(&Ledger::default(), &[DATE], End::Succeeded);
    let tokens = BTreeMap::from([(day(DATE), "again".into())]);
    let dates = [day(DATE)].into_iter().collect();
    let next = ledger.record(
        &Admitted {
            rung: "reload".into(),
            target: target(),
            aliases: vec![],
            dates,
            number: 1,
            tokens,
            trial: false,
            draw: None,
            window: None,
        },
        BTreeMap::new(),
        at(NOW),
    );
    assert!(tally(&next).is_none());
    assert_eq!(next.tokens.get(&day(DATE)).map(|t| &**t), Some("again"));
}

fn spend(ledger: &Ledger, token: &str) -> Ledger {
    let (rung, target, dates) = ("reload".into(), target(), [day(DATE)].into_iter().collect());
    let tokens = [(day(DATE), token.into())].into();
    ledger.record(
        &Admitted { rung, target, aliases: vec![], dates, number: 1, tokens, trial: false, draw: None, window: None },
        BTreeMap::new(),
        at(NOW),
    )
}

#[test]
fn the_last_eight_tokens_of_a_date_are_spent_and_another_one_is_new() {
    let mut ledger = Ledger::default();
    // Names do not show age.
    let token = |n: u8| String::from(char::from(b'z' - n));
    for n in 0..12 {
        ledger = spend(&ledger, &token(n));
    }
    let spent = |n: u8| ledger.has_spent(day(DATE), &token(n).into());
    assert!((4..12).all(spent));
    assert!(!spent(3) && !spent(12));
    assert!(!ledger.has_spent(day("2025-11-15"), &token(11).into()), "of another date");
}

#[test]
fn a_token_of_a_launch_that_ran_nothing_is_not_spent() {
    let mut ledger = spend(&Ledger::default(), "again");
    ledger.refused(1);
    assert!(!ledger.has_spent(day(DATE), &"again".into()));
}

#[test]
fn a_token_clears_its_own_date_alone() {
    let charged = attempt(&Ledger::default(), &[DATE, "2025-11-15"], End::Exit(1));
    assert_eq!(spend(&charged, "again").tallies.keys().map(|(_, d)| *d).collect::<Vec<_>>(), [day("2025-11-15")]);
}
