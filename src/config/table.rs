//! Every setting there is: its name, default and meaning. The parser, the messages and `env_example.txt` all read this table.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Name in the env file and the environment.
    pub name: &'static str,
    /// The flag that wins over both, with dashes.
    pub flag: Option<&'static str>,
    /// Value when nothing is given; `None`: there is none.
    pub default: Option<&'static str>,
    /// Trading is impossible without it.
    pub required: bool,
    /// With this other setting it can be found out.
    pub found_through: Option<&'static str>,
    /// What it is, in one line.
    pub meaning: &'static str,
    /// Where to get it, for the required ones.
    pub source: &'static str,
}

const fn required(name: &'static str, meaning: &'static str, source: &'static str) -> Setting {
    Setting { name, flag: None, default: None, required: true, found_through: None, meaning, source }
}

const fn optional(
    name: &'static str,
    flag: Option<&'static str>,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Setting {
    Setting { name, flag, default, required: false, found_through: None, meaning, source: "" }
}

/// The table, in the order of `env_example.txt`.
pub const SETTINGS: &[Setting] = &[
    required(
        "PARADEX_L1_ADDRESS",
        "Ethereum address that owns the Paradex account, 0x and 40 hex digits",
        "the wallet you connect to app.paradex.trade",
    ),
    required(
        "PARADEX_L2_PRIVATE_KEY",
        "Paradex (Stark) private key, 0x hex; a trade-only subkey is better than the main key",
        "app.paradex.trade, account menu, Key Management",
    ),
    optional(
        "PARADEX_L2_ADDRESS",
        None,
        None,
        "Paradex account address; needed with a subkey, else derived and compared",
    ),
    optional("PARADEX_ENVIRONMENT", None, Some("prod"), "prod or testnet"),
    optional("PARADEX_REST_URL", None, None, "other REST address, with /v1"),
    optional("PARADEX_WS_URL", None, None, "other WebSocket address, with /v1"),
    optional(
        "PARADEX_PROFILE",
        None,
        Some("retail"),
        "retail (no fee, about 300 ms delay, order quota) or pro",
    ),
    required(
        "API_KEY_PRIVATE_KEY",
        "Lighter API private key, 80 hex digits, 0x optional",
        "app.lighter.xyz, Tools, API Keys",
    ),
    Setting {
        found_through: Some("PARADEX_L1_ADDRESS"),
        ..required(
            "LIGHTER_ACCOUNT_INDEX",
            "Lighter account index; left out: the account of PARADEX_L1_ADDRESS that has this key",
            "app.lighter.xyz, Tools, API Keys",
        )
    },
    required(
        "LIGHTER_API_KEY_INDEX",
        "slot of the Lighter API key, 4 to 254; 0 to 3 belong to Lighter's own apps",
        "app.lighter.xyz, Tools, API Keys",
    ),
    optional("LIGHTER_ENVIRONMENT", None, Some("prod"), "prod or testnet"),
    optional("LIGHTER_REST_URL", None, None, "other REST address, without /api/v1"),
    optional("LIGHTER_WS_URL", None, None, "other WebSocket address, with /stream"),
    optional(
        "LIGHTER_SKIP_NONCE",
        None,
        Some("false"),
        "true: nonces follow the clock, so that a lost order cannot block the next one",
    ),
    optional("LIGHTER_CHAIN_ID", None, None, "other signing chain id (prod 304, testnet 300)"),
    optional("CROSS_HEDGE_MARGIN", Some("--margin"), Some("100"), "notional of one leg in USDC"),
    optional("CROSS_HEDGE_POSITION_HOLD_TIME", Some("--hold-time"), Some("300"), "seconds a pair is held"),
    optional(
        "CROSS_HEDGE_TAKE_PROFIT",
        Some("--take-profit"),
        Some("50"),
        "percent of profit of one leg that closes the pair; 0 is off",
    ),
    optional(
        "CROSS_HEDGE_STOP_LOSS",
        Some("--stop-loss"),
        Some("50"),
        "percent of loss of one leg that closes the pair; 0 is off",
    ),
    optional(
        "CROSS_HEDGE_REVERSE",
        Some("--reverse"),
        Some("false"),
        "true: Paradex SHORT + Lighter LONG instead of the opposite",
    ),
    optional("CROSS_HEDGE_CYCLE_WAIT", Some("--cooldown"), Some("20"), "seconds between two cycles"),
    optional("HEDGE_RETRY_WAIT", None, Some("20"), "seconds after an opening that failed"),
    optional(
        "HEDGE_IMBALANCE",
        None,
        Some("reduce"),
        "legs that filled differently: reduce the larger, or topup the smaller once and then reduce",
    ),
    optional(
        "HEDGE_ON_RESTART",
        Some("--on-restart"),
        Some("flatten"),
        "a pair that an earlier run left open: flatten closes it, adopt holds it on when it is whole",
    ),
    optional(
        "HEDGE_ON_VENUE_DOWN",
        None,
        Some("hold"),
        "a held pair when one venue stays away for a minute: hold keeps it, flatten closes the other leg",
    ),
    optional(
        "HEDGE_HALT_SECONDS",
        None,
        Some("30"),
        "how long a halt repeats its alarm before the process ends with 5, 0 to 86400",
    ),
    optional(
        "HEDGE_SLIPPAGE_BPS",
        None,
        Some("30"),
        "how far beyond the best price an order may trade, 1 to 300",
    ),
    optional(
        "HEDGE_ORDER_TIMEOUT",
        None,
        Some("3"),
        "seconds without an end after which an order is cancelled, 1 to 60",
    ),
    optional(
        "HEDGE_ORDER_VALIDITY_MS",
        None,
        Some("2000"),
        "how long a venue may execute an order, 1000 to 10000",
    ),
    optional(
        "HEDGE_QUOTE_AGE_MS_MAX",
        None,
        Some("3000"),
        "oldest quote an opening may rest on, 50 to 60000",
    ),
    optional(
        "HEDGE_FAILURES_MAX",
        None,
        Some("10"),
        "openings that may fail in a row before the run stops, 1 to 1000",
    ),
    optional(
        "HEDGE_DAY_LOSS_MAX",
        None,
        Some("0"),
        "USDC that the cycles of 24 hours may lose, over restarts, before the run stops; 0 is off",
    ),
    optional(
        "HEDGE_WAIT",
        Some("--wait"),
        Some("hybrid"),
        "how trading threads wait: block sleeps, hybrid looks on for 50 us first, spin never sleeps and needs its cores",
    ),
    optional(
        "HEDGE_THREADS",
        Some("--threads"),
        Some("auto"),
        "three trading threads, or one that carries every event to its end; auto: three from four cores on",
    ),
    optional("HEDGE_CORES", Some("--cores"), None, "cores for the trading threads, such as 2,3,4"),
    optional("HEDGE_LOG_DIR", None, Some("logs"), "folder of the log and order files"),
    optional(
        "HEDGE_STATE_DIR",
        None,
        None,
        "folder of locks and ledgers on a local disk, one for all programs of an account (default ~/.local/state/hedge-fast)",
    ),
    optional(
        "TELEGRAM_BOT_TOKEN",
        None,
        None,
        "Telegram notifications: the bot's token, from @BotFather; needs TELEGRAM_CHAT_ID",
    ),
    optional("TELEGRAM_CHAT_ID", None, None, "Telegram notifications: number of the chat, or @name"),
    optional(
        "LARK_TOKEN",
        None,
        None,
        "Lark or Feishu notifications: what follows /hook/ in the custom bot's webhook address, not the whole address",
    ),
    optional("TELEGRAM_API_URL", None, None, "other Telegram address (default https://api.telegram.org)"),
    optional(
        "LARK_API_URL",
        None,
        None,
        "other Lark address (default https://open.larksuite.com); Feishu: https://open.feishu.cn",
    ),
    optional(
        "HEDGE_LANGUAGE",
        None,
        Some("en"),
        "language of notifications, en or zh; the log stays English",
    ),
    optional("ACCOUNT_NAME", None, None, "suffix of the log and order file names"),
    optional("TIMEZONE", None, Some("Asia/Shanghai"), "IANA time zone of log timestamps"),
];

