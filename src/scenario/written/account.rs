//! Accounts as they are written.

use crate::document::Name;
use crate::model::function::tokens::ScaleUp;
use crate::units::Rate;

crate::settings! {
    /// What functions, or gateways, have together.
    pub(crate) struct AccountSection {
        /// The region of whose functions, or gateways, it is. Where absent it is of all, and what functions have together is
        /// meant for each region by itself, as quotas of AWS Lambda are.
        region: Option<Name> = None,
        /// The most requests that its functions may have under way together.
        #[range = ">= 1"]
        concurrency: u32 = 1000,
        /// How many of those no function may reserve.
        unreserved_min: u32 = 100,
        /// How fast its functions may start instances together; without limit where absent.
        scale_up: Option<ScaleUp> = None,
        /// How fast tokens are added to the bucket of the account, of which each request that one of its gateways lets
        /// in takes one. Without limit where absent.
        rate: Option<Rate> = None,
        /// Tokens of that bucket at the start and at most.
        #[range = ">= 1"]
        burst: Option<u32> = None,
    }
}

crate::tables! {
    AccountSection = "a table such as { concurrency = 1000, rate = \"10000/s\", burst = 5000 }",
}
