//! stub
pub(super) fn run(_: &[String]) -> i32 {
    1
}
