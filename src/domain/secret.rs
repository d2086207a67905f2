//! The one home of secrets: memory that is wiped on drop and cannot be printed.
//! Not a key format: `signing` decides what the bytes mean.

use zeroize::Zeroizing;

/// `N` secret bytes. `Debug` shows nothing, there is no `Display`, and the memory is wiped when dropped.
#[derive(Clone)]
pub struct SecretBytes<const N: usize>(Zeroizing<[u8; N]>);

impl<const N: usize> SecretBytes<N> {
    /// Takes ownership of key bytes; the caller's copy is the caller's to wipe.
    pub fn new(bytes: [u8; N]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves, for arithmetic inside `signing` only.
    pub(crate) fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> std::fmt::Debug for SecretBytes<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A secret as the operator wrote it. `Debug` shows nothing, there is no `Display`, and the memory is wiped when dropped.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes ownership of the text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the parser of a key and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretBytes, SecretText};

    #[test]
    fn debug_output_never_shows_the_bytes() {
        let secret = SecretBytes::new([0xab; 32]);
        let shown = format!("{secret:?}");
        assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
        assert_eq!(format!("{:?}", SecretText::new("0xabc".to_owned())), "[secret]");
    }
}
