//! Values of the domain that stand by themselves in files: names, tables, ends of Jobs.

use super::{Code, Reader, Writer, fields};
use crate::domain::ledger::End;
use crate::domain::policy::{Key, Table};

fields!(Key { namespace, kind, name });
fields!(Table { place, name });

/// By numbers that are never given to another end.
impl Code for End {
    fn write(&self, to: &mut Writer) {
        let number = match self {
            Self::Exit(_) => 0,
            Self::Succeeded => 1,
            Self::Deadline => 2,
            Self::Killed => 3,
            Self::Disrupted => 4,
            Self::Lost => 5,
            Self::NeverStarted => 6,
        };
        to.number(number);
        if let Self::Exit(code) = self {
            to.put(code);
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        match from.number()? {
            0 => Some(Self::Exit(from.get()?)),
            1 => Some(Self::Succeeded),
            2 => Some(Self::Deadline),
            3 => Some(Self::Killed),
            4 => Some(Self::Disrupted),
            5 => Some(Self::Lost),
            6 => Some(Self::NeverStarted),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_read_back() {
        for end in End::PLAIN.into_iter().chain([End::Exit(65)]) {
            let mut writer = Writer::default();
            writer.put(&end);
            assert_eq!(Reader::new(&writer.0).all(), Some(end));
        }
    }
}
