//! Accounts as they are written.

use crate::units::Rate;

crate::settings! {
    /// What several gateways share.
    pub(crate) struct AccountSection {
        /// How fast tokens are added to the bucket of the account, of which each request that one of its gateways lets
        /// in takes one.
        rate: Rate,
        /// Tokens at the start and at most.
        #[range = ">= 1"]
        burst: u32,
    }
}

crate::tables! {
    AccountSection = "a table such as { rate = \"10000/s\", burst = 5000 }",
}