/// The setting of this name.
pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Names that look like ours but are not in the table, with the one that was probably meant.
pub fn misspelling(name: &str) -> Option<Option<&'static str>> {
    const FAMILIES: [&str; 7] =
        ["PARADEX_", "LIGHTER_", "CROSS_HEDGE_", "HEDGE_", "TELEGRAM_", "LARK_", "API_KEY_"];
    // Read by the tests of this project, not by the program.
    const FOREIGN: &str = "HEDGE_FAST_";
    if find(name).is_some() || name.starts_with(FOREIGN) {
        return None;
    }
    let near = SETTINGS.iter().map(|setting| (distance(name, setting.name), setting.name)).min();
    let guess = near.filter(|(steps, _)| *steps <= 3).map(|(_, guess)| guess);
    let ours = FAMILIES.iter().any(|family| name.starts_with(family));
    (ours || guess.is_some()).then_some(guess)
}

/// Edits between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_recognised_and_a_foreign_one_is_left_alone() {
        assert_eq!(misspelling("CROSS_HEDGE_MARGINS"), Some(Some("CROSS_HEDGE_MARGIN")));
        assert_eq!(misspelling("TIMEZONES"), Some(Some("TIMEZONE")));
        assert_eq!(misspelling("LIGHTER_SOMETHING_ELSE"), Some(None));
        assert_eq!(misspelling("PATH"), None);
        assert_eq!(misspelling("TIMEZONE"), None);
    }
}
