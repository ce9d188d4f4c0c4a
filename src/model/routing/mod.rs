//! Which service a request goes to by its path.

use matchit::{InsertError, Router};

/// Prefixes of paths, in a radix tree.
///
/// Prefixes are whole segments: `/api` covers `/api`, `/api/` and `/api/orders`, not `/apis`. The longest that covers a
/// path wins, whatever the order in which they were added. A segment `{id}` stands for any one segment and gives way to
/// one that is written out. What follows `?` or `#` is no part of a path.
#[derive(Debug, Clone)]
pub struct Prefixes {
    tree: Router<usize>,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { tree: Router::new() }
    }
}

impl Prefixes {
    /// Adds the prefix of route number `number`.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence why it cannot be one.
    pub fn add(&mut self, prefix: &str, number: usize) -> Result<(), String> {
        if !prefix.starts_with('/') {
            return Err("a prefix begins with \"/\"".to_owned());
        }
        if prefix.contains("{*") || prefix.contains(['?', '#']) {
            return Err("a prefix is a path: it covers what follows by itself".to_owned());
        }
        self.tree.insert(stem(prefix), number).map_err(|error| match error {
            InsertError::Conflict { .. } => "another route covers the same paths".to_owned(),
            _ => "a segment in braces has a name and nothing beside it".to_owned(),
        })
    }

    /// The number of the route that a path takes; `None` where no prefix covers it.
    pub fn route(&self, path: &str) -> Option<usize> {
        let mut left = stem(path.split(['?', '#']).next().unwrap_or(path));
        // A catch-all beside a name in braces is a conflict in the tree, so shorter and shorter paths are looked up.
        loop {
            if let Ok(found) = self.tree.at(left) {
                return Some(*found.value);
            }
            if left == "/" {
                return None;
            }
            left = stem(&left[..left.rfind('/')?]);
        }
    }
}

/// A path without slashes at its end; the root keeps its own.
fn stem(path: &str) -> &str {
    let stem = path.trim_end_matches('/');
    if stem.is_empty() { "/" } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(all: &[&str]) -> Prefixes {
        let mut prefixes = Prefixes::default();
        for (number, prefix) in all.iter().enumerate() {
            prefixes.add(prefix, number).unwrap();
        }
        prefixes
    }

    #[test]
    fn the_longest_prefix_of_whole_segments_wins() {
        for all in [["/", "/api", "/api/orders"], ["/", "/api/", "/api/orders/"]] {
            let prefixes = prefixes(&all);
            for (path, expected) in [
                ("/", 0),
                ("/apis", 0),
                ("/img/logo.png", 0),
                ("/api", 1),
                ("/api/", 1),
                ("/api/users/7", 1),
                ("/api/ordersx", 1),
                ("/api/orders", 2),
                ("/api/orders/17?full=1", 2),
                ("/api/orders/17/lines#top", 2),
            ] {
                assert_eq!(prefixes.route(path), Some(expected), "{path}");
            }
        }
        assert_eq!(prefixes(&["/api"]).route("/web"), None);
    }

    #[test]
    fn a_name_in_braces_is_any_segment() {
        let prefixes = prefixes(&["/users/{id}/orders", "/users", "/users/me/orders"]);
        assert_eq!(prefixes.route("/users/17/orders/3"), Some(0));
        assert_eq!(prefixes.route("/users/17/settings"), Some(1));
        assert_eq!(prefixes.route("/users/me/orders"), Some(2));
    }

    #[test]
    fn impossible_prefixes_are_refused() {
        let mut known = prefixes(&["/api"]);
        assert!(known.add("api", 1).is_err());
        assert!(known.add("/api/", 1).unwrap_err().contains("same paths"));
        assert!(known.add("/x/{*all}", 1).is_err());
        assert!(known.add("/x/{id", 1).is_err());
        assert!(known.add("/x?y", 1).is_err());
    }
}
