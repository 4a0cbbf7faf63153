//! Series beyond a tenant's budget become `other`, in two steps so that what is most useful stays longest.
//!
//! ```text
//! as sent ─fold─▶ provider_account, environment, project and the values of declared tags are `other`
//!         ─fold─▶ provider, model, operation and service_tier too, and the tags are gone: one series a status
//! ```
//! Every folded dimension is text that a client chose; only the closed list of statuses bounds itself, so the second
//! step is the one that ends any growth. Costs do not change: an event is priced before it is folded.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::batch::{Batch, Label, SERIES_DIMENSIONS, Series};
use crate::series::series_id;

/// What a folded dimension says.
const OTHER: &str = "other";
/// Places of provider_account, environment and project.
const FIRST: [usize; 3] = [1, 5, 6];
/// Places of provider, model, operation and service_tier.
const SECOND: [usize; 4] = [0, 2, 3, 4];

impl Batch {
    /// Fold the named series one step further; returns how many rows changed series.
    pub fn fold_series(&mut self, keys: &[(i32, i64)]) -> usize {
        let keys: HashSet<(i32, i64)> = keys.iter().copied().collect();
        let mut index_of: BTreeMap<(i32, i64), u32> = BTreeMap::new();
        for (index, series) in self.series.heads().iter().enumerate() {
            index_of.entry((series.tenant_id, series.series_id)).or_insert(index as u32);
        }
        let mut moved_to: Vec<u32> = (0..self.series.len() as u32).collect();
        for (index, target) in moved_to.iter_mut().enumerate() {
            let series = self.series.heads()[index];
            if keys.contains(&(series.tenant_id, series.series_id)) {
                let folded = fold(&self.series.get(index));
                let next = self.series.len() as u32;
                *target = *index_of.entry((folded.tenant_id, folded.series_id)).or_insert(next);
                if *target == next {
                    self.series.push(&folded);
                }
            }
        }
        let mut moved = 0;
        for row in &mut self.rows {
            let target = moved_to[row.series as usize];
            moved += usize::from(target != row.series);
            row.series = target;
        }
        moved
    }
}

fn fold(series: &Series) -> Series {
    let mut folded = series.clone();
    for at in FIRST {
        folded.dimensions[at] = OTHER.into();
    }
    let mut tags: BTreeMap<String, String> = serde_json::from_str(&series.tags).unwrap_or_default();
    tags.values_mut().for_each(|value| OTHER.clone_into(value));
    if folded.dimensions == series.dimensions && identity(&folded.dimensions, &tags) == series.series_id {
        for at in SECOND {
            folded.dimensions[at] = OTHER.into();
        }
        tags.clear();
    }
    folded.series_id = identity(&folded.dimensions, &tags);
    folded.tags = serde_json::to_string(&tags).unwrap_or_else(|_| "{}".into()).into();
    folded
}

fn identity(dimensions: &[Label; SERIES_DIMENSIONS], tags: &BTreeMap<String, String>) -> i64 {
    let dimensions = std::array::from_fn(|at| dimensions[at].as_bytes());
    let tags: Vec<(&[u8], &[u8])> = tags.iter().map(|(key, value)| (key.as_bytes(), value.as_bytes())).collect();
    series_id(&dimensions, &tags)
}
