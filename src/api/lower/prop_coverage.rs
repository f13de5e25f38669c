//! PropCoverage → [`Coverage`]: games are units; players, bookmakers and snapshots are measures of them.

use super::dates::Dating;
use super::fields::{Fields, filters, value};
use super::fill::{Common, Demand, Frame, coverage, frame};
use super::known::Known;
use super::table_coverage::{Asked, tolerance};
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::domain::policy::{Check, Coverage, Criteria, Expects, FieldNames, Grain, Rule, ShareRule};
use crate::domain::probe::{Filter as Condition, InstantColumn, Of, Question, Test, UnitForm, Value};

pub(super) fn lower(
    document: &Document,
    spec: &PropCoverageSpec,
    known: &Known<'_>,
    fields: &mut Fields<'_>,
) -> Coverage {
    let frame = frame(document, &spec.season.0, known, fields);
    let demand = demand(spec, &frame, fields);
    coverage(document, &common(spec), frame, demand, known, fields)
}

fn demand(spec: &PropCoverageSpec, frame: &Frame, fields: &mut Fields<'_>) -> Demand {
    let (columns, expect) = (&spec.columns, &spec.expect);
    let (unit, grain) = fields.unit("spec.columns.game", &columns.game, frame.units);
    if !expect.markets.is_empty() && columns.market.is_none() {
        fields.problem("spec.expect.markets", "needs 'spec.columns.market'");
    }
    let mut asked = Asked::default();
    let snapshot = fields.instants(&columns.snapshot, "spec.columns.snapshotZone", columns.snapshot_zone.as_ref());
    measures(spec, &snapshot, &mut asked, fields);
    let question = Question {
        date: fields.date_column("spec.columns", &dating(columns), &frame.zone),
        filters: filters(&spec.filters).into_iter().chain(market_filter(spec)).collect(),
        unique: if expect.unique { unique(columns, &unit) } else { Vec::new() },
        unit,
        aliases: frame.aliases.clone(),
        before: expect.snapshots.before_start.then_some(snapshot),
        needed: vec![columns.line.0.clone()],
        measures: asked.measures,
        shares: expect
            .placeholder_lines
            .iter()
            .map(|p| vec![one_of(&columns.line.0, p.values.iter().map(value).collect())])
            .collect(),
    };
    Demand { question, criteria: criteria(spec, grain, asked.rules, fields) }
}

fn dating(columns: &PropColumns) -> Dating<'_> {
    Dating {
        column: &columns.date,
        date_as: columns.date_as,
        date_zone: columns.date_zone.as_ref(),
        date_format: columns.date_format.as_ref(),
        day_starts: None,
    }
}

fn criteria(spec: &PropCoverageSpec, grain: Grain, rules: Vec<Rule>, fields: &mut Fields<'_>) -> Criteria {
    let expect = &spec.expect;
    let share = |p: &PlaceholderLines| ShareRule {
        name: "placeholder lines".into(),
        max: fields.share("spec.expect.placeholderLines.max", &p.max),
    };
    let shares = expect.placeholder_lines.iter().map(share).collect();
    let games = expect.games.as_ref().map(|s| fields.share("spec.expect.games", s));
    Criteria {
        grain,
        expects: Expects::Scheduled,
        units: tolerance(games, expect.missing_games),
        rules,
        shares,
        needs_starts: expect.snapshots.before_start || expect.snapshots.last.is_some(),
        after_warm_up: spec.after_warm_up,
    }
}

fn common(spec: &PropCoverageSpec) -> Common<'_> {
    Common {
        kind: "PropCoverage",
        names: FieldNames {
            unit: "spec.columns.game",
            filters: "spec.where or spec.expect.markets",
            values: "spec.expect.requiredBookmakers or spec.expect.markets",
        },
        warehouse: spec.warehouse.as_ref().map(|w| w.0.as_str()),
        table: &spec.table.0,
        dates: &spec.dates,
        due: &spec.due,
        late: spec.late.as_ref(),
        fill: &spec.fill,
        waivers: &spec.waivers,
        suspend: spec.suspend,
    }
}

/// Players for each market and required bookmaker, bookmakers for each market, snapshots of the game.
fn measures(spec: &PropCoverageSpec, snapshot: &InstantColumn, asked: &mut Asked, fields: &mut Fields<'_>) {
    let (columns, expect) = (&spec.columns, &spec.expect);
    let markets: Vec<Option<&str>> = match (&columns.market, expect.markets.as_slice()) {
        (Some(_), markets) if !markets.is_empty() => markets.iter().map(|m| Some(m.0.as_str())).collect(),
        _ => vec![None],
    };
    let market_only = |market: Option<&str>| -> Vec<(String, Value)> {
        columns.market.iter().zip(market).map(|(c, m)| (c.0.clone(), Value::Text(m.into()))).collect()
    };
    for market in markets {
        let of_market = market.map(|m| format!(" in {m}")).unwrap_or_default();
        let players = Check::AtLeast(expect.players_per_game.into());
        for bookmaker in &expect.required_bookmakers {
            let mut only = market_only(market);
            only.push((columns.bookmaker.0.clone(), Value::Text(bookmaker.0.clone())));
            let what = format!("players with {}{of_market}", bookmaker.0);
            asked.add(Of::Distinct(columns.player.0.clone()), only, players, &what);
        }
        if expect.required_bookmakers.is_empty() && expect.players_per_game > 0 {
            asked.add(
                Of::Distinct(columns.player.0.clone()),
                market_only(market),
                players,
                &format!("players{of_market}"),
            );
        }
        if expect.bookmakers_per_game > 0 {
            let bookmakers = Check::AtLeast(expect.bookmakers_per_game.into());
            asked.add(
                Of::Distinct(columns.bookmaker.0.clone()),
                market_only(market),
                bookmakers,
                &format!("bookmakers{of_market}"),
            );
        }
    }
    asked.add(
        Of::Distinct(snapshot.column.clone()),
        Vec::new(),
        Check::AtLeast(expect.snapshots.min.into()),
        "snapshots before the start",
    );
    if let Some(last) = &expect.snapshots.last {
        let span = fields.positive("spec.expect.snapshots.last", last);
        asked.add(Of::Newest(snapshot.clone()), Vec::new(), Check::BeforeStart(span), "the newest snapshot");
    }
}

fn market_filter(spec: &PropCoverageSpec) -> Option<Condition> {
    let column = spec.columns.market.as_ref().filter(|_| !spec.expect.markets.is_empty())?;
    Some(one_of(&column.0, spec.expect.markets.iter().map(|m| Value::Text(m.0.clone())).collect()))
}

fn one_of(column: &str, values: Vec<Value>) -> Condition {
    Condition { column: column.into(), test: Test::In(values) }
}

/// Every declared column: alternate lines are more rows of a player and no duplicates.
fn unique(columns: &PropColumns, unit: &UnitForm) -> Vec<String> {
    let mut names: Vec<String> = match unit {
        UnitForm::Whole => Vec::new(),
        UnitForm::Columns { columns, .. } => columns.clone(),
        UnitForm::Split { column, .. } => vec![column.clone()],
    };
    let declared = [
        Some(&columns.player),
        Some(&columns.bookmaker),
        columns.market.as_ref(),
        columns.side.as_ref(),
        Some(&columns.line),
        Some(&columns.snapshot),
    ];
    names.extend(declared.into_iter().flatten().map(|c| c.0.clone()));
    names.dedup();
    names
}
