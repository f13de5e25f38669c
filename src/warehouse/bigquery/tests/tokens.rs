//! Credentials of every kind, as they come from the environment. The environment of this process cannot be changed, so a second
//! process reads with each.

use std::path::Path;
use std::process::Command;

use super::*;

/// The part of the second process: what it is told, and what it prints.
const CHILD: &str = "warehouse::bigquery::tests::tokens::one_look_with_the_credentials_of_the_environment";

#[tokio::test]
#[ignore = "the other tests run it with an environment of its own"]
async fn one_look_with_the_credentials_of_the_environment() {
    let tables = open("p", &Roots::default());
    let short = || within(Budget::new(1 << 40, 1 << 40), Duration::from_secs(8));
    for _ in 0..3 {
        match tables.mark(short(), "d.props", &plain()).await {
            Ok(_) => println!("seen"),
            Err(why) => println!("{:?}: {}", why.reason, why.text),
        }
    }
}

/// What the second process says of three looks.
fn looks(place: &Place, environment: &[(&str, &str)]) -> String {
    let empty = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this)
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .env_clear()
        .env("HOME", empty.path())
        .env("GAPLESS_BIGQUERY_ENDPOINT", place.world.endpoint())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(!text.contains("canary"), "a secret is shown: {text}");
    text
}

fn with_file(place: &Place, file: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    std::fs::write(&path, file.to_string()).unwrap();
    looks(place, &[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())])
}

fn seen_thrice(looks: &str) -> bool {
    looks.lines().filter(|line| line.ends_with("seen")).count() == 3
}

fn place() -> Place {
    let place = Place::new();
    place.daily(json!({}));
    place.world.called();
    place
}

fn login(place: &Place) -> Value {
    place.world.tell("refresh", json!({"refreshToken": "canary-refresh", "principal": "me@example.com"}));
    json!({"type": "authorized_user", "client_id": "id", "client_secret": "canary-secret", "refresh_token": "canary-refresh",
           "token_uri": format!("{}/token", place.world.address())})
}

/// A service account whose key was just made.
fn account(place: &Place) -> Value {
    let openssl = |arguments: &[&str], file: &Path| {
        let output = Command::new("openssl").args(arguments).arg(file).output().expect("openssl is installed");
        String::from_utf8(output.stdout).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"], &key);
    let public = openssl(&["pkey", "-pubout", "-in"], &key);
    let email = "reader@p.iam.gserviceaccount.com";
    place.world.tell("account", json!({"email": email, "publicKey": public}));
    json!({"type": "service_account", "project_id": "p", "private_key_id": "1", "client_email": email, "client_id": "1",
           "private_key": std::fs::read_to_string(key).unwrap(), "token_uri": format!("{}/token", place.world.address())})
}

#[test]
fn a_service_account_reads() {
    let place = place();
    let looks = with_file(&place, &account(&place));
    assert!(seen_thrice(&looks), "{looks}");
}

#[test]
fn a_login_of_a_user_reads_and_its_token_is_kept() {
    let place = place();
    let looks = with_file(&place, &login(&place));
    assert!(seen_thrice(&looks), "{looks}");
    assert_eq!(place.world.called().iter().filter(|call| *call == "token").count(), 1);
}

#[test]
fn a_machine_of_google_reads() {
    let place = place();
    place.world.tell("machine", json!({"email": "machine@p.iam.gserviceaccount.com"}));
    let port = place.world.tell("port", json!({}))["port"].as_u64().unwrap();
    let looks = looks(&place, &[("GCE_METADATA_HOST", &format!("127.0.0.1:{port}"))]);
    assert!(seen_thrice(&looks), "{looks}");
}

#[test]
fn an_account_of_another_cloud_reads() {
    let place = place();
    let folder = tempfile::tempdir().unwrap();
    let subject = folder.path().join("token");
    std::fs::write(&subject, "canary-subject").unwrap();
    let federation = json!({"audience": "a", "subjectToken": "canary-subject", "principal": "pod@example.com"});
    place.world.tell("federation", federation);
    let file = json!({"type": "external_account", "audience": "a", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                      "token_url": format!("{}/sts/v1/token", place.world.address()), "credential_source": {"file": subject}});
    let looks = with_file(&place, &file);
    assert!(seen_thrice(&looks), "{looks}");
}

#[test]
fn an_account_that_stands_in_for_another_reads() {
    let place = place();
    let target = "target@p.iam.gserviceaccount.com";
    place.world.tell("impersonation", json!({"caller": "me@example.com", "target": target}));
    let url = format!("{}/iam/v1/projects/-/serviceAccounts/{target}:generateAccessToken", place.world.address());
    let file = json!({"type": "impersonated_service_account", "service_account_impersonation_url": url, "source_credentials": login(&place)});
    let looks = with_file(&place, &file);
    assert!(seen_thrice(&looks), "{looks}");
}

#[test]
fn credentials_that_are_absent_or_refused_are_unauthorized() {
    let place = place();
    let absent = looks(&place, &[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/canary-file")]);
    assert!(absent.contains("Unauthorized: table `d.props`: gapless has no credentials"), "{absent}");
    let file = login(&place);
    place.world.fault("token", "invalidGrant", json!({"count": -1}));
    let refused = with_file(&place, &file);
    assert!(refused.contains("Unauthorized: table `d.props`: gapless has no credentials"), "{refused}");
}

#[test]
fn a_service_of_tokens_that_fails_is_not_waited_for_longer_than_the_read() {
    for (fault, more) in [("backendError", json!({})), ("slow", json!({"delayMs": 20_000}))] {
        let place = place();
        let file = login(&place);
        place.world.fault("token", fault, merged(json!({"count": -1}), more));
        let looks = with_file(&place, &file);
        assert!(
            looks.contains("ProbeFailed: table `d.props`: Google's service for tokens does not answer"),
            "{fault}: {looks}"
        );
    }
}

#[test]
fn a_service_that_fails_for_a_moment_is_asked_again() {
    for fault in ["backendError", "html503", "lostAnswer", "cut", "htmlOk"] {
        let place = place();
        let file = login(&place);
        place.world.fault("token", fault, json!({}));
        let looks = with_file(&place, &file);
        assert!(seen_thrice(&looks), "{fault}: {looks}");
    }
}

#[test]
fn what_is_not_an_answer_of_the_service_does_not_blame_the_credentials() {
    for fault in ["cut", "htmlOk"] {
        let place = place();
        let file = login(&place);
        place.world.fault("token", fault, json!({"count": -1}));
        let looks = with_file(&place, &file);
        assert!(looks.contains("ProbeFailed: table `d.props`: what answers for Google's service"), "{fault}: {looks}");
    }
}

#[test]
fn a_clock_that_is_more_than_an_hour_off_is_named() {
    // A service account dates its tokens itself; they are good for an hour.
    for offset in [3700, -3600] {
        let place = place();
        let file = account(&place);
        place.world.tell("settings", json!({"tokenOffsetSeconds": offset}));
        let looks = with_file(&place, &file);
        assert!(looks.contains("Unauthorized") && looks.contains("clock of this machine"), "{offset}: {looks}");
    }
}
