//! What goes into decoding: one body of events, what is known of its tenant, and how the body is written.

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
}
