//! Calls of many functions as they are written.

use crate::document::{Diagnostics, Field, Kind, Name, Node, Value, unexpected};
use crate::model::trace::Within;
use crate::units::SimDuration;

crate::choices! {
    /// The form of a trace.
    pub(crate) enum TraceFormat {
        /// Counts per minute, as in the Azure Functions trace 2019.
        Azure2019 = "azure-2019",
        /// One row for each call, as in the Azure Functions invocation trace 2021.
        Azure2021 = "azure-2021",
        /// Drawn from the laws that were published of the trace of 2019.
        Synthetic = "synthetic",
    }
}

crate::settings! {
    /// Settings of calls of many functions; only for a client whose only call is a service with `population = true`.
    pub(crate) struct TraceKeys {
        /// The form of the trace: files as published ("azure-2019", "azure-2021"), or none ("synthetic").
        format: TraceFormat,
        /// With "azure-2019" the CSV file of counts: `HashOwner`, `HashApp`, `HashFunction`, and columns
        /// 1, 2, .. for the minutes.
        /// With "synthetic" how many calls are expected in each period.
        invocations: Option<Invocations> = None,
        /// With "azure-2019" the CSV file of durations in milliseconds, by function: `percentile_Average_0`, `_1`, `_25`,
        /// `_50`, `_75`, `_99` and `_100`, in a straight line between them. A function that is not in it takes the service's `demand`.
        durations: Option<Name> = None,
        /// With "azure-2019" the CSV file of memory, by app or by function: `AverageAllocatedMb`, rounded to whole megabytes,
        /// is that of each instance. What is not in it has the `memory` of the function.
        memory: Option<Name> = None,
        /// With "azure-2019", where in its minute a call comes: "uniform", or those of one function evenly spread ("even").
        within: Option<Within> = None,
        /// With "azure-2021" the CSV file of calls: `app`, `func`, and `end_timestamp` and `duration` in seconds. A call that began
        /// before the record does so with it.
        file: Option<Name> = None,
        /// With "synthetic" how many functions there are.
        #[range = ">= 1, <= 10000000"]
        functions: Option<u32> = None,
        /// With "synthetic" the time in which `invocations` are expected, a day where absent; calls go on after it at the
        /// same rates.
        #[range = "> 0"]
        period: Option<SimDuration> = None,
    }
}

/// A file that has the calls, or how many there are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Invocations {
    File(Name),
    Number(u64),
}

impl Field for Invocations {
    const EXPECTED: &'static str = "a file name, or a whole number";

    fn kind() -> Kind {
        Kind::Either(vec![Name::kind(), u64::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(_) => Name::read(node, findings).map(Self::File),
            Value::Integer(_) => u64::read(node, findings).map(Self::Number),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::File(name) => name.write(),
            Self::Number(number) => number.write(),
        }
    }
}
