//! The addresses of a cluster, which no other on this machine has. The API server listens on the address of its own Service,
//! on the loopback interface: pods reach it as they do in any cluster, with no proxy between and no host network, and
//! nobody outside this machine does.

use std::process::Command;

/// What one cluster may use.
pub struct Network {
    number: u16,
}

impl Network {
    /// Takes the addresses of a number, this one or the next that nobody has. The label on the Service's address tells the
    /// guard which it is to give back.
    pub fn take(folder: &str, first: u16) -> Self {
        let label = label(folder);
        let mut tried = (0..0x4000).map(|n| Self { number: first.wrapping_add(n) & 0x3fff });
        let ours = tried.by_ref().take(20).find(|network| {
            let address = format!("{}/32", network.service());
            let add = ["address", "add", &address, "dev", "lo", "scope", "host", "label", &label];
            Command::new("ip").args(add).output().is_ok_and(|output| output.status.success())
        });
        ours.expect("`ip address add … dev lo` works, as root with NET_ADMIN")
    }

    /// The API server's address: the first of the Services'. Of the range that is kept for benchmarks.
    pub fn service(&self) -> String {
        let (third, fourth) = (self.number >> 5, (self.number & 0x1f) << 3);
        format!("198.{}.{}.{}", 18 + (third >> 8), third & 0xff, fourth + 1)
    }

    /// Eight addresses.
    pub fn services(&self) -> String {
        let (address, last) = (self.service(), self.number & 0x1f);
        format!("{}.{}/29", address.rsplit_once('.').map_or("", |(net, _)| net), last << 3)
    }

    /// The pods' addresses, 254 of the range for carriers' own use.
    pub fn pods(&self) -> String {
        format!("100.{}.{}.0/24", 64 + (self.number >> 8), self.number & 0xff)
    }
}

/// Fifteen characters are what a label may have.
fn label(folder: &str) -> String {
    format!("lo:{}", folder.trim_start_matches("gapless-"))
}

#[test]
fn addresses_lie_in_their_ranges_and_no_two_numbers_share_one() {
    let of = |number: u16| {
        let network = Network { number };
        (network.service(), network.services(), network.pods())
    };
    let text = |s: &str, v: &str, p: &str| (s.to_string(), v.to_string(), p.to_string());
    assert_eq!(of(0), text("198.18.0.1", "198.18.0.0/29", "100.64.0.0/24"));
    assert_eq!(of(0x2001), text("198.19.0.9", "198.19.0.8/29", "100.96.1.0/24"));
    assert_eq!(of(0x3fff), text("198.19.255.249", "198.19.255.248/29", "100.127.255.0/24"));
}
