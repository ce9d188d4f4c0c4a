//! Prices and sizes as they are written.

use crate::document::{Diagnostics, Field, Kind, Node, Value, read_section, write_section};
use crate::model::cost::{Currency, InvocationPrice, PerGbMonth, PerGigabyte, PerHour, PerRequest};
use crate::units::Size;

crate::settings! {
    /// What is paid for, where a service or gateway has no price of its own.
    ///
    /// A price may have tiers: "0.20/million up to 300 million, 0.15/million" is one price for what is used in a month up to an
    /// amount, and another for what is beyond it. Each run is billed as if a month of 730 h went on like its measured part.
    /// Tiers of a price that stands here count what all parts that have it use together: functions of one `account`, and all
    /// that name none. Those of a part's own price count what it uses alone.
    pub(crate) struct CostSection {
        /// The currency of all prices, by its code; also that of metrics and figures.
        currency: Currency = Currency::USUAL,
        /// The price of a replica that is present; none where absent.
        replica: Option<PerHour> = None,
        /// The price of attempts that a service lets in; none where absent.
        request: Option<PerRequest> = None,
        /// The price of requests that a gateway lets in; those that authorisation refuses are free. None where absent.
        gateway: Option<PerRequest> = None,
        /// The price of each request to a queue of messages: one for a message that is sent, one for each receive of a
        /// batch, and one where any of that batch is deleted. Dead letters go for nothing, events of functions too.
        /// None where absent.
        queue: Option<PerRequest> = None,
        /// The price of functions: of their requests, and of memory over time; none where absent.
        function: Option<InvocationPrice> = None,
        /// The price of what services keep (`data.size`), for 10^9 bytes over a month of 730 h; none where absent.
        storage: Option<PerGbMonth> = None,
        /// What is paid for messages that have a `size`; nothing where absent.
        transfer: TransferKeys = TransferKeys { between_zones: None, between_regions: None },
    }
}

crate::settings! {
    /// What is paid for what is moved between places.
    pub(crate) struct TransferKeys {
        /// Between zones of a region; nothing where absent.
        between_zones: Option<PerGigabyte> = None,
        /// Between regions; nothing where absent.
        between_regions: Option<PerGigabyte> = None,
    }
}

crate::settings! {
    /// What is paid for a service.
    #[derive(Copy)]
    pub(crate) struct PriceTable {
        /// The price of a replica that is present, whether it works or not; that of `[cost]` where absent.
        replica: Option<PerHour> = None,
        /// The price of attempts that are let in, whatever becomes of them; that of `[cost]` where absent.
        request: Option<PerRequest> = None,
        /// The price of what it keeps; that of `[cost]` where absent.
        storage: Option<PerGbMonth> = None,
    }
}

crate::settings! {
    /// How large the messages of a call are.
    #[derive(Copy)]
    pub(crate) struct SizeTable {
        /// The size of the request.
        request: Size = Size::default(),
        /// The size of the answer of an attempt that is served, also with an error; a refusal has none.
        answer: Size = Size::default(),
    }
}

crate::tables! {
    CostSection = "a table such as { preset = \"aws-us-east-1-2026-11\" }",
    TransferKeys = "a table such as { between_zones = \"0.01/GB\" }",
}

/// What is paid for a service; a price alone is that of a replica.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PriceKeys(pub(crate) PriceTable);

impl Field for PriceKeys {
    const EXPECTED: &'static str =
        "a price such as \"0.0416/h\", or a table such as { request = \"0.20/million\" }";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Text,
            Kind::Table(<PriceTable as crate::document::Section>::shape().called("price")),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Text(_) = node.value {
            let replica = PerHour::read(node, findings)?;
            return Some(Self(PriceTable { replica: Some(replica), request: None, storage: None }));
        }
        read_section(node, Self::EXPECTED, findings).map(Self)
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_section(&self.0))
    }
}

/// How large the messages of a call are; a size alone is that of each of the two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SizeKeys(pub(crate) SizeTable);

impl Field for SizeKeys {
    const EXPECTED: &'static str =
        "a size such as \"4kB\", or a table such as { request = \"1kB\", answer = \"20kB\" }";

    fn kind() -> Kind {
        Kind::Either(vec![
            Kind::Text,
            Kind::Table(<SizeTable as crate::document::Section>::shape().called("size")),
        ])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Text(_) = node.value {
            let size = Size::read(node, findings)?;
            return Some(Self(SizeTable { request: size, answer: size }));
        }
        read_section(node, Self::EXPECTED, findings).map(Self)
    }

    fn write(&self) -> Option<toml::Value> {
        Some(write_section(&self.0))
    }
}
