//! `Tally`: the account of a tenant and receipt hour.

use pyo3::prelude::*;

/// The account of one tenant and receipt hour.
#[pyclass(frozen, module = "rust_core._native")]
pub struct Tally {
    account: hub_core::batch::Tally,
    stored: i64,
}

impl From<(hub_core::batch::Tally, i64)> for Tally {
    fn from((account, stored): (hub_core::batch::Tally, i64)) -> Tally {
        Tally { account, stored }
    }
}

#[pymethods]
impl Tally {
    #[getter]
    fn tenant_id(&self) -> i32 {
        self.account.tenant_id
    }

    #[getter]
    fn hour_us(&self) -> i64 {
        self.account.hour_us
    }

    #[getter]
    fn received(&self) -> i64 {
        self.account.received
    }

    #[getter]
    fn stored(&self) -> i64 {
        self.stored
    }

    #[getter]
    fn duplicate(&self) -> i64 {
        self.account.duplicate
    }

    #[getter]
    fn rejected(&self) -> i64 {
        self.account.rejected
    }
}
