//! Where backups lie: how soon they can be read, and what that costs.

use crate::kernel::distribution::Distribution;
use crate::units::SimDuration;

crate::choices! {
    /// A class of storage.
    pub enum Tier {
        /// Amazon S3 Standard: what lies there can be read at once.
        S3 = "s3",
        /// Amazon S3 Standard-IA: at once, and what is read is paid for.
        S3Ia = "s3-ia",
        /// Amazon S3 Glacier Flexible Retrieval, expedited: within 1 to 5 min.
        GlacierExpedited = "glacier-expedited",
        /// Amazon S3 Glacier Flexible Retrieval, standard: within 3 to 5 h.
        Glacier = "glacier",
        /// Amazon S3 Glacier Deep Archive, standard: within 12 h.
        DeepArchive = "deep-archive",
    }
}

impl Tier {
    /// How long it takes until what lies there can be read: evenly within what the documentation promises. Of an archive
    /// that is read "within 12 hours" nothing better is said, so that all of them count.
    ///
    /// Source: Amazon S3 user guide, "Understanding archive retrieval options".
    pub fn retrieval(self) -> Distribution {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 3_600.0;
        match self {
            Self::S3 | Self::S3Ia => Distribution::constant(SimDuration::ZERO),
            Self::GlacierExpedited => Distribution::evenly(MINUTE, 5.0 * MINUTE),
            Self::Glacier => Distribution::evenly(3.0 * HOUR, 5.0 * HOUR),
            Self::DeepArchive => Distribution::constant(SimDuration::from_secs(12.0 * HOUR)),
        }
    }

    /// The prices of a GB that lies there for a month and of one that is read \[USD\], in us-east-1 in November 2026.
    ///
    /// Source: Amazon S3 pricing, "Storage" and "Requests & data retrievals".
    pub const fn prices(self) -> [f64; 2] {
        match self {
            Self::S3 => [0.023, 0.0],
            Self::S3Ia => [0.0125, 0.01],
            Self::GlacierExpedited => [0.0036, 0.03],
            Self::Glacier => [0.0036, 0.01],
            Self::DeepArchive => [0.000_99, 0.02],
        }
    }
}
