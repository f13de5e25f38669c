//! Links the program so that it starts sooner and is smaller, where the C library can do that.

use std::process::Command;

/// The first glibc that understands packed relative relocations.
const UNDERSTANDS: (u32, u32) = (2, 36);

/// Sixty thousand pointers of the program are told by where they stand: packed, they take thirty kilobytes of the file and
/// of memory in place of one and a half megabytes. A program linked so asks for that glibc, so an older one, another C
/// library and another machine's are left alone.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let env = |name| std::env::var(name).unwrap_or_default();
    let here = env("HOST") == env("TARGET");
    if here && env("CARGO_CFG_TARGET_ENV") == "gnu" && glibc().is_some_and(|version| version >= UNDERSTANDS) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// This machine's, as `getconf` tells it: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let told = String::from_utf8(told).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
