//! What goes into decoding: one body of events, what is known of its tenant, and how the body is written.

use crate::reject::Code;

use super::verdicts::Verdicts;

/// What the decoder must know of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRules {
    /// The tenant that the credential names.
    pub tenant_id: i32,
    /// Its public name; an event that names another one is refused.
    pub slug: String,
    /// Oldest accepted age at receipt; `None` accepts any.
    pub late_horizon_us: Option<i64>,
    /// Tag keys that are series dimensions, sorted and without duplicates.
    pub declared_tags: Vec<String>,
}

impl TenantRules {
    /// Rules with the declared tags brought into their order.
    pub fn new(tenant_id: i32, slug: &str, late_horizon_us: Option<i64>, declared_tags: &[String]) -> TenantRules {
        let mut declared_tags = declared_tags.to_vec();
        declared_tags.sort_unstable();
        declared_tags.dedup();
        TenantRules { tenant_id, slug: slug.to_owned(), late_horizon_us, declared_tags }
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Found out from the body itself.
    #[default]
    Auto,
    /// One object, an array of objects, or an envelope `{"events": […]}`.
    Json,
    /// One object a line.
    Ndjson,
}

impl Format {
    /// The name of the format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Auto => "auto",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
        }
    }

    /// The format of a name (`auto`, `json`, `ndjson`).
    pub fn from_name(name: &str) -> Option<Format> {
        match name {
            "auto" => Some(Format::Auto),
            "json" => Some(Format::Json),
            "ndjson" => Some(Format::Ndjson),
            _ => None,
        }
    }
}

/// What the fields of an event are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Our own names.
    #[default]
    Canonical,
    /// Our own names in the `data` of a CloudEvents 1.0 envelope.
    CloudEvents,
}

impl Dialect {
    /// The dialect of a name (`canonical`, `cloudevents`).
    pub fn from_name(name: &str) -> Option<Dialect> {
        match name {
            "canonical" => Some(Dialect::Canonical),
            "cloudevents" => Some(Dialect::CloudEvents),
            _ => None,
        }
    }
}

/// One body of events as it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Whose events these are: from the credential, never from the body.
    pub tenant: &'a TenantRules,
    /// When the edge received the body, microseconds since the epoch.
    pub received_at_us: i64,
    /// The body.
    pub payload: &'a [u8],
    /// How it is written.
    pub format: Format,
    /// How many events the edge counted; without it they are counted here, apart from the decoding.
    pub events: Option<u64>,
    /// Where the body came from (a file, a partition), for the rejects.
    pub origin: &'a str,
    /// Position of the first event at the origin (a line number, an offset).
    pub base_position: i64,
    /// What its fields are called.
    pub dialect: Dialect,
    /// What the edge decided of its events; without it they are judged here.
    pub verdicts: Option<&'a Verdicts>,
    /// Why no body can be made of it, for whoever opened it: it counts as one event, refused with this code and sentence.
    pub refused: Option<(Code, &'a str)>,
}

impl<'a> Message<'a> {
    /// A canonical body that says the rest itself and that nobody has judged yet.
    pub const fn new(tenant: &'a TenantRules, received_at_us: i64, payload: &'a [u8]) -> Message<'a> {
        Message {
            tenant,
            received_at_us,
            payload,
            format: Format::Auto,
            events: None,
            origin: "",
            base_position: 0,
            dialect: Dialect::Canonical,
            verdicts: None,
            refused: None,
        }
    }

    /// Where an event stands at the origin: in lines where the body has lines.
    #[inline(always)]
    pub(super) fn position(&self, line: Option<u64>, ordinal: u64) -> i64 {
        let offset = i64::try_from(line.unwrap_or(ordinal)).unwrap_or(i64::MAX);
        self.base_position.saturating_add(offset)
    }
}
