//! A stored password: Argon2id's PHC string, and the cost that it was made with.

use std::fmt;

use argon2::password_hash::phc;
use argon2::password_hash::{Error as PhcError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::Password;

/// Longest PHC string that is read, in bytes; ours have 97.
const PHC_BYTES_MAX: usize = 256;

/// What hashing one password takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A cost that is not taken: too cheap to protect, or so dear that it would stop the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cost of password hashing is {}..={} KiB, {}..={} passes, {}..={} lanes",
    Cost::MINIMUM.memory_kib, Cost::MAXIMUM.memory_kib, Cost::MINIMUM.passes, Cost::MAXIMUM.passes,
    Cost::MINIMUM.lanes, Cost::MAXIMUM.lanes
)]
pub struct CostFault;

impl Cost {
    /// The least that is taken, and the default: 19 MiB, two passes, one lane.
    pub const MINIMUM: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
    /// The most, for what is configured and for what a stored hash may ask of us.
    pub const MAXIMUM: Self = Self {
        memory_kib: 256 * 1024,
        passes: 16,
        lanes: 4,
    };

    /// A cost of `memory_kib` KiB, `passes` over it, `lanes` beside each other, between [`Cost::MINIMUM`] and [`Cost::MAXIMUM`].
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, CostFault> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        let enough = Self::MINIMUM.is_within(cost);
        (enough && cost.is_within(Self::MAXIMUM))
            .then_some(cost)
            .ok_or(CostFault)
    }

    /// So little that tests need not wait.
    #[cfg(test)]
    pub(super) const fn of_tests() -> Self {
        Self {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        }
    }

    fn is_within(self, most: Self) -> bool {
        self.memory_kib <= most.memory_kib && self.passes <= most.passes && self.lanes <= most.lanes
    }

    fn of(params: &Params) -> Self {
        Self {
            memory_kib: params.m_cost(),
            passes: params.t_cost(),
            lanes: params.p_cost(),
        }
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::MINIMUM
    }
}

