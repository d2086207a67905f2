//! Settings of the notifications: which channels, which language.

use super::validate::Reader;
use crate::domain::SecretText;
use crate::notify::{Channel, Language, Settings, channel};

impl Reader<'_> {
    /// Channels without their settings are off; a half-set one is a fault.
    pub(super) fn notifications(&mut self) -> Settings {
        let language = self.language();
        let channels = [self.telegram(), self.lark()].into_iter().flatten().collect();
        Settings { channels, language }
    }

    fn language(&mut self) -> Language {
        let text = self.text("HEDGE_LANGUAGE").unwrap_or_default();
        Language::parse(&text).unwrap_or_else(|| {
            self.fault("HEDGE_LANGUAGE", &format!("must be en or zh, not \"{text}\""));
            Language::default()
        })
    }

    fn telegram(&mut self) -> Option<Channel> {
        let base = self.url("TELEGRAM_API_URL", channel::TELEGRAM, "http");
        let token = self.token("TELEGRAM_BOT_TOKEN", ":_-", "as @BotFather gave it");
        let chat = self.text("TELEGRAM_CHAT_ID");
        match (token, chat) {
            (Some(token), Some(chat)) => return Some(Channel::Telegram { base, token, chat }),
            (Some(_), None) => self.fault("TELEGRAM_CHAT_ID", "is missing: TELEGRAM_BOT_TOKEN needs it"),
            (None, Some(_)) => self.fault("TELEGRAM_BOT_TOKEN", "is missing: TELEGRAM_CHAT_ID needs it"),
            (None, None) => {}
        }
        None
    }

    fn lark(&mut self) -> Option<Channel> {
        let base = self.url("LARK_API_URL", channel::LARK, "http");
        let token = self.token("LARK_TOKEN", "_-", "only what follows /hook/ in the webhook address")?;
        Some(Channel::Lark { base, token })
    }

    /// A token becomes part of an address, so it may hold nothing that means something there. It is never shown.
    fn token(&mut self, name: &str, marks: &str, expected: &str) -> Option<SecretText> {
        let (token, _) = self.raw.get(name)?;
        if !token.expose().chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c)) {
            self.fault(name, &format!("has characters that no token has; give it {expected}"));
        }
        Some(token)
    }
}
