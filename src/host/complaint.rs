//! Reports what prevents a port of this machine from working. The engine retries, and a person has to see why.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::files;

/// A problem that is printed once on standard error. It is printed again only if it changes, or if it ends and returns.
#[derive(Debug, Default)]
pub(crate) struct Complaint(Mutex<Option<String>>);

impl Complaint {
    /// Returns the result, and prints its error.
    pub fn hear<T>(&self, result: Result<T, String>) -> Result<T, String> {
        if let Some(trouble) = self.take_news(result.as_ref().err()) {
            anstream::eprintln!("gapless: {trouble}");
        }
        result
    }

    pub fn current(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reports an optional file that could not be written because something else is in its place, which only a person can
    /// move away. Other errors pass.
    pub fn hear_misplaced<T>(&self, path: &Path, kept: io::Result<T>, until_then: &str) -> Result<(), String> {
        match kept {
            Err(e) if files::is_misplaced(&e) => {
                self.hear(Err(format!("{} cannot be written: {e}; {until_then}", path.display())))
            }
            _ => self.hear(Ok(())),
        }
    }

    /// The problem, if it was not printed yet.
    fn take_news<'t>(&self, trouble: Option<&'t String>) -> Option<&'t String> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = said.as_ref() != trouble;
        *said = trouble.cloned();
        trouble.filter(|_| is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_said_once_until_it_ends_or_changes() {
        let complaint = Complaint::default();
        let (full, gone) = (Some("the disk is full".to_string()), Some("the disk is gone".to_string()));
        for (trouble, is_said) in
            [(&None, false), (&full, true), (&full, false), (&gone, true), (&None, false), (&gone, true)]
        {
            assert_eq!(complaint.take_news(trouble.as_ref()).is_some(), is_said, "{trouble:?}");
        }
    }
}
