//! CloudEvents 1.0 in JSON: an envelope whose `data` is the canonical event.
//!
//! ```text
//! {"specversion":"1.0", "type":…, "id":…, "source":…, "time":…, "data":{ canonical event }}
//!        must be        must be   ╰──── id, source and time of the event ────╯  may repeat them, not contradict
//! ```
//! `data_base64` holds the same event as bytes. Extension attributes are counted, never refused. Only the careful parser
//! knows envelopes.

use crate::batch::Span;
use crate::limits::Limits;
use crate::reject::Code;

use super::base64;
use super::careful::{CarefulParser, Member, Members};
use super::check::check;
use super::field::{self, Field, Place};
use super::judge::bytes_of;
use super::raw::{Fault, RawEvent};
use super::scan::{skip_space, trim};
use super::time::rfc3339_us;

/// The attributes that are looked at, or known to mean nothing here.
const ATTRIBUTES: [&str; 10] =
    ["specversion", "id", "source", "type", "time", "datacontenttype", "data", "data_base64", "subject", "dataschema"];
const SPECVERSION: usize = 0;
const ID: usize = 1;
const SOURCE: usize = 2;
const TYPE: usize = 3;
const TIME: usize = 4;
const CONTENT_TYPE: usize = 5;
const DATA: usize = 6;
const DATA_BASE64: usize = 7;

/// Where the value of each attribute begins; `None` when it is absent or null.
type Envelope = [Option<usize>; ATTRIBUTES.len()];

impl CarefulParser {
    /// Parse one whole envelope. On success the spans of `raw` point into [`CarefulParser::texts`].
    pub(super) fn parse_cloud_event(&mut self, event: &[u8], limits: &Limits, raw: &mut RawEvent) -> Result<(), Fault> {
        let at = self.begin(event, limits, raw)?;
        let envelope = envelope(event, at, raw)?;
        self.check_envelope(event, &envelope)?;
        let mut attribute = |name: usize| match envelope[name] {
            None => Ok(Span::NONE),
            Some(at) => self.attribute(event, name, at),
        };
        let (id, source, time) = (attribute(ID)?, attribute(SOURCE)?, attribute(TIME)?);
        self.data(event, &envelope, limits, raw)?;
        self.agree(raw, field::ID, id)?;
        self.agree(raw, field::SOURCE, source)?;
        self.agree_on_time(raw, time)
    }

    /// The attributes that must be there, and what they must say.
    fn check_envelope(&mut self, event: &[u8], envelope: &Envelope) -> Result<(), Fault> {
        for name in [SPECVERSION, ID, SOURCE, TYPE] {
            let at = envelope[name].ok_or_else(|| bad(name))?;
            let span = self.attribute(event, name, at)?;
            let text = bytes_of(span, self.texts()).unwrap_or_default();
            if trim(text).is_empty() || (name == SPECVERSION && text != b"1.0") {
                return Err(bad(name));
            }
        }
        if let Some(at) = envelope[CONTENT_TYPE] {
            let span = self.attribute(event, CONTENT_TYPE, at)?;
            if !is_json(bytes_of(span, self.texts()).unwrap_or_default()) {
                return Err(bad(CONTENT_TYPE));
            }
        }
        Ok(())
    }

    /// The text of an attribute.
    fn attribute(&mut self, event: &[u8], name: usize, at: usize) -> Result<Span, Fault> {
        if event[at] != b'"' {
            return Err(bad(name));
        }
        self.text(event, at).map_err(|fault| Fault { field: ATTRIBUTES[name].into(), ..fault })
    }

    /// Parse the event within the envelope.
    fn data(&mut self, event: &[u8], envelope: &Envelope, limits: &Limits, raw: &mut RawEvent) -> Result<(), Fault> {
        let mut seen = 0;
        match (envelope[DATA], envelope[DATA_BASE64]) {
            (Some(at), None) if event[at] == b'{' => self.object(event, at, Place::Event, &mut seen, raw),
            (Some(_), None) => Err(Fault::named(Code::NotAnObject, ATTRIBUTES[DATA])),
            (None, Some(at)) => {
                let span = self.attribute(event, DATA_BASE64, at)?;
                let text = bytes_of(span, self.texts()).unwrap_or_default();
                let data = base64::decode(text).ok_or_else(|| bad(DATA_BASE64))?;
                self.decoded_data(&data, limits, raw)
            }
            _ => Err(bad(DATA)),
        }
    }