/// A text that is not a hash of ours, or a hash that cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a password hash that can be checked ({0}); it is a PHC string of argon2id, version 19"
)]
pub struct HashFault(&'static str);

/// A password's hash as it is stored: a PHC string such as `$argon2id$v=19$m=19456,t=2,p=1$…$…`. Printed nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Reads what [`PasswordHash::as_str`] gave. Refuses what is not Argon2id, and costs over [`Cost::MAXIMUM`].
    pub fn parse(phc: impl Into<String>) -> Result<Self, HashFault> {
        let hash = Self(phc.into());
        hash.cost().map(|_| hash)
    }

    /// The PHC string, to be stored where secrets are.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this was made with another cost than `wanted`: hash the password again now that it is at hand.
    #[must_use]
    pub fn needs_rehash(&self, wanted: Cost) -> bool {
        self.cost() != Ok(wanted)
    }

    /// A hash of the same cost that no password gives: 32 random bytes stand where the hash of one would.
    pub(super) fn of_nobody(
        cost: Cost,
        salt: [u8; 16],
        output: [u8; 32],
    ) -> Result<Self, HashFault> {
        let unpadded = data_encoding::BASE64_NOPAD;
        let (salt, output) = (unpadded.encode(&salt), unpadded.encode(&output));
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = cost;
        Self::parse(format!(
            "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${output}"
        ))
    }

    /// The hash of `password` under `salt`. Takes tens of milliseconds: never on a thread that serves others.
    pub(super) fn of(password: &Password, cost: Cost, salt: [u8; 16]) -> Result<Self, HashFault> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|_| HashFault("its cost is out of range"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: phc::PasswordHash = argon2
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|_| HashFault("it could not be computed"))?;
        Ok(Self(hash.to_string()))
    }

    /// Whether `password` gives this hash. Takes as long as making it, whatever the answer.
    pub(super) fn is_of(&self, password: &Password) -> Result<bool, HashFault> {
        let stored = self.read()?;
        match Argon2::default().verify_password(password.as_bytes(), &stored) {
            Ok(()) => Ok(true),
            Err(PhcError::PasswordInvalid) => Ok(false),
            Err(_) => Err(HashFault("it could not be computed")),
        }
    }

    fn read(&self) -> Result<phc::PasswordHash, HashFault> {
        if self.0.len() > PHC_BYTES_MAX {
            return Err(HashFault("it is too long"));
        }
        phc::PasswordHash::new(&self.0).map_err(|_| HashFault("it is not a PHC string"))
    }

    fn cost(&self) -> Result<Cost, HashFault> {
        let read = self.read()?;
        if read.algorithm != Algorithm::Argon2id.ident() || read.version != Some(19) {
            return Err(HashFault("it is of another algorithm or version"));
        }
        if read.salt.is_none() || read.hash.is_none_or(|hash| hash.len() < 16) {
            return Err(HashFault("its salt or its hash is missing or short"));
        }
        let params = Params::try_from(&read).map_err(|_| HashFault("its cost cannot be read"))?;
        let cost = Cost::of(&params);
        cost.is_within(Cost::MAXIMUM)
            .then_some(cost)
            .ok_or(HashFault("its cost is over the limit"))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(raw: &str) -> Password {
        Password::presented(raw).unwrap()
    }

    #[test]
    fn the_least_cost_is_what_the_issue_asks_for() {
        let hash = PasswordHash::of(&password("correct horse"), Cost::default(), [7; 16]).unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
        assert!(hash.is_of(&password("correct horse")).unwrap());
        assert!(!hash.is_of(&password("correct horsf")).unwrap());
        assert_eq!(Cost::new(19 * 1024 - 1, 2, 1), Err(CostFault));
        assert_eq!(Cost::new(19 * 1024, 1, 1), Err(CostFault));
        assert_eq!(Cost::new(u32::MAX, 2, 1), Err(CostFault));
        assert!(Cost::new(64 * 1024, 3, 1).is_ok());
    }

    /// Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1` (its test.c).
    #[test]
    fn a_hash_of_the_reference_implementation_is_checked() {
        let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let hash = PasswordHash::parse(reference).unwrap();
        assert!(hash.is_of(&password("password")).unwrap());
        assert!(!hash.is_of(&password("passwort")).unwrap());
        assert!(hash.needs_rehash(Cost::default()));
    }

    #[test]
    fn another_cost_is_a_reason_to_hash_again() {
        let hash = PasswordHash::of(&password("correct horse"), Cost::of_tests(), [7; 16]).unwrap();
        assert!(!hash.needs_rehash(Cost::of_tests()));
        assert!(hash.needs_rehash(Cost::default()));
    }

    #[test]
    fn nobody_has_a_hash_of_the_same_cost() {
        let hash = PasswordHash::of_nobody(Cost::default(), [1; 16], [2; 32]).unwrap();
        assert!(!hash.needs_rehash(Cost::default()));
        let real = PasswordHash::of(&password("x"), Cost::default(), [1; 16]).unwrap();
        assert_eq!(hash.as_str().len(), real.as_str().len());
        assert_eq!(
            hash.as_str().rsplit_once('$').unwrap().0,
            real.as_str().rsplit_once('$').unwrap().0
        );
    }

    #[test]
    fn what_is_not_a_hash_of_ours_is_refused() {
        let salt_and_hash = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        for wrong in [
            String::new(),
            "password".into(),
            format!("$argon2i$v=19$m=65536,t=2,p=1${salt_and_hash}"),
            format!("$argon2id$v=16$m=65536,t=2,p=1${salt_and_hash}"),
            format!("$argon2id$v=19$m=4000000,t=2,p=1${salt_and_hash}"),
            format!("$argon2id$v=19$m=65536,t=1000,p=1${salt_and_hash}"),
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ".into(),
            format!(
                "$argon2id$v=19$m=65536,t=2,p=1${salt_and_hash}{}",
                "A".repeat(300)
            ),
        ] {
            assert!(PasswordHash::parse(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_is_printed_nowhere() {
        let hash = PasswordHash::of_nobody(Cost::default(), [1; 16], [2; 32]).unwrap();
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }
}
