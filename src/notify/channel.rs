//! The two services messages go to: how a text becomes a request, and what an answer means. Nothing is sent here.
//!
//! Telegram: `POST {base}/bot<token>/sendMessage`, answers `{"ok":true,...}` or `{"ok":false,"error_code","description"}`,
//! a limit is 429 with `parameters.retry_after` in seconds (core.telegram.org/bots/api, "Making requests").
//! Lark and Feishu: `POST {base}/open-apis/bot/v2/hook/<token>`, answers HTTP 200 with a `code` of its own, 0 when taken
//! (open.larksuite.com, "Use bots in groups", custom bots).

use crate::domain::SecretText;
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Telegram's own address.
pub const TELEGRAM: &str = "https://api.telegram.org";
/// Lark's own address; Feishu has another one.
pub const LARK: &str = "https://open.larksuite.com";
/// Telegram's limit in UTF-16 units (sendMessage, `text`); Lark takes more.
const TEXT_MAX: usize = 4096;
/// Words of a service that are repeated in our log are cut here.
const WORDS_MAX: usize = 200;

/// Where messages go. `Debug` shows no token.
#[derive(Clone, Debug)]
pub enum Channel {
    /// A Telegram bot writing to one chat.
    Telegram {
        /// Address without trailing slash.
        base: String,
        /// The bot's token.
        token: SecretText,
        /// Chat number or @name.
        chat: String,
    },
    /// A custom bot of a Lark or Feishu group.
    Lark {
        /// Address without trailing slash.
        base: String,
        /// What follows `/hook/` in the bot's webhook address.
        token: SecretText,
    },
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It arrived.
    Taken,
    /// Not now; after this pause when the service names one.
    Later {
        /// The pause asked for.
        wait: Option<Duration>,
        /// Why.
        why: String,
        /// The service answered but in no way we know: not worth trying for ever.
        odd: bool,
    },
    /// This message never; others may pass.
    Unfit(String),
    /// No message will pass: a person has to change a setting.
    Closed(String),
}

impl Channel {
    /// The service's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Telegram { .. } => "Telegram",
            Self::Lark { .. } => "Lark",
        }
    }

    /// The request that sends `text`. Its address holds the token: it must never be shown.
    pub fn request(&self, ticket: u64, text: &str) -> HttpRequest {
        let text = cut(text, TEXT_MAX);
        let (url, body) = match self {
            Self::Telegram { base, token, chat } => (
                format!("{base}/bot{}/sendMessage", token.expose()),
                json!({"chat_id": chat, "text": text, "disable_web_page_preview": true}),
            ),
            Self::Lark { base, token } => (
                format!("{base}/open-apis/bot/v2/hook/{}", token.expose()),
                json!({"msg_type": "text", "content": {"text": text}}),
            ),
        };
        let (headers, body) = (Vec::new(), Body::Json(body.to_string()));
        HttpRequest { ticket, method: Method::Post, url, headers, body }
    }

    /// Reads the answer to [`Channel::request`].
    pub fn read(&self, outcome: &Result<HttpReply, HttpFailure>) -> Answer {
        let answer = match (self, outcome) {
            (_, Err(failure)) => later(None, failure.to_string()),
            (Self::Telegram { .. }, Ok(reply)) => telegram(reply),
            (Self::Lark { .. }, Ok(reply)) => lark(reply),
        };
        self.clean(answer)
    }

    /// Services and libraries may repeat an address in their words; ours holds the token.
    fn clean(&self, answer: Answer) -> Answer {
        let (Self::Telegram { token, .. } | Self::Lark { token, .. }) = self;
        let clean = |words: String| {
            let words: String = words.replace(token.expose(), "[secret]");
            cut(&words.replace(char::is_control, " "), WORDS_MAX)
        };
        match answer {
            Answer::Taken => Answer::Taken,
            Answer::Later { wait, why, odd } => Answer::Later { wait, why: clean(why), odd },
            Answer::Unfit(why) => Answer::Unfit(clean(why)),
            Answer::Closed(why) => Answer::Closed(clean(why)),
        }
    }
}

fn later(wait: Option<Duration>, why: String) -> Answer {
    Answer::Later { wait, why, odd: false }
}

fn odd(why: String) -> Answer {
    Answer::Later { wait: None, why, odd: true }
}

#[derive(Deserialize, Default)]
struct TelegramReply {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    description: String,
    parameters: Option<TelegramParameters>,
}

#[derive(Deserialize)]
struct TelegramParameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

fn telegram(reply: &HttpReply) -> Answer {
    let said: TelegramReply = serde_json::from_slice(&reply.body).unwrap_or_default();
    let parameters = said.parameters.as_ref();
    let words = format!("HTTP {} {}", reply.status, said.description).trim_end().to_owned();
    match reply.status {
        200 if said.ok => Answer::Taken,
        429 => {
            let named = parameters.and_then(|parameters| parameters.retry_after);
            let wait = named.or(reply.retry_after_s.map(u64::from)).map(Duration::from_secs);
            later(wait, words)
        }
        401 | 404 => Answer::Closed(format!("{words}; check TELEGRAM_BOT_TOKEN")),
        403 => Answer::Closed(format!("{words}; the bot may not write to TELEGRAM_CHAT_ID")),
        400 => match parameters.and_then(|parameters| parameters.migrate_to_chat_id) {
            Some(chat) => Answer::Closed(format!("{words}; set TELEGRAM_CHAT_ID={chat}")),
            None if said.description.to_ascii_lowercase().contains("chat") => Answer::Closed(format!(
                "{words}; check TELEGRAM_CHAT_ID, and write to the bot once so that it may answer"
            )),
            None => Answer::Unfit(words),
        },
        500..=599 => later(reply.retry_after_s.map(|seconds| Duration::from_secs(seconds.into())), words),
        _ => odd(words),
    }
}

/// New form `code` and `msg`, old form `StatusCode` and `StatusMessage`.
#[derive(Deserialize, Default)]
struct LarkReply {
    code: Option<i64>,
    #[serde(default)]
    msg: String,
    #[serde(rename = "StatusCode")]
    old_code: Option<i64>,
}

fn lark(reply: &HttpReply) -> Answer {
    let said: LarkReply = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = said.code.or(said.old_code);
    let words = match code {
        Some(code) => format!("HTTP {} code {code} {}", reply.status, said.msg),
        None => format!("HTTP {}", reply.status),
    };
    let wait = reply.retry_after_s.map(|seconds| Duration::from_secs(seconds.into()));
    match (reply.status, code) {
        (200, Some(0)) => Answer::Taken,
        // Too many messages: of this bot, of the whole platform.
        (429, _) | (_, Some(11_232 | 99_991_400)) => later(wait, words),
        (_, Some(19_001)) => Answer::Closed(format!("{words}; check LARK_TOKEN")),
        (_, Some(19_021)) => Answer::Closed(format!("{words}; switch off the bot's signature check")),
        (_, Some(19_022)) => Answer::Closed(format!("{words}; this address is not on the bot's list")),
        (_, Some(19_024)) => {
            Answer::Closed(format!("{words}; make hedge-fast a keyword of the bot, or use none"))
        }
        (401 | 403 | 404, _) => Answer::Closed(format!("{words}; check LARK_TOKEN and LARK_API_URL")),
        (500..=599, _) => later(wait, words),
        _ => odd(words),
    }
}

/// At most so many UTF-16 units, with a sign that something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut units = 1;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= most
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    short
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
