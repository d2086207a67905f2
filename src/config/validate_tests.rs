//! The promises of the configuration: defaults, precedence of nothing, every fault named.

use super::*;

const COMPLETE: [(&str, &str); 5] = [
    ("PARADEX_L1_ADDRESS", "0x1"),
    ("PARADEX_L2_PRIVATE_KEY", "0x2"),
    ("API_KEY_PRIVATE_KEY", "3"),
    ("LIGHTER_ACCOUNT_INDEX", "4"),
    ("LIGHTER_API_KEY_INDEX", "5"),
];

fn validate(extra: &[(&str, &str)]) -> Result<RunConfig, ConfigError> {
    let pairs = COMPLETE.iter().chain(extra).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let file = std::path::Path::new("no-such-folder/.env");
    let raw = RawConfig::collect(&[], &[], file, false, pairs).expect("no file to read");
    RunConfig::validate(&raw, "btc", None)
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = validate(&[]).expect("complete");
    assert_eq!(config.ticker, "BTC");
    assert_eq!(config.settings.margin, Usd::from_whole(100));
    assert_eq!(config.settings.hold_time, Duration::from_secs(300));
    assert_eq!(config.settings.take_profit_ppm, Some(500_000));
    assert_eq!(config.access.lighter.chain_id, 304);
    assert_eq!(config.access.paradex.endpoints.rest, "https://api.prod.paradex.trade/v1");
    assert_eq!(config.access.paradex.endpoints.ws, "wss://ws.api.prod.paradex.trade/v1");
    assert_eq!(config.access.lighter.endpoints.ws, "wss://mainnet.zklighter.elliot.ai/stream");
}

#[test]
fn zero_is_off_and_never_falls_back() {
    let config = validate(&[("CROSS_HEDGE_TAKE_PROFIT", "0")]).expect("complete");
    assert_eq!(config.settings.take_profit_ppm, None);
    assert_eq!(config.settings.stop_loss_ppm, Some(500_000));
}

#[test]
fn every_missing_name_is_listed_with_its_source() {
    let file = std::path::Path::new("no-such-folder/.env");
    let raw = RawConfig::collect(&[], &[], file, false, std::iter::empty()).expect("no file to read");
    let text = RunConfig::validate(&raw, "BTC", None).expect_err("nothing given").to_string();
    for (name, _) in COMPLETE {
        assert!(text.contains(name), "{name} is not named in {text}");
    }
    assert!(text.contains("--sim") && text.contains("app.lighter.xyz"), "{text}");
}

#[test]
fn bad_values_are_named_with_their_flag() {
    for (name, value) in [
        ("CROSS_HEDGE_MARGIN", "-5"),
        ("CROSS_HEDGE_MARGIN", "1e30"),
        ("CROSS_HEDGE_MARGIN", "999999999999999999999"),
        ("CROSS_HEDGE_POSITION_HOLD_TIME", "1.5"),
        ("CROSS_HEDGE_STOP_LOSS", "-1"),
        ("CROSS_HEDGE_REVERSE", "maybe"),
        ("PARADEX_REST_URL", "http://example.com/v1"),
        ("PARADEX_WS_URL", "ws://127.0.0.1.example.com/v1"),
        ("LIGHTER_WS_URL", "ftp://127.0.0.1"),
        ("ACCOUNT_NAME", "../../etc"),
    ] {
        let error = validate(&[(name, value)]).expect_err(value).to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}

#[test]
fn plain_addresses_are_for_this_machine_only() {
    for url in ["http://127.0.0.1:18101/v1", "http://localhost:1/v1", "http://[::1]:1/v1"] {
        assert!(validate(&[("PARADEX_REST_URL", url)]).is_ok(), "{url}");
    }
}

#[test]
fn notifications_are_off_until_a_channel_is_complete() {
    let channels = |extra: &[(&str, &str)]| {
        let config = validate(extra).expect("complete");
        config.notifications.channels.iter().map(notify::Channel::name).collect::<Vec<_>>()
    };
    assert_eq!(channels(&[]), [""; 0]);
    let telegram = [("TELEGRAM_BOT_TOKEN", "1:a-b_C"), ("TELEGRAM_CHAT_ID", "-100")];
    assert_eq!(channels(&telegram), ["Telegram"]);
    assert_eq!(channels(&[("LARK_TOKEN", "0af9-11")]), ["Lark"]);
    for (name, other) in [telegram, [telegram[1], telegram[0]]].map(|[given, left_out]| (given, left_out.0)) {
        let error = validate(&[name]).expect_err("half of it").to_string();
        assert!(error.contains(&format!("{other} is missing")), "{error}");
    }
}

#[test]
fn bad_notification_settings_are_named_and_tokens_never_shown() {
    for (name, value) in [
        ("LARK_TOKEN", "https://open.larksuite.com/open-apis/bot/v2/hook/5ecret"),
        ("TELEGRAM_BOT_TOKEN", "1:5ecret/../x"),
        ("TELEGRAM_API_URL", "http://example.com"),
        ("LARK_API_URL", "http://example.com"),
        ("HEDGE_LANGUAGE", "fr"),
    ] {
        let error = validate(&[(name, value)]).expect_err(value).to_string();
        assert!(error.contains(name) && !error.contains("5ecret"), "{name}={value}: {error}");
    }
}
