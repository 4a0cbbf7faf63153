//! Patterns over names, on lower-cased text.

use fancy_regex::Regex;
use serde::Deserialize;

use super::source::Fault;

/// A pattern as it comes in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClauseSource {
    /// The text begins so.
    StartsWith(String),
    /// The text ends so.
    EndsWith(String),
    /// The text has it somewhere.
    Contains(String),
    /// The text is it.
    Equals(String),
    /// The expression matches somewhere.
    Regex(String),
    /// One of them matches.
    Or(Vec<ClauseSource>),
    /// All of them match.
    And(Vec<ClauseSource>),
}

/// A pattern ready for use.
#[derive(Debug)]
pub enum Clause {
    /// The text begins so.
    StartsWith(Box<str>),
    /// The text ends so.
    EndsWith(Box<str>),
    /// The text has it somewhere.
    Contains(Box<str>),
    /// The text is it.
    Equals(Box<str>),
    /// The expression matches somewhere.
    Regex(Box<Regex>),
    /// One of them matches.
    Or(Box<[Clause]>),
    /// All of them match.
    And(Box<[Clause]>),
}

impl Clause {
    /// From the source.
    pub fn compile(source: &ClauseSource) -> Result<Clause, Fault> {
        let lower = |text: &String| text.to_lowercase().into_boxed_str();
        let all = |clauses: &[ClauseSource]| clauses.iter().map(Clause::compile).collect::<Result<Box<[_]>, _>>();
        Ok(match source {
            ClauseSource::StartsWith(text) => Clause::StartsWith(lower(text)),
            ClauseSource::EndsWith(text) => Clause::EndsWith(lower(text)),
            ClauseSource::Contains(text) => Clause::Contains(lower(text)),
            ClauseSource::Equals(text) => Clause::Equals(lower(text)),
            ClauseSource::Regex(text) => {
                let regex = Regex::new(text).map_err(|error| format!("the pattern {text:?} is unusable: {error}"))?;
                Clause::Regex(Box::new(regex))
            }
            ClauseSource::Or(clauses) => Clause::Or(all(clauses)?),
            ClauseSource::And(clauses) => Clause::And(all(clauses)?),
        })
    }

    /// Whether lower-cased text fits. An expression that runs past its bound of steps does not match.
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Clause::StartsWith(part) => text.starts_with(&**part),
            Clause::EndsWith(part) => text.ends_with(&**part),
            Clause::Contains(part) => text.contains(&**part),
            Clause::Equals(whole) => text == &**whole,
            Clause::Regex(regex) => regex.is_match(text).unwrap_or(false),
            Clause::Or(clauses) => clauses.iter().any(|clause| clause.is_match(text)),
            Clause::And(clauses) => clauses.iter().all(|clause| clause.is_match(text)),
        }
    }
}
