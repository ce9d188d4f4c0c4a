//! What systems do by default, written out from their documents and not from the catalogue.

/// What the documents say, written out by hand: preset, room, and values between semicolons. "~" stands before a value
/// that nobody confirmed, "^" for one of the table around, "?" for one that a scenario must give, "=" for what the preset
/// itself says for the room of that key.
pub(super) const DOCUMENTED: &[(&str, &str, &str)] = &[
    // Load balancing.
    (
        "nginx",
        "balancing",
        "policy = \"smooth-weighted-round-robin\"; weights = \"equal\"; max_fails = 1; fail_timeout = \"10s\"; \
         max_conns = 0",
    ),
    (
        "nginx-least-conn",
        "balancing",
        "policy = \"least-connections\"; weights = \"equal\"; comparison = \"nginx\"; max_fails = 1; \
         fail_timeout = \"10s\"; max_conns = 0",
    ),
    (
        "nginx-random",
        "balancing",
        "policy = \"weighted-random\"; weights = \"equal\"; max_fails = 1; fail_timeout = \"10s\"; max_conns = 0",
    ),
    (
        "nginx-random-two",
        "balancing",
        "policy = \"random-draws\"; draws = 2; weights = \"equal\"; comparison = \"nginx\"; max_fails = 1; \
         fail_timeout = \"10s\"; max_conns = 0",
    ),
    (
        "envoy",
        "balancing",
        "policy = \"round-robin\"; overprovisioning = 1.4; panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "envoy-weighted-round-robin",
        "balancing",
        "policy = \"edf-weighted-round-robin\"; random_start = true; overprovisioning = 1.4; \
         panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "envoy-least-request",
        "balancing",
        "policy = \"least-request\"; selection = \"choices\"; choices = 2; weights = \"equal\"; \
         active_request_bias = 1.0; overprovisioning = 1.4; panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "envoy-random",
        "balancing",
        "policy = \"random\"; overprovisioning = 1.4; panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "envoy-ring-hash",
        "balancing",
        "policy = \"ring-hash\"; weights = \"equal\"; ring_size_min = 1024; ring_size_max = 8388608; \
         balance_factor = 0; overprovisioning = 1.4; panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "envoy-maglev",
        "balancing",
        "policy = \"maglev\"; weights = \"equal\"; table_size = 65537; balance_factor = 0; \
         overprovisioning = 1.4; panic_threshold = \"50%\"; zone_aware_min = 6",
    ),
    (
        "haproxy",
        "balancing",
        "policy = \"smooth-weighted-round-robin\"; weights = \"equal\"; backup_use = \"first\"",
    ),
    (
        "haproxy-leastconn",
        "balancing",
        "policy = \"least-connections\"; weights = \"equal\"; comparison = \"haproxy\"; backup_use = \"first\"",
    ),
    ("haproxy-first", "balancing", "policy = \"first\""),
    (
        "haproxy-random",
        "balancing",
        "policy = \"random-draws\"; draws = 2; weights = \"equal\"; balance_factor = 0; comparison = \"haproxy\"; \
         backup_use = \"first\"",
    ),
    ("finagle", "balancing", "policy = \"peak-ewma\"; decay = \"10s\""),
    ("finagle-p2c", "balancing", "policy = \"power-of-two\"; replacement = false"),
    ("linkerd", "balancing", "policy = \"peak-ewma\"; decay = \"10s\"; default_rtt = \"30ms\""),
    ("grpc", "balancing", "policy = \"pick-first\""),
    ("grpc-round-robin", "balancing", "policy = \"round-robin\""),
    (
        "grpc-weighted-round-robin",
        "balancing",
        "policy = \"weighted-round-robin\"; reporting_period = \"10s\"; blackout_period = \"10s\"; \
         weight_expiration_period = \"3min\"; weight_update_period = \"1s\"; error_utilization_penalty = 1.0; \
         random_start = true",
    ),
    (
        "grpc-least-request",
        "balancing",
        "policy = \"least-request\"; selection = \"choices\"; choices = 2; weights = \"equal\"",
    ),
    ("grpc-ring-hash", "balancing", "policy = \"ring-hash\"; ring_size_min = 1024; ring_size_max = 4096"),
    (
        "prequal",
        "balancing",
        "policy = \"prequal\"; probe_rate = 3.0; pool_size = 16; ~probe_age_max = \"1s\"; ~remove_rate = 1.0; \
         rif_quantile = \"84%\"",
    ),
    ("aws-alb", "balancing", "policy = \"round-robin\"; panic_threshold = \"0.01%\""),
    (
        "aws-alb-least-outstanding",
        "balancing",
        "policy = \"least-request\"; selection = \"full-scan\"; weights = \"equal\"; panic_threshold = \"0.01%\"",
    ),
    (
        "aws-alb-weighted-random",
        "balancing",
        "policy = \"weighted-random\"; weights = \"equal\"; panic_threshold = \"0.01%\"",
    ),
    (
        "istio",
        "balancing",
        "~policy = \"least-request\"; ~selection = \"choices\"; ~choices = 2; ~weights = \"equal\"; \
         ~active_request_bias = 1.0; ~overprovisioning = 1.4; ~panic_threshold = \"0%\"",
    ),
    ("envoy", "slow_start", "window = ?; aggression = 1.0; min_weight = \"10%\""),
    ("haproxy", "slow_start", "window = ?; aggression = 1.0; min_weight = \"0%\""),
    ("aws-alb", "slow_start", "window = ?; aggression = 1.0; min_weight = \"0%\""),
    ("nginx-plus", "slow_start", "window = ?; aggression = 1.0; min_weight = \"0%\""),
    // Health checks and ejection.
    (
        "envoy",
        "health_check",
        "interval = ?; timeout = ?; unhealthy_after = ?; healthy_after = ?; error_marks = true",
    ),
    (
        "haproxy",
        "health_check",
        "interval = \"2s\"; timeout = \"2s\"; unhealthy_after = 3; healthy_after = 2; sees = \"connection\"",
    ),
    ("nginx-plus", "health_check", "interval = \"5s\"; timeout = ?; unhealthy_after = 1; healthy_after = 1"),
    (
        "aws-alb",
        "health_check",
        "interval = \"30s\"; timeout = \"5s\"; unhealthy_after = 2; healthy_after = 5",
    ),
    (
        "global-accelerator",
        "health_check",
        "~interval = \"30s\"; ~timeout = ?; ~unhealthy_after = 3; ~healthy_after = 3",
    ),
    (
        "kubernetes",
        "health_check",
        "interval = \"10s\"; timeout = \"1s\"; unhealthy_after = 3; healthy_after = 1",
    ),
    (
        "kubernetes",
        "liveness",
        "interval = \"10s\"; timeout = \"1s\"; unhealthy_after = 3; initial_delay = \"0s\"; restart = ?",
    ),
    (
        "route53",
        "health_check",
        "interval = \"30s\"; timeout = \"4s\"; unhealthy_after = 3; healthy_after = 3; checkers = 16; \
         quorum = \"18%\"",
    ),
    (
        "cloudfront",
        "cache",
        "skips = \"all\"; keys = ?; per = \"region\"; ~ttl = \"1d\"; negative_ttl = \"10s\"; stale_if_error = \"365d\"; \
         coalesce = true",
    ),
    ("nginx-cache", "cache", "~skips = \"all\"; ~keys = ?; ~ttl = ?; ~policy = \"lru\"; ~coalesce = false"),
    ("redis", "cache", "skips = \"calls\"; keys = ?; coalesce = false"),
    (
        "envoy",
        "outlier_detection",
        "policy = \"envoy\"; consecutive_5xx = 5; enforcing_consecutive_5xx = \"100%\"; \
         consecutive_gateway_failure = 5; enforcing_consecutive_gateway_failure = \"0%\"; interval = \"10s\"; \
         base_ejection_time = \"30s\"; max_ejection_time = \"300s\"; max_ejection_time_jitter = \"0s\"; \
         max_ejected = \"10%\"; guard = \"current\"; always_eject_one = false; success_rate_minimum_hosts = 5; \
         success_rate_request_volume = 100; success_rate_stdev_factor = 1900; enforcing_success_rate = \"100%\"; \
         failure_percentage_threshold = \"85%\"; enforcing_failure_percentage = \"0%\"; \
         failure_percentage_minimum_hosts = 5; failure_percentage_request_volume = 50; \
         split_local_origin = false; consecutive_local_origin_failure = 5; \
         enforcing_consecutive_local_origin_failure = \"100%\"; check_takes_back = true",
    ),
    (
        "grpc",
        "outlier_detection",
        "policy = \"grpc\"; interval = \"10s\"; base_ejection_time = \"30s\"; max_ejection_time = \"300s\"; \
         max_ejected = \"10%\"; success_rate.stdev_factor = 1900; success_rate.minimum_hosts = 5; \
         success_rate.request_volume = 100; success_rate.enforcement = \"100%\"; \
         failure_percentage.threshold = \"85%\"; failure_percentage.minimum_hosts = 5; \
         failure_percentage.request_volume = 50; failure_percentage.enforcement = \"100%\"",
    ),
    (
        "finagle",
        "outlier_detection",
        "policy = \"failure-accrual\"; consecutive_failures = 5; success_rate = \"80%\"; window = \"30s\"; \
         minimum_requests = 5; dead_for = \"5s\"; dead_for_max = \"300s\"",
    ),
    (
        "istio",
        "outlier_detection",
        "~policy = \"envoy\"; ~consecutive_5xx = 5; ~enforcing_consecutive_5xx = \"100%\"; ~interval = \"10s\"; \
         ~base_ejection_time = \"30s\"; ~max_ejected = \"10%\"; ~enforcing_success_rate = \"0%\"; \
         ~check_takes_back = true",
    ),
    // Retries, budgets and hedging.
    (
        "aws-sdk",
        "retry",
        "policy = \"aws\"; revision = \"standard\"; attempts = 3; base = \"1s\"; cap = \"20s\"; budget = =",
    ),
    ("aws-sdk", "budget", "policy = \"aws\"; revision = \"standard\"; capacity = 500"),
    (
        "aws-sdk-adaptive",
        "retry",
        "policy = \"aws\"; revision = \"standard\"; attempts = 3; base = \"1s\"; cap = \"20s\"; budget = =",
    ),
    ("aws-sdk-adaptive", "budget", "policy = \"aws\"; revision = \"standard\"; capacity = 500"),
    ("aws-sdk-adaptive", "throttle", "policy = \"aws-adaptive\""),
    (
        "aws-sdk-2026",
        "retry",
        "policy = \"aws\"; revision = \"2026\"; attempts = 3; base = \"50ms\"; throttled_base = \"1s\"; \
         cap = \"20s\"; hints = \"aws\"; budget = =",
    ),
    ("aws-sdk-2026", "budget", "policy = \"aws\"; revision = \"2026\"; capacity = 500"),
    (
        "aws-sdk-2026-dynamodb",
        "retry",
        "policy = \"aws\"; revision = \"2026\"; attempts = 4; base = \"25ms\"; throttled_base = \"1s\"; \
         cap = \"20s\"; hints = \"aws\"; budget = =",
    ),
    ("aws-sdk-2026-dynamodb", "budget", "policy = \"aws\"; revision = \"2026\"; capacity = 500"),
    (
        "aws-sdk-legacy",
        "retry",
        "~policy = \"exponential\"; ~attempts = 5; ~base = \"1s\"; ~factor = 2.0; ~jitter = \"full\"",
    ),
    (
        "aws-sdk-java-v1",
        "retry",
        "~policy = \"exponential\"; ~attempts = 4; ~base = ?; ~factor = 2.0; ~jitter = \"full\"",
    ),
    (
        "aws-sdk-java-v1-dynamodb",
        "retry",
        "~policy = \"exponential\"; ~attempts = 9; ~base = \"25ms\"; ~factor = 2.0; ~jitter = \"full\"",
    ),
    (
        "aws-sdk-cpp",
        "retry",
        "~policy = \"exponential\"; ~attempts = 11; ~base = \"25ms\"; ~factor = 2.0; ~jitter = \"none\"",
    ),
    (
        "grpc",
        "retry",
        "policy = \"grpc\"; base = ?; cap = ?; factor = ?; attempts = ?; attempts_max = 5; hints = \"exactly\"",
    ),
    ("grpc", "budget", "policy = \"grpc\"; tokens = 10; ratio = 0.1"),
    (
        "grpc",
        "hedge",
        "policy = \"fixed\"; delay = \"0s\"; attempts = ?; attempts_max = 5; hints = \"exactly\"; budget = =",
    ),
    (
        "envoy",
        "retry",
        "policy = \"envoy\"; attempts = 2; base = \"25ms\"; cap = \"250ms\"; avoid = \"none\"; budget = =",
    ),
    ("envoy", "budget", "policy = \"max-retries\"; limit = 3"),
    (
        "envoy-retry-budget",
        "retry",
        "policy = \"envoy\"; attempts = 2; base = \"25ms\"; cap = \"250ms\"; avoid = \"none\"; budget = =",
    ),
    ("envoy-retry-budget", "budget", "policy = \"envoy\"; ratio = \"20%\"; minimum = 3"),
    (
        "istio",
        "retry",
        "~policy = \"envoy\"; ~base = \"25ms\"; ~attempts = 3; ~avoid = \"tried\"; ~reselect = 5; \
         ~on = [\"connect\", \"queue_full\", \"shed\"]",
    ),
    (
        "nginx",
        "retry",
        "policy = \"fixed\"; delay = \"0s\"; attempts = 255; avoid = \"repeats\"; \
         on = [\"connect\", \"reset\", \"timeout\"]; only_idempotent = true",
    ),
    (
        "haproxy",
        "retry",
        "policy = \"haproxy\"; turn_around = \"1s\"; attempts = 4; avoid = \"others\"; on = [\"connect\"]",
    ),
    (
        "haproxy-redispatch",
        "retry",
        "policy = \"haproxy\"; turn_around = \"1s\"; attempts = 4; avoid = \"others-but-last\"; on = [\"connect\"]",
    ),
    ("finagle", "budget", "policy = \"finagle\"; ttl = \"10s\"; minimum = \"10/s\"; ratio = \"20%\""),
    (
        "finagle",
        "retry",
        "policy = \"fixed\"; delay = \"0s\"; attempts = ?; on = [\"connect\", \"queue_full\", \"shed\"]; budget = =",
    ),
    ("linkerd", "budget", "~policy = \"linkerd\"; ~ttl = \"10s\"; ~minimum = \"10/s\"; ~ratio = \"20%\""),
    ("google-sre", "throttle", "policy = \"sre-adaptive\"; multiplier = 2.0; window = \"2min\""),
    ("google-sre", "budget", "policy = \"sre-ratio\"; ratio = \"10%\""),
    ("google-sre", "retry", "policy = ?; attempts = 3; layer = \"nearest\"; budget = ="),
    (
        "polly",
        "retry",
        "policy = \"polly\"; attempts = 4; base = \"2s\"; backoff = \"constant\"; jitter = false",
    ),
    (
        "polly-exponential",
        "retry",
        "policy = \"polly\"; attempts = 4; base = \"2s\"; backoff = \"exponential\"; jitter = true",
    ),
    ("polly", "hedge", "policy = \"fixed\"; delay = \"2s\"; attempts = 2"),
    (
        "polly-standard",
        "retry",
        "~policy = \"polly\"; ~attempts = 4; ~base = \"2s\"; ~backoff = \"exponential\"; ~jitter = true",
    ),
    (
        "polly-standard",
        "breaker",
        "~policy = \"polly\"; ~failure_ratio = \"10%\"; ~minimum = 100; ~sampling = \"30s\"; ~open_for = \"5s\"",
    ),
    ("polly-standard", "bulkhead", "~limit = 1000; ~queue = 0"),
    ("resilience4j", "retry", "policy = \"fixed\"; attempts = 3; delay = \"500ms\""),
    (
        "resilience4j-exponential",
        "retry",
        "policy = \"resilience4j\"; attempts = 3; base = \"500ms\"; factor = 1.5; randomisation = \"50%\"",
    ),
    ("tail-at-scale", "hedge", "policy = \"percentile\"; percentile = \"95%\""),
    // Breakers, limits and queues.
    ("envoy", "breaker", "policy = \"envoy\"; max_requests = 1024"),
    (
        "hystrix",
        "breaker",
        "policy = \"hystrix\"; window = \"10s\"; minimum = 20; failure_ratio = \"50%\"; open_for = \"5s\"; \
         snapshot = \"500ms\"",
    ),
    ("hystrix", "bulkhead", "limit = 10; queue = 0"),
    (
        "resilience4j",
        "breaker",
        "policy = \"resilience4j\"; window = \"count\"; size = 100; minimum = 100; failure_ratio = \"50%\"; \
         slow_ratio = \"100%\"; slow_after = \"60s\"; open_for = \"60s\"; half_open = 10",
    ),
    ("resilience4j", "bulkhead", "limit = 25; queue = 0"),
    ("resilience4j-thread-pool", "bulkhead", "limit = ?; queue = 100"),
    (
        "polly",
        "breaker",
        "policy = \"polly\"; failure_ratio = \"10%\"; minimum = 100; sampling = \"30s\"; open_for = \"5s\"",
    ),
    ("concurrency-limits-vegas", "throttle", "policy = \"vegas\"; initial = 20; maximum = 1000"),
    (
        "concurrency-limits-gradient2",
        "throttle",
        "policy = \"gradient\"; initial = 20; minimum = 20; maximum = 200; queue = 4; window = 600; \
         tolerance = 1.5; smoothing = \"20%\"",
    ),
    (
        "concurrency-limits-aimd",
        "throttle",
        "policy = \"aimd\"; initial = 20; minimum = 20; maximum = 200; backoff = \"90%\"; slow_after = \"5s\"",
    ),
    ("nginx", "throttle", "~policy = \"leaky-bucket\"; ~rate = ?; ~burst = 0"),
    ("aws-api-gateway", "throttle", "policy = \"token-bucket\"; rate = \"10000/s\"; burst = 5000"),
    ("aws-api-gateway-http", "throttle", "policy = \"token-bucket\"; rate = \"10000/s\"; burst = 5000"),
    ("haproxy", "queue", "policy = \"fifo\"; capacity = \"unlimited\"; at = \"replica\""),
    ("codel", "queue", "~policy = \"codel\"; ~target = \"5ms\"; ~interval = \"100ms\""),
    ("facebook", "queue", "policy = \"controlled-delay\"; target = \"5ms\"; interval = \"100ms\""),
    ("facebook-adaptive-lifo", "queue", "policy = \"adaptive-lifo\"; interval = \"100ms\""),
    // Calls as a whole.
    ("envoy", "call", "~deadline = \"15s\"; breaker = ="),
    ("nginx", "call", "timeout = \"60s\"; retry = ="),
    ("haproxy", "call", "retry = ="),
    ("haproxy-redispatch", "call", "retry = ="),
    ("grpc", "call", "deadline_propagation = true"),
    ("istio", "call", "~retry = ="),
    ("aws-alb", "call", "timeout = \"60s\""),
    (
        "aws-us-east-1-2026-11",
        "cost",
        "gateway = \"1.00/million up to 300 million, 0.90/million\"; ~queue = \"0.40/million\"; function.request = \"0.20/million\"; function.duration = \"0.0000166667/GBs up to 6e9 GBs, 0.000015/GBs up to 1.5e10 GBs, 0.0000133334/GBs\"; \
         function.provisioned = \"0.0000041667/GBs\"; function.provisioned_duration = \"0.0000097222/GBs\"; ~transfer.between_zones = \"0.02/GB\"; ~transfer.between_regions = \"0.02/GB\"",
    ),
    ("aws-api-gateway", "call", "timeout = \"29s\"; on_timeout = \"abandon\""),
    (
        "aws-api-gateway",
        "gateway",
        "timeout = \"29s\"; on_timeout = \"abandon\"; throttle.rate = \"10000/s\"; throttle.burst = 5000",
    ),
    (
        "aws-api-gateway-http",
        "gateway",
        "timeout = \"30s\"; on_timeout = \"abandon\"; throttle.rate = \"10000/s\"; throttle.burst = 5000",
    ),
    ("aws-api-gateway-http", "call", "timeout = \"30s\"; on_timeout = \"abandon\""),
    ("aws-sdk", "call", "retry = ="),
    ("aws-sdk-adaptive", "call", "retry = =; throttle = ="),
    ("aws-sdk-2026", "call", "retry = ="),
    ("aws-sdk-2026-dynamodb", "call", "retry = ="),
    ("aws-sdk-legacy", "call", "~retry = ="),
    ("aws-sdk-java-v1", "call", "~retry = ="),
    ("aws-sdk-java-v1-dynamodb", "call", "~retry = ="),
    ("aws-sdk-cpp", "call", "~retry = ="),
    ("resilience4j", "call", "timeout = \"1s\"; retry = =; breaker = =; bulkhead = ="),
    ("polly", "call", "timeout = \"30s\"; retry = =; breaker = ="),
    (
        "polly-standard",
        "call",
        "~timeout = \"10s\"; ~deadline = \"30s\"; ~retry = =; ~breaker = =; ~bulkhead = =",
    ),
    ("hystrix", "call", "timeout = \"1s\"; breaker = =; bulkhead = ="),
    // Autoscaling.
    (
        "kubernetes",
        "autoscaling",
        "policy = \"hpa\"; target = ?; max = ?; min = 1; metric = \"utilisation\"; every = \"15s\"; tolerance = \"10%\"; \
         up_window = \"0s\"; down_window = \"5min\"; readiness = \"30s\"; ~window = \"15s\"",
    ),
    (
        "knative",
        "autoscaling",
        "policy = \"kpa\"; max = ?; min = 0; metric = \"in_system_mean\"; target = 100; utilisation = \"70%\"; \
         stable = \"60s\"; panic = \"10%\"; panic_threshold = 2.0; up_rate = 1000.0; down_rate = 2.0; every = \"2s\"; \
         grace = \"30s\"; down_delay = \"0s\"; activation = 1; burst = 211",
    ),
    (
        "cloud-run",
        "autoscaling",
        "policy = \"cloud-run\"; max = ?; min = 0; instance_concurrency = 80; utilisation = \"60%\"; every = \"5s\"; \
         over = \"1min\"; ~idle = \"15min\"",
    ),
    (
        "azure-consumption",
        "autoscaling",
        "policy = \"azure-consumption\"; target = ?; trigger = \"http\"; min = 0; max = 200",
    ),
    // Functions and how long their programs take to start.
    (
        "aws-lambda",
        "function",
        "max_duration = \"3s\"; rate_per_concurrency = 10; after_failure = \"reset\"; ~choice = \"most-recent\"; \
         keep_alive.policy = \"uniform\"; keep_alive.low = \"5min\"; keep_alive.high = \"7min\"; \
         scale_up.burst = 1000; scale_up.refill = \"1000/10s\"",
    ),
    (
        "aws-lambda-before-2023",
        "function",
        "max_duration = \"3s\"; rate_per_concurrency = 10; after_failure = \"reset\"; ~choice = \"most-recent\"; \
         keep_alive.policy = \"uniform\"; keep_alive.low = \"5min\"; keep_alive.high = \"7min\"; \
         scale_up.burst = 3000; scale_up.refill = \"500/min\"",
    ),
    (
        "aws-lambda-2019",
        "function",
        "max_duration = \"3s\"; rate_per_concurrency = 10; after_failure = \"reset\"; ~choice = \"most-recent\"; \
         keep_alive = \"10min\"; scale_up.burst = 3000; scale_up.refill = \"500/min\"",
    ),
    ("cloud-functions", "function", "^~concurrency = 1; keep_alive = \"15min\""),
    (
        "cloud-run",
        "function",
        "^concurrency = 80; max_instances = ?; ~keep_alive = \"15min\"; ~waits = \"first\"; \
         ~pending.capacity = \"unlimited\"; ~pending.patience = \"10s\"; ~max_duration = \"5min\"; \
         ~after_failure = \"keep\"",
    ),
    (
        "azure-consumption",
        "function",
        "^~concurrency = 100; max_instances = 200; keep_alive = \"20min\"; scale_up.burst = 1; \
         scale_up.refill = \"1/s\"; memory = \"1.5GB\"; cpu_at = \"1.5GB\"; max_duration = \"5min\"; \
         ~waits = \"first\"; ~pending.capacity = \"unlimited\"; ~pending.patience = \"230s\"",
    ),
    ("rust", "start", "init.distribution = \"uniform\"; init.low = \"15ms\"; init.high = \"18ms\""),
    ("go", "start", "init = \"49ms\""),
    ("llrt", "start", "init = \"67ms\""),
    ("dotnet8-aot", "start", "init = \"87ms\""),
    ("graalvm21", "start", "init = \"152ms\""),
    ("python3.12", "start", "init.distribution = \"uniform\"; init.low = \"81ms\"; init.high = \"85ms\""),
    ("python3.13", "start", "init.distribution = \"uniform\"; init.low = \"84ms\"; init.high = \"91ms\""),
    ("python3.14", "start", "init = \"102ms\""),
    ("nodejs20", "start", "init = \"140ms\""),
    ("nodejs22", "start", "init = \"140ms\""),
    ("nodejs24", "start", "init.distribution = \"uniform\"; init.low = \"131ms\"; init.high = \"143ms\""),
    ("ruby3.3", "start", "init.distribution = \"uniform\"; init.low = \"227ms\"; init.high = \"249ms\""),
    ("java21", "start", "init.distribution = \"uniform\"; init.low = \"231ms\"; init.high = \"242ms\""),
    ("java17", "start", "init = \"202ms\""),
    ("java25", "start", "init = \"188ms\""),
    ("java11", "start", "init = \"275ms\""),
    ("dotnet8", "start", "init.distribution = \"uniform\"; init.low = \"238ms\"; init.high = \"268ms\""),
    ("dotnet10", "start", "init = \"245ms\""),
    (
        "python3.12-container",
        "start",
        "init.distribution = \"uniform\"; init.low = \"160ms\"; init.high = \"194ms\"",
    ),
    (
        "nodejs22-container",
        "start",
        "init.distribution = \"uniform\"; init.low = \"304ms\"; init.high = \"354ms\"",
    ),
    (
        "java21-container",
        "start",
        "init.distribution = \"uniform\"; init.low = \"322ms\"; init.high = \"452ms\"",
    ),
    (
        "dotnet8-container",
        "start",
        "init.distribution = \"uniform\"; init.low = \"395ms\"; init.high = \"488ms\"",
    ),
    (
        "backblaze-2024",
        "fault",
        "kind = \"crash\"; time_to_failure.distribution = \"exponential\"; time_to_failure.mean = \"23264d\"; time_to_repair = ?",
    ),
    (
        "google-2008-machine",
        "fault",
        "kind = \"crash\"; time_to_failure.distribution = \"exponential\"; time_to_failure.mean = \"657d\"; time_to_repair = ?",
    ),
    (
        "google-2008-power",
        "fault",
        "kind = \"crash\"; time_to_failure.distribution = \"exponential\"; time_to_failure.mean = \"365d\"; \
         time_to_repair = \"6h\"",
    ),
    (
        "google-2008-rack",
        "fault",
        "kind = \"crash\"; time_to_failure.distribution = \"exponential\"; ~time_to_failure.mean = \"822d\"; \
         ~time_to_repair.distribution = \"uniform\"; ~time_to_repair.low = \"1h\"; ~time_to_repair.high = \"6h\"",
    ),
    (
        "zone-outage",
        "fault",
        "~kind = \"crash\"; ~time_to_failure.distribution = \"exponential\"; ~time_to_failure.mean = \"913d\"; \
         ~time_to_repair.distribution = \"uniform\"; ~time_to_repair.low = \"1h\"; ~time_to_repair.high = \"8h\"",
    ),
    (
        "region-degradation",
        "fault",
        "~kind = \"error\"; ~share = ?; ~time_to_failure.distribution = \"exponential\"; \
         ~time_to_failure.mean = \"1096d\"; ~time_to_repair.distribution = \"uniform\"; ~time_to_repair.low = \"2h\"; \
         ~time_to_repair.high = \"12h\"",
    ),
    ("ec2-recover", "monitor", "kind = \"poll\"; interval = \"1min\"; after = 2"),
    (
        "ec2-recover",
        "operation",
        "~time.distribution = \"uniform\"; ~time.low = \"1min\"; ~time.high = \"5min\"",
    ),
    ("ec2-reboot", "monitor", "kind = \"poll\"; interval = \"1min\"; after = 3"),
    (
        "ec2-reboot",
        "operation",
        "~time.distribution = \"uniform\"; ~time.low = \"1min\"; ~time.high = \"5min\"",
    ),
    (
        "ec2-replace",
        "operation",
        "~time.distribution = \"uniform\"; ~time.low = \"2min\"; ~time.high = \"10min\"",
    ),
    (
        "rds-multi-az",
        "standby",
        "mode = \"hot\"; ~switch.distribution = \"uniform\"; switch.low = \"60s\"; switch.high = \"120s\"",
    ),
    (
        "rds-multi-az-cluster",
        "standby",
        "mode = \"hot\"; ~switch.distribution = \"uniform\"; ~switch.low = \"0s\"; switch.high = \"35s\"",
    ),
    (
        "aurora",
        "standby",
        "mode = \"hot\"; ~switch.distribution = \"uniform\"; ~switch.low = \"0s\"; switch.high = \"60s\"",
    ),
    ("kubernetes", "backoff", "first = \"10s\"; factor = 2.0; max = \"5min\"; forget = \"10min\""),
    ("kubernetes", "deploy", "policy = \"rolling\"; surge = \"25%\"; unavailable = \"25%\"; bake = \"0s\""),
    ("codedeploy-all-at-once", "deploy", "policy = \"all-at-once\"; bake = \"0s\""),
    ("codedeploy-blue-green", "deploy", "policy = \"blue-green\"; bake = \"0s\"; keep_old = \"1h\""),
    ("codedeploy-canary10percent5minutes", "deploy", "policy = \"canary\"; share = \"10%\"; bake = \"5min\""),
    (
        "codedeploy-canary10percent10minutes",
        "deploy",
        "policy = \"canary\"; share = \"10%\"; bake = \"10min\"",
    ),
    (
        "codedeploy-canary10percent15minutes",
        "deploy",
        "policy = \"canary\"; share = \"10%\"; bake = \"15min\"",
    ),
    (
        "codedeploy-canary10percent30minutes",
        "deploy",
        "policy = \"canary\"; share = \"10%\"; bake = \"30min\"",
    ),
    (
        "codedeploy-linear10percentevery1minute",
        "deploy",
        "policy = \"linear\"; share = \"10%\"; bake = \"1min\"",
    ),
    (
        "codedeploy-linear10percentevery2minutes",
        "deploy",
        "policy = \"linear\"; share = \"10%\"; bake = \"2min\"",
    ),
    (
        "codedeploy-linear10percentevery3minutes",
        "deploy",
        "policy = \"linear\"; share = \"10%\"; bake = \"3min\"",
    ),
    (
        "codedeploy-linear10percentevery10minutes",
        "deploy",
        "policy = \"linear\"; share = \"10%\"; bake = \"10min\"",
    ),
    (
        "codedeploy-half-at-a-time",
        "deploy",
        "policy = \"rolling\"; surge = \"0%\"; unavailable = \"50%\"; bake = \"0s\"",
    ),
    (
        "codedeploy-one-at-a-time",
        "deploy",
        "policy = \"rolling\"; surge = \"0%\"; unavailable = \"0%\"; bake = \"0s\"",
    ),
];
