//! The Python door of hub-core: declares and registers, nothing else. `rust_core/_native.pyi` is what a caller reads.
//!
//! One file a noun; types and errors are turned here, never events. Every call that works goes through [`door`].

mod arrow;
mod batch;
mod bytes;
mod deltas;
mod door;
mod errors;
mod examined;
mod functions;
mod limits;
mod message;
mod outcome;
mod payload;
mod price;
mod reject;
mod series;
mod sketch;
mod tally;

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// A batch is some megabytes that live for one flush. The system's allocator gives such blocks back to the kernel each
/// time, and the faults of their fresh pages were half of the time of decoding (`examples/hot_decode.rs`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("TOKEN_COLUMNS", PyTuple::new(py, hub_core::tokens::TOKEN_COLUMNS)?)?;
    module.add("COST_COLUMNS", PyTuple::new(py, hub_core::tokens::COST_COLUMNS)?)?;
    module.add("SERIES_COLUMNS", PyTuple::new(py, hub_core::batch::SERIES_COLUMNS)?)?;
    module.add("EVENT_COLUMNS", PyTuple::new(py, hub_core::copy::EVENT_COLUMNS)?)?;
    module.add("DELTA_COLUMNS", PyTuple::new(py, hub_core::copy::DELTA_COLUMNS)?)?;
    module.add("STATUSES", PyTuple::new(py, hub_core::decode::STATUSES)?)?;
    errors::register(module)?;
    module.add_class::<bytes::Bytes>()?;
    module.add_class::<message::TenantRules>()?;
    module.add_class::<limits::Limits>()?;
    module.add_class::<message::Message>()?;
    module.add_class::<examined::Piece>()?;
    module.add_class::<examined::Examined>()?;
    module.add_class::<reject::Reject>()?;
    module.add_class::<tally::Tally>()?;
    module.add_class::<outcome::Outcome>()?;
    module.add_class::<price::PriceBook>()?;
    module.add_class::<series::SeriesCache>()?;
    module.add_class::<series::SeriesRows>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<deltas::Deltas>()?;
    functions::register(module)?;
    sketch::register(module)
}