    /// Parse the event that stood in base64. Its faults have no place in the envelope.
    fn decoded_data(&mut self, data: &[u8], limits: &Limits, raw: &mut RawEvent) -> Result<(), Fault> {
        let elsewhere = |fault: Fault| Fault { at_byte: -1, ..fault };
        if simdutf8::basic::from_utf8(data).is_err() {
            return Err(Fault::named(Code::InvalidUtf8, ATTRIBUTES[DATA_BASE64]));
        }
        check(data, limits.depth_max, &mut Vec::new())
            .map_err(|fault| Fault { field: ATTRIBUTES[DATA_BASE64].into(), ..elsewhere(fault) })?;
        let at = skip_space(data, 0);
        if data.get(at) != Some(&b'{') {
            return Err(Fault::named(Code::NotAnObject, ATTRIBUTES[DATA_BASE64]));
        }
        self.object(data, at, Place::Event, &mut 0, raw).map_err(elsewhere)
    }

    /// The event's own text is absent or says what the envelope says.
    fn agree(&self, raw: &mut RawEvent, field: Field, attribute: Span) -> Result<(), Fault> {
        let own = trimmed(raw.texts[usize::from(field)], self.texts());
        if !own.is_empty() && own != trimmed(attribute, self.texts()) {
            return Err(Fault::of(Code::EnvelopeMismatch, field));
        }
        raw.texts[usize::from(field)] = attribute;
        Ok(())
    }

    /// Both times name the same moment, in whatever zone. Other time fields are compared when the event is judged.
    fn agree_on_time(&self, raw: &mut RawEvent, attribute: Span) -> Result<(), Fault> {
        let own = &mut raw.texts[usize::from(field::TIME)];
        let texts = [*own, attribute].map(|span| trimmed(span, self.texts()));
        if texts.iter().all(|text| !text.is_empty()) {
            let invalid = || Fault::of(Code::InvalidTime, field::TIME);
            if rfc3339_us(texts[0]).ok_or_else(invalid)? != rfc3339_us(texts[1]).ok_or_else(invalid)? {
                return Err(Fault::of(Code::ConflictingTime, field::TIME));
            }
        }
        if !texts[1].is_empty() {
            *own = attribute;
        }
        Ok(())
    }
}

/// Find the attributes; count those that are none of ours.
fn envelope(event: &[u8], at: usize, raw: &mut RawEvent) -> Result<Envelope, Fault> {
    let mut envelope = [None; ATTRIBUTES.len()];
    let mut seen = [false; ATTRIBUTES.len()];
    let mut members = Members::new(event, at);
    while let Some(Member { key, value }) = members.next_member() {
        let Some(name) = ATTRIBUTES.iter().position(|name| name.as_bytes() == &event[key.clone()]) else {
            raw.unknown_fields += 1;
            continue;
        };
        if std::mem::replace(&mut seen[name], true) {
            return Err(Fault::named(Code::DuplicateKey, ATTRIBUTES[name]));
        }
        envelope[name] = (event[value] != b'n').then_some(value);
    }
    Ok(envelope)
}

fn bad(name: usize) -> Fault {
    Fault::named(Code::BadEnvelope, ATTRIBUTES[name])
}

fn trimmed(span: Span, base: &[u8]) -> &[u8] {
    trim(bytes_of(span, base).unwrap_or_default())
}

/// Whether a media type is JSON, whatever its parameters.
fn is_json(media_type: &[u8]) -> bool {
    let essence = media_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = trim(essence).to_ascii_lowercase();
    let subtype = essence.split(|byte| *byte == b'/').nth(1).unwrap_or_default();
    subtype == b"json" || subtype.ends_with(b"+json")
}
