//! Runtimes of functions: how long the programs take that are started in them.

use super::Value::Text;
use super::{Notes, Part, Preset, Room, Row, Source, confirmed, notes, part, preset, row};

/// The means of many cold starts of the smallest program.
const MEASURED: Source = confirmed(
    "maxday/lambda-perf, data of 2026-08-22: mean init duration of a hello world, x86, AWS Lambda",
    "2026-08",
);

/// A phase of this length.
const fn init(rows: &'static [Row]) -> Part {
    part(Room::Start, MEASURED, rows)
}

/// The law of a length that is not always the same.
const UNIFORM: Row = row("init.distribution", Text("uniform"));

/// .NET 10.
pub(super) const DOTNET10: Preset =
    preset("dotnet10", ".NET 10 at AWS Lambda: 245 ms of init.", ZIP, &[init(&[row("init", Text("245ms"))])]);

/// .NET 8.
pub(super) const DOTNET8: Preset = preset(
    "dotnet8",
    ".NET 8 at AWS Lambda: 238 to 268 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("238ms")), row("init.high", Text("268ms"))])],
);

/// .NET 8, compiled ahead of time.
pub(super) const DOTNET8_AOT: Preset = preset(
    "dotnet8-aot",
    ".NET 8, compiled ahead of time at AWS Lambda: 87 ms of init.",
    ZIP,
    &[init(&[row("init", Text("87ms"))])],
);

/// .NET 8 in a container image.
pub(super) const DOTNET8_CONTAINER: Preset = preset(
    "dotnet8-container",
    ".NET 8 in a container image at AWS Lambda: 395 to 488 ms of init.",
    CONTAINER,
    &[init(&[UNIFORM, row("init.low", Text("395ms")), row("init.high", Text("488ms"))])],
);

/// Go on Amazon Linux 2023.
pub(super) const GO: Preset = preset(
    "go",
    "Go on Amazon Linux 2023 at AWS Lambda: 49 ms of init.",
    ZIP,
    &[init(&[row("init", Text("49ms"))])],
);

/// Java 21 as a native image.
pub(super) const GRAALVM21: Preset = preset(
    "graalvm21",
    "GraalVM native image of Java 21 at AWS Lambda: 152 ms of init.",
    ZIP,
    &[init(&[row("init", Text("152ms"))])],
);

/// Java 11.
pub(super) const JAVA11: Preset =
    preset("java11", "Java 11 at AWS Lambda: 275 ms of init.", ZIP, &[init(&[row("init", Text("275ms"))])]);

/// Java 17.
pub(super) const JAVA17: Preset =
    preset("java17", "Java 17 at AWS Lambda: 202 ms of init.", ZIP, &[init(&[row("init", Text("202ms"))])]);

/// Java 21.
pub(super) const JAVA21: Preset = preset(
    "java21",
    "Java 21 at AWS Lambda: 231 to 242 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("231ms")), row("init.high", Text("242ms"))])],
);

/// Java 21 in a container image.
pub(super) const JAVA21_CONTAINER: Preset = preset(
    "java21-container",
    "Java 21 in a container image at AWS Lambda: 322 to 452 ms of init.",
    CONTAINER,
    &[init(&[UNIFORM, row("init.low", Text("322ms")), row("init.high", Text("452ms"))])],
);

/// Java 25.
pub(super) const JAVA25: Preset =
    preset("java25", "Java 25 at AWS Lambda: 188 ms of init.", ZIP, &[init(&[row("init", Text("188ms"))])]);

/// LLRT, a small runtime of JavaScript.
pub(super) const LLRT: Preset = preset(
    "llrt",
    "LLRT, a small runtime of JavaScript at AWS Lambda: 67 ms of init.",
    ZIP,
    &[init(&[row("init", Text("67ms"))])],
);

/// Node.js 20.
pub(super) const NODEJS20: Preset = preset(
    "nodejs20",
    "Node.js 20 at AWS Lambda: 140 ms of init.",
    ZIP,
    &[init(&[row("init", Text("140ms"))])],
);

/// Node.js 22.
pub(super) const NODEJS22: Preset = preset(
    "nodejs22",
    "Node.js 22 at AWS Lambda: 140 ms of init.",
    ZIP,
    &[init(&[row("init", Text("140ms"))])],
);

/// Node.js 22 in a container image.
pub(super) const NODEJS22_CONTAINER: Preset = preset(
    "nodejs22-container",
    "Node.js 22 in a container image at AWS Lambda: 304 to 354 ms of init.",
    CONTAINER,
    &[init(&[UNIFORM, row("init.low", Text("304ms")), row("init.high", Text("354ms"))])],
);

/// Node.js 24.
pub(super) const NODEJS24: Preset = preset(
    "nodejs24",
    "Node.js 24 at AWS Lambda: 131 to 143 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("131ms")), row("init.high", Text("143ms"))])],
);

/// Python 3.12.
pub(super) const PYTHON3_12: Preset = preset(
    "python3.12",
    "Python 3.12 at AWS Lambda: 81 to 85 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("81ms")), row("init.high", Text("85ms"))])],
);

/// Python 3.12 in a container image.
pub(super) const PYTHON3_12_CONTAINER: Preset = preset(
    "python3.12-container",
    "Python 3.12 in a container image at AWS Lambda: 160 to 194 ms of init.",
    CONTAINER,
    &[init(&[UNIFORM, row("init.low", Text("160ms")), row("init.high", Text("194ms"))])],
);

/// Python 3.13.
pub(super) const PYTHON3_13: Preset = preset(
    "python3.13",
    "Python 3.13 at AWS Lambda: 84 to 91 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("84ms")), row("init.high", Text("91ms"))])],
);

/// Python 3.14.
pub(super) const PYTHON3_14: Preset = preset(
    "python3.14",
    "Python 3.14 at AWS Lambda: 102 ms of init.",
    ZIP,
    &[init(&[row("init", Text("102ms"))])],
);

/// Ruby 3.3.
pub(super) const RUBY3_3: Preset = preset(
    "ruby3.3",
    "Ruby 3.3 at AWS Lambda: 227 to 249 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("227ms")), row("init.high", Text("249ms"))])],
);

/// Rust on Amazon Linux 2023.
pub(super) const RUST: Preset = preset(
    "rust",
    "Rust on Amazon Linux 2023 at AWS Lambda: 15 to 18 ms of init.",
    ZIP,
    &[init(&[UNIFORM, row("init.low", Text("15ms")), row("init.high", Text("18ms"))])],
);

/// What none of them has.
const LEFT_OUT: [&str; 5] = [
    "placement and download are not part of what was measured: add \"placement\" and \"download\"",
    "frameworks, clients and other code of a program make it longer: write its own \"init\"",
    "a range is that of means of several set-ups; single starts vary more",
    "the first request is slower with little memory, up to 0.7 s in .NET: add \"warmup\"",
    "the same at any size of memory, as init has a whole processor",
];

const ZIP: Notes = notes(&["the init phase of a hello world from a zip archive"], &LEFT_OUT, &[]);

const CONTAINER: Notes = notes(&["the init phase of a hello world from a container image"], &LEFT_OUT, &[]);
