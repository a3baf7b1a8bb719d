//! Keys of the server API: held as digests, compared in constant time.

use aws_lc_rs::{constant_time, digest};
use domain::{ApiKey, ApiKeyHash};

/// What a key is held as: its SHA-256.
#[must_use]
pub fn hash_of_key(key: &str) -> ApiKeyHash {
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    ApiKeyHash::from_digest(bytes)
}

/// The key among these that has this hash; each of them is looked at, whichever fits.
pub(super) fn find<'a>(keys: &'a [ApiKey], hash: &ApiKeyHash) -> Option<&'a ApiKey> {
    keys.iter().fold(None, |found, key| {
        let fits = constant_time::verify_slices_are_equal(key.hash.as_bytes(), hash.as_bytes());
        fits.map_or(found, |()| Some(key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Scope;

    #[test]
    fn a_key_is_found_by_its_digest_alone() {
        let key = |name: &str| ApiKey {
            name: name.into(),
            hash: hash_of_key(name),
            scopes: vec![Scope::Read],
        };
        let keys = [key("one"), key("two")];
        // printf %s two | sha256sum
        let known = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
        let known = ApiKeyHash::parse(known).unwrap();
        assert_eq!(find(&keys, &known).map(|key| &*key.name), Some("two"));
        assert!(find(&keys, &hash_of_key("three")).is_none());
    }
}
