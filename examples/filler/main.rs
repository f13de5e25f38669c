//! The model filler as a separate program: `cargo run --example filler -- PROVIDER WAREHOUSE TABLE`.

mod filler;
mod provider;

fn main() {
    std::process::exit(filler::run(&std::env::args().skip(1).collect::<Vec<_>>()));
}
