//! An object of one of gapless's kinds as a watch holds it: its spec and status as texts. Parsed JSON of ten thousand
//! objects would take several times their size, and most of them are looked at once.

use std::borrow::Cow;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{ApiResource, DynamicResourceScope, Resource};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::metadata::metadata;
use super::packed::Packed;
use crate::api::kinds::{GameDate, PropCoverage, Season, Source, TableCoverage, Warehouse};

/// One of gapless's kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Warehouse,
    Season,
    /// An account at a provider.
    Source,
    /// One table over a range of dates.
    TableCoverage,
    /// Prop lines over a range of dates.
    PropCoverage,
    /// One date across all coverages of a season.
    GameDate,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Warehouse, Self::Season, Self::Source, Self::TableCoverage, Self::PropCoverage, Self::GameDate];
    /// The kinds whose status gapless reads back.
    pub const STORED: [Self; 3] = [Self::TableCoverage, Self::PropCoverage, Self::Source];
    /// The kinds that have a ledger.
    pub const COVERAGES: [Self; 2] = [Self::TableCoverage, Self::PropCoverage];

    /// What kube needs to know of it.
    pub fn resource(self) -> ApiResource {
        match self {
            Self::Warehouse => ApiResource::erase::<Warehouse>(&()),
            Self::Season => ApiResource::erase::<Season>(&()),
            Self::Source => ApiResource::erase::<Source>(&()),
            Self::TableCoverage => ApiResource::erase::<TableCoverage>(&()),
            Self::PropCoverage => ApiResource::erase::<PropCoverage>(&()),
            Self::GameDate => ApiResource::erase::<GameDate>(&()),
        }
    }

    /// Its name on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warehouse => "Warehouse",
            Self::Season => "Season",
            Self::Source => "Source",
            Self::TableCoverage => "TableCoverage",
            Self::PropCoverage => "PropCoverage",
            Self::GameDate => "GameDate",
        }
    }

    /// The kind of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// An object as it comes over the wire. Whatever its spec holds, it decodes: one bad object never stops a watch.
#[derive(Clone, Debug, Deserialize)]
pub struct Wire {
    /// Its metadata, without who owns which field.
    #[serde(deserialize_with = "metadata")]
    pub metadata: ObjectMeta,
    /// Its spec, as JSON text.
    #[serde(default, deserialize_with = "text")]
    pub spec: Box<str>,
    /// Its status, as JSON text.
    #[serde(default, deserialize_with = "text")]
    pub status: Box<str>,
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Box<str>, D::Error> {
    let mut text = Vec::new();
    serde_transcode::transcode(from, &mut serde_json::Serializer::new(&mut text)).map_err(D::Error::custom)?;
    Ok(String::from_utf8(text).map_err(D::Error::custom)?.into())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

impl Resource for Wire {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// What names an object of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

/// An object as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub name: Name,
    pub uid: Arc<str>,
    /// The resourceVersion.
    pub version: Arc<str>,
    pub generation: i64,
    /// It is being deleted: nothing more is started for it.
    pub deleting: bool,
    /// A GameDate without a request: there are thousands of them, and none has to reach the engine.
    pub wants_nothing: bool,
    /// Its status has conditions.
    pub has_conditions: bool,
    spec: Box<str>,
    status: Packed,
}

impl From<Wire> for Object {
    fn from(wire: Wire) -> Self {
        let ObjectMeta { namespace, name, uid, resource_version, generation, deletion_timestamp, .. } = wire.metadata;
        let text = |t: Option<String>| Arc::from(t.unwrap_or_default());
        Self {
            name: Name { namespace: text(namespace), name: text(name) },
            uid: text(uid),
            version: text(resource_version),
            generation: generation.unwrap_or(0),
            deleting: deletion_timestamp.is_some(),
            wants_nothing: wants_nothing(&value(&wire.spec)),
            has_conditions: wire.status.contains(r#""conditions":["#),
            spec: wire.spec,
            status: Packed::of(&wire.status),
        }
    }
}

fn wants_nothing(spec: &Value) -> bool {
    let Some(spec) = spec.as_object() else { return false };
    let names = |key: &str| matches!(key, "season" | "date");
    spec.len() >= 2
        && spec.iter().all(|(key, value)| match key.as_str() {
            "priority" => value == 0,
            "rerun" => value["token"].as_str().unwrap_or_default().is_empty(),
            "waived" => value.as_array().is_some_and(Vec::is_empty),
            other => names(other),
        })
}

impl Object {
    pub fn spec(&self) -> Value {
        value(&self.spec)
    }

    /// Its status; null when there is none yet.
    pub fn status(&self) -> Value {
        self.status.value()
    }

    /// Whether another object has the same status, in any order of fields.
    pub fn same_status(&self, other: &Self) -> bool {
        self.status == other.status || self.status() == other.status()
    }

    /// The object as a manifest would hold it, without its status.
    pub fn manifest(&self, kind: Kind) -> Value {
        let resource = kind.resource();
        json!({
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {
                "namespace": &*self.name.namespace,
                "name": &*self.name.name,
                "uid": &*self.uid,
                "generation": self.generation,
            },
            "spec": self.spec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_spec_holds_its_object_decodes() {
        for spec in ["null", "7", r#"{"a":[1,{"b":null}]}"#, r#""text""#] {
            let text = format!(r#"{{"metadata":{{"name":"a","namespace":"n","generation":3}},"spec":{spec}}}"#);
            let wire: Wire = serde_json::from_str(&text).unwrap();
            let object = Object::from(wire);
            assert_eq!((object.spec().to_string().as_str(), object.status()), (spec, Value::Null));
        }
    }

    #[test]
    fn a_game_date_without_a_request_is_distinguished_from_one_with() {
        for (spec, nothing) in [
            (r#"{"season":"s","date":"2025-11-14"}"#, true),
            (r#"{"season":"s","date":"d","priority":0,"rerun":{"token":"","coverages":[]},"waived":[]}"#, true),
            (r#"{"season":"s","date":"d","priority":1}"#, false),
            (r#"{"season":"s","date":"d","rerun":{"token":"again"}}"#, false),
            (r#"{"season":"s","date":"d","waived":[{}]}"#, false),
            (r#"{"season":"s","date":"d","table":"t"}"#, false),
            ("null", false),
        ] {
            assert_eq!(wants_nothing(&value(spec)), nothing, "{spec}");
        }
    }

    #[test]
    fn every_kind_is_known_by_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.word()), Some(kind));
            assert_eq!(kind.resource().kind, kind.word());
        }
    }
}
