//! The one setter of conditions: keeps the transition time while the status keeps its value, stamps the generation,
//! bounds the message, sorts by type.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::reasons::{ConditionType, Reason};
use super::text::{MAX_SENTENCE, cut};
use crate::domain::dates::Timestamp;

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It is unknown whether it holds.
    Unknown,
}

impl Answer {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// All that an object's conditions say. [`conditions`] turns it into them, so that they cannot contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub ready: Answer,
    /// Whether work is in progress.
    pub course: Course,
    /// Why, as one word.
    pub reason: Reason,
    /// Why, as one sentence.
    pub message: String,
}

/// Whether something changes without a person. Reconciling and Stalled exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// No work is in progress.
    Idle,
    /// Something will change without a person.
    Reconciling,
    /// Nothing will change without a person.
    Stalled,
}

impl Standing {
    /// An invalid spec, for this reason.
    pub fn stalled(sentence: &str) -> Self {
        let reason = Reason::of_refusal(sentence);
        Self { ready: Answer::False, course: Course::Stalled, reason, message: sentence.into() }
    }

    /// An object that was not processed yet.
    pub fn unseen(message: &str) -> Self {
        Self { ready: Answer::Unknown, course: Course::Reconciling, reason: Reason::NotProbed, message: message.into() }
    }
}

/// The conditions of an object, from what they were.
pub fn conditions(old: &[Condition], standing: &Standing, generation: i64, now: Timestamp) -> Vec<Condition> {
    let Standing { ready, course, reason, message } = standing;
    let abnormal = |on: bool, rest: Reason, said: &str| {
        if on { (Answer::True, *reason, message.clone()) } else { (Answer::False, rest, said.to_string()) }
    };
    let all = [
        (ConditionType::Ready, (*ready, *reason, message.clone())),
        (ConditionType::Reconciling, abnormal(*course == Course::Reconciling, Reason::Idle, "no work in progress")),
        (ConditionType::Stalled, abnormal(*course == Course::Stalled, Reason::Accepted, "its spec is valid")),
    ];
    let mut conditions = Vec::with_capacity(all.len());
    for (kind, (answer, reason, message)) in all {
        let known = old.iter().find(|c| c.type_ == kind.word());
        let since = known.filter(|c| c.status == answer.word()).map_or(now, |c| c.last_transition_time.0);
        conditions.push(Condition {
            type_: kind.word().into(),
            status: answer.word().into(),
            reason: reason.word().into(),
            message: cut(&message, MAX_SENTENCE),
            observed_generation: Some(generation),
            last_transition_time: Time(whole_second(since)),
        });
    }
    conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
    conditions
}

/// Kubernetes writes whole seconds: what is kept must equal what is read back.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::lint;
    use super::*;

    fn standing() -> impl Strategy<Value = Standing> {
        use {Answer::*, Course::*};
        let valid = [
            (True, Idle),
            (Unknown, Idle),
            (Unknown, Reconciling),
            (False, Idle),
            (False, Reconciling),
            (False, Stalled),
        ];
        (select(valid.to_vec()), select(Reason::ALL.to_vec()), "\\PC{0,1200}")
            .prop_map(|((ready, course), reason, message)| Standing { ready, course, reason, message })
    }

    /// Conditions as stored in a status: any, duplicate, of unknown type, with any time.
    fn stored() -> impl Strategy<Value = Vec<Condition>> {
        let types = select(vec!["Ready", "Reconciling", "Stalled", "Ready", "Odd"]);
        let one = (types, select(vec!["True", "False", "Unknown", ""]), 0..2_000_000_000_000i64);
        let condition = one.prop_map(|(kind, status, at)| Condition {
            type_: kind.into(),
            status: status.into(),
            reason: "Odd".into(),
            message: String::new(),
            observed_generation: None,
            last_transition_time: Time(Timestamp::from_millisecond(at).unwrap_or_default()),
        });
        prop::collection::vec(condition, 0..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_stood_there_conditions_never_contradict_and_times_move_with_the_status_alone(
            old in stored(),
            standings in prop::collection::vec(standing(), 1..5),
        ) {
            let mut told = old;
            for (n, standing) in standings.iter().enumerate() {
                let now = Timestamp::from_second(2_000_000_000 + n as i64).unwrap_or_default();
                let new = conditions(&told, standing, 7, now);
                prop_assert_eq!(lint::conditions(&new, 7, 7), Vec::<String>::new());
                for condition in &new {
                    let before = told.iter().find(|c| c.type_ == condition.type_).filter(|c| c.status == condition.status);
                    let since = before.map_or(now, |c| whole_second(c.last_transition_time.0));
                    prop_assert_eq!(condition.last_transition_time.0, since);
                }
                prop_assert_eq!(conditions(&new, standing, 7, Timestamp::MAX), new.clone(), "said again, nothing moves");
                told = new;
            }
        }
    }
}
