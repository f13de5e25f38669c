//! A column in a folder's name: `dt=2025-10-21`. If the part has the column too, both must agree.

use super::column::{Column, NULL};
use super::parts::Part;
use super::rows::Values;
use crate::domain::dates::Date;
use crate::domain::probe::{DateColumn, DateFormat};
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::instant::Moment;
use crate::warehouse::value::number::plain;

/// Characters that are shown of a value.
const MAX_SHOWN: usize = 40;

/// The value that a partition gives to all rows of a part.
pub(super) struct Constant {
    /// Empty for NULL.
    pub text: String,
    /// Only the folders have it, because several of them give it together.
    pub is_only: bool,
    /// Its date, if it is the date column.
    dated: Option<Option<Date>>,
}

impl Constant {
    /// The value that the folders of a part give a column. `None` if they do not.
    pub fn new(part: &Part, column: &str, date: &DateColumn) -> Option<Self> {
        if column != date.column {
            let text = part.partition_value(column)?.into_owned();
            return Some(Self { text, is_only: false, dated: None });
        }
        let is_only = matches!(date.format, Some(DateFormat::Folders(..)));
        let text = part.partition_text(date)?.into_owned();
        Some(Self { text, is_only, dated: Some(part.partition_date(date)) })
    }

    /// Every value of the part's own column must equal the folder's.
    pub fn check(&self, column: &Column, values: &Values, date: &DateColumn) -> Result<(), String> {
        let Values::Ids(ids) = values else { return Ok(()) };
        let mut same = None;
        for id in ids {
            if Some(*id) != same {
                self.check_value(column, *id, date)?;
                same = Some(*id);
            }
        }
        Ok(())
    }

    fn check_value(&self, column: &Column, id: u32, date: &DateColumn) -> Result<(), String> {
        let datum = column.value(id).filter(|_| id != NULL);
        let is_same = match (self.dated, datum) {
            // A folder that names no single date does not restrict the dates in it.
            (Some(None), _) => true,
            (Some(Some(day)), Some(datum)) => {
                datum.date(date).map_err(|why| format!("has a column `{}` that {why}", column.name))? == day
            }
            (None, Some(datum)) => self.is_text_of(datum),
            (_, None) => self.text.is_empty(),
        };
        if is_same {
            return Ok(());
        }
        let own = datum.map_or_else(|| "NULL".into(), Datum::text);
        let own = own.chars().take(MAX_SHOWN).collect::<String>();
        Err(format!(
            "lies in a folder of {} {}, and its own column `{}` holds {own}; move it to its own folder, or write it without the \
             column",
            column.name, self.text, column.name
        ))
    }

    fn is_text_of(&self, datum: &Datum) -> bool {
        let own = datum.text();
        match datum {
            Datum::Instant(_) | Datum::Local(_) => Moment::parse(&self.text) == Moment::parse(&own),
            Datum::Bool(_) => self.text.eq_ignore_ascii_case(&own),
            Datum::Text(_) => *self.text == *own,
            // `month=01` means 1.
            _ => {
                let text = self.text.trim_start_matches('0');
                let text = if text.starts_with(|c: char| c.is_ascii_digit()) { text } else { &self.text };
                plain(text).as_deref().unwrap_or(text) == &*own
            }
        }
    }
}
