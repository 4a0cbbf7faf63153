//! Which model a pair of names means, by the data set's own rules.
//!
//! ```text
//! provider named ──id──▶ else provider_match ──▶ none: unknown, whatever the model
//! provider not named (or a router) ──▶ first provider whose model_match fits
//! model ──▶ the provider's models in order ──▶ those of its fall-back providers ──▶ once more with 20251211 as 2025-12-11
//! ```

use super::clause::Clause;

/// A router that names the true provider before the model's first slash.
const ROUTER: &str = "litellm";

/// A provider and the patterns of its models.
#[derive(Debug)]
pub struct Names {
    /// Its id.
    pub id: Box<str>,
    /// Which provider names mean it.
    pub provider_match: Option<Clause>,
    /// Which model names mean it when no provider is named.
    pub model_match: Option<Clause>,
    /// Indices of the providers whose models it serves too.
    pub fallback: Box<[usize]>,
    /// Patterns of its models, in order.
    pub models: Box<[Clause]>,
}

/// Where a model was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The provider that was asked.
    pub provider: usize,
    /// The provider that lists the model: the same, or one it falls back to.
    pub owner: usize,
    /// Index of the model with its owner.
    pub model: usize,
}

/// Find what a provider name (or none) and a model name mean.
pub fn find(names: &[Names], provider: &str, model: &str) -> Option<Place> {
    let model = model.to_lowercase();
    let provider = provider.to_lowercase();
    if provider == ROUTER {
        if let Some((named, rest)) = model.split_once('/')
            && let Some(at) = by_name(names, named)
        {
            return model_of(names, at, rest);
        }
        let at = by_name(names, ROUTER).or_else(|| by_model(names, &model))?;
        return model_of(names, at, &model);
    }
    let at = if provider.is_empty() { by_model(names, &model) } else { by_name(names, &provider) }?;
    model_of(names, at, &model)
}

fn by_name(names: &[Names], name: &str) -> Option<usize> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let fits = |names: &Names| names.provider_match.as_ref().is_some_and(|clause| clause.is_match(name));
    names.iter().position(|names| &*names.id == name).or_else(|| names.iter().position(fits))
}

fn by_model(names: &[Names], model: &str) -> Option<usize> {
    names.iter().position(|names| names.model_match.as_ref().is_some_and(|clause| clause.is_match(model)))
}

fn model_of(names: &[Names], provider: usize, model: &str) -> Option<Place> {
    let exact = |model: &str| {
        let owners = std::iter::once(provider).chain(names[provider].fallback.iter().copied());
        let mut places = owners.filter_map(|owner| {
            let at = names[owner].models.iter().position(|clause| clause.is_match(model))?;
            Some(Place { provider, owner, model: at })
        });
        places.next()
    };
    exact(model).or_else(|| exact(&dashed(model)?))
}

/// The name with every compact date `-20251211` written `-2025-12-11`; `None` when it has none.
fn dashed(model: &str) -> Option<String> {
    let bytes = model.as_bytes();
    let mut out = String::with_capacity(model.len() + 2);
    let (mut kept, mut at) = (0, 0);
    while at + 9 <= bytes.len() {
        let is_end = matches!(bytes.get(at + 9), None | Some(b'-' | b':'));
        if bytes[at] == b'-' && is_end && is_date(&bytes[at + 1..at + 9]) {
            out.push_str(&model[kept..at + 5]);
            out.push('-');
            out.push_str(&model[at + 5..at + 7]);
            out.push('-');
            kept = at + 7;
            at += 9;
        } else {
            at += 1;
        }
    }
    (kept > 0).then(|| out + &model[kept..])
}

/// Whether eight bytes are a day of the years 2000 to 2099.
fn is_date(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"20") || !bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |from: usize| u32::from(bytes[from] - b'0') * 10 + u32::from(bytes[from + 1] - b'0');
    let (year, month, day) = (number(2), number(4), number(6));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(year % 4 == 0),
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_dates_get_dashes_where_they_are_dates() {
        let cases = [
            ("gpt-5.2-20251211", Some("gpt-5.2-2025-12-11")),
            ("a-20240229:x-20250101-y", Some("a-2024-02-29:x-2025-01-01-y")),
            ("a-20250229", None),
            ("a-20251301", None),
            ("a-202512111", None),
            ("a20251211", None),
            ("a-20251211x", None),
            ("-é-2025121", None),
        ];
        for (model, expected) in cases {
            assert_eq!(dashed(model).as_deref(), expected, "{model}");
        }
    }
}
