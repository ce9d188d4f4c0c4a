//! Gateways: what stands in front of services, routes requests to them, and lets in no more than was agreed.
//!
//! A gateway is a service without limits of its own that makes the calls of a route: first the one that authorises, then the
//! one of the service behind. The room says which buckets an attempt takes a token of; who comes by which route is said by
//! call sites, and the engine makes the calls.

use std::ops::Range;

use super::resilience::limit::BucketSettings;
use crate::units::Probability;

/// What makes a service a gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct Gateway {
    /// The bucket of an account that it shares with other gateways.
    pub account: Option<Account>,
    /// The bucket of all that it lets in.
    pub throttle: Option<BucketSettings>,
    /// The bucket that each of its callers has.
    pub client_throttle: Option<BucketSettings>,
    /// Its routes; at least one.
    pub routes: Vec<Route>,
}

/// The bucket of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The number of the account.
    pub number: u32,
    /// How its bucket fills.
    pub throttle: BucketSettings,
}

/// Where some of the paths of a gateway lead.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The bucket of all that takes it.
    pub throttle: Option<BucketSettings>,
    /// The steps of the service that are made for it: the call that authorises, if there is one, and that of the service
    /// behind.
    pub steps: Range<usize>,
    /// Share of the requests that the call that authorises refuses, although it is answered well.
    pub denied: Probability,
}

/// Which of several doors a bucket stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// That of an account.
    Account(u32),
    /// That of a gateway.
    Gateway,
    /// That of one of its callers, by number.
    Client(u32),
    /// That of one of its routes.
    Route(u32),
}

impl Gateway {
    /// Whether it does not let in all that comes, or not all of that through to the services behind.
    pub fn refuses(&self) -> bool {
        let limits = [&self.throttle, &self.client_throttle];
        self.account.is_some()
            || limits.into_iter().any(Option::is_some)
            || self.routes.iter().any(|route| route.throttle.is_some() || route.denied > Probability::ZERO)
    }

    /// The doors through which an attempt goes that comes from a caller and takes a route, each with how its bucket fills.
    pub fn doors(&self, caller: u32, route: usize) -> Vec<(Door, &BucketSettings)> {
        let account = self.account.as_ref().map(|one| (Door::Account(one.number), &one.throttle));
        let own = self.throttle.as_ref().map(|one| (Door::Gateway, one));
        let client = self.client_throttle.as_ref().map(|one| (Door::Client(caller), one));
        let route = self.routes[route].throttle.as_ref().map(|one| (Door::Route(route as u32), one));
        [account, own, client, route].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resilience::limit::BucketSettings;
    use crate::units::Rate;

    #[test]
    fn an_attempt_goes_through_the_doors_that_there_are() {
        let bucket = |burst| BucketSettings::new(Rate::new(1.0).unwrap(), burst);
        let route = |throttle| Route { throttle, steps: 0..1, denied: Probability::ZERO };
        let gateway = Gateway {
            account: Some(Account { number: 3, throttle: bucket(1) }),
            throttle: None,
            client_throttle: Some(bucket(2)),
            routes: vec![route(None), route(Some(bucket(4)))],
        };
        let doors = |caller, route| -> Vec<Door> {
            gateway.doors(caller, route).into_iter().map(|(door, _)| door).collect()
        };
        assert_eq!(doors(7, 0), [Door::Account(3), Door::Client(7)]);
        assert_eq!(doors(8, 1), [Door::Account(3), Door::Client(8), Door::Route(1)]);
    }
}
