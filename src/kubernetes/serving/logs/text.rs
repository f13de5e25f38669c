//! A line for people: time, level, object, reason, dates, then the sentence. What JSON holds for machines is here in reading
//! order.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        super::Now.format_time(&mut to)?;
        write!(to, " {:<5} ", event.metadata().level())?;
        // The target matters only for lines of other crates.
        let target = event.metadata().target();
        if !target.starts_with("gapless") {
            write!(to, "{target}: ")?;
        }
        write!(to, "{fields}")?;
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                write!(to, " {}{{{fields}}}", span.name())?;
            }
        }
        writeln!(to)
    }
}

/// The fields of an event of a coverage or a season, and what else there is.
#[derive(Default)]
struct Fields {
    namespace: String,
    kind: String,
    name: String,
    reason: String,
    dates: String,
    message: String,
    rest: String,
}

impl Fields {
    fn take(&mut self, field: &Field, text: String) {
        let known = match field.name() {
            "namespace" => &mut self.namespace,
            "kind" => &mut self.kind,
            "name" => &mut self.name,
            "reason" => &mut self.reason,
            "dates" => &mut self.dates,
            "message" => &mut self.message,
            other => {
                self.rest += &format!(" {other}={text}");
                return;
            }
        };
        *known = text;
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.take(field, format!("{value:?}"));
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { namespace, kind, name, reason, dates, message, rest } = self;
        let object = [namespace, kind, name].map(String::as_str).join("/");
        let about = [object.trim_matches('/'), reason, dates].into_iter().filter(|text| !text.is_empty());
        let about = about.collect::<Vec<_>>().join(" ");
        write!(f, "{about}{}{message}{rest}", if about.is_empty() { "" } else { ": " })
    }
}
