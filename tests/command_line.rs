//! Bad input: exit 2 with a clear sentence, never a panic. And the live path: venues in another process, keys in a file.

#[allow(dead_code, reason = "each test file uses its part of it")]
mod support;

use std::io::{BufRead, BufReader};
use support::{Venues, finish, program, run};

#[test]
fn without_keys_every_missing_name_is_listed_and_the_simulation_mentioned() {
    let dir = tempfile::tempdir().expect("a folder");
    run(dir.path(), &["BTC"]).expect(
        2,
        &[
            "PARADEX_L1_ADDRESS",
            "PARADEX_L2_PRIVATE_KEY",
            "API_KEY_PRIVATE_KEY",
            "LIGHTER_ACCOUNT_INDEX",
            "LIGHTER_API_KEY_INDEX",
            "--sim",
        ],
    );
}

#[test]
fn wrong_words_and_values_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    for (arguments, text) in [
        (vec![], "BTC"),
        (vec!["BTC", "--no-such-flag"], "--no-such-flag"),
        (vec!["BTC", "--sim", "--margin", "-5"], "--margin"),
        (vec!["BTC", "--sim", "--margin", "1e99"], "--margin"),
        (vec!["BTC", "--sim", "--margin", "banana"], "--margin"),
        (vec!["BTC", "--sim", "--hold-time", "-1"], "--hold-time"),
        (vec!["BTC", "--sim", "--cycles", "x"], "--cycles"),
        (vec!["BTC", "--sim", "--env-file", "no/such/file"], "no/such/file"),
        (vec!["BTC/../../x", "--sim"], "ticker"),
        (vec!["BTC", "--seed", "1"], "--sim"),
        (vec!["sim", "--port-base", "65534"], "--port-base"),
        (vec!["sim", "--sim-balance", "lots"], "--sim-balance"),
    ] {
        run(dir.path(), &arguments).expect(2, &[text]);
    }
}

#[test]
fn a_malformed_key_is_named_and_never_shown() {
    let dir = tempfile::tempdir().expect("a folder");
    let base = "PARADEX_L1_ADDRESS=0x0F552B302AFEF9Aa830A65CE9CCa3Cc23Bdb96C7\nLIGHTER_ACCOUNT_INDEX=7\nLIGHTER_API_KEY_INDEX=5\n";
    let good_lighter = "11".repeat(40);
    for (name, paradex, lighter) in [
        ("PARADEX_L2_PRIVATE_KEY", "0xnotahexkey5ecret", good_lighter.as_str()),
        ("PARADEX_L2_PRIVATE_KEY", "0x0", good_lighter.as_str()),
        ("API_KEY_PRIVATE_KEY", "0x5ec", "5ecre7"),
    ] {
        let text = format!("{base}PARADEX_L2_PRIVATE_KEY={paradex}\nAPI_KEY_PRIVATE_KEY={lighter}\n");
        std::fs::write(dir.path().join("keys.env"), text).expect("written");
        let ended = run(dir.path(), &["BTC", "--env-file", "keys.env"]);
        ended.expect(2, &[name]);
        assert!(!ended.text.contains("5ec"), "a secret is shown:\n{}", ended.text);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let dir = tempfile::tempdir().expect("a folder");
    run(dir.path(), &["--help"]).expect(0, &["--margin", "--sim"]);
    run(dir.path(), &["sim", "--help"]).expect(0, &["--port-base"]);
    run(dir.path(), &["--version"]).expect(0, &["hedge-fast "]);
}

const CYCLE: [&str; 9] =
    ["BTC", "--env-file", "bot.env", "--cycles", "1", "--hold-time", "1", "--cooldown", "0"];

#[test]
fn the_live_path_trades_against_venues_in_another_process_and_wrong_keys_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let sim_env = dir.path().join("sim.env");
    std::fs::write(&sim_env, "open to others").expect("written");
    let venues = Venues::start(dir.path(), 0);
    let env_file = dir.path().join("bot.env");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&sim_env).expect("there"));
    assert_eq!(mode & 0o777, 0o600, "keys in a file that others can read");

    let written = std::fs::read_to_string(&sim_env).expect("the env file");
    for (name, value) in &venues.environment {
        assert!(written.contains(&format!("{name}={value}")), "{name} is not in the file");
    }

    venues.env_file(&env_file, None);
    run(dir.path(), &CYCLE).expect(0, &["Positions Opened Successfully", "Paradex flat, Lighter flat"]);

    // Without an account index the owner's address leads to it; a stranger's leads nowhere.
    venues.env_file(&env_file, Some(("LIGHTER_ACCOUNT_INDEX", "")));
    run(dir.path(), &CYCLE).expect(0, &["Positions Opened Successfully", "Paradex flat, Lighter flat"]);
    let text = std::fs::read_to_string(&env_file).expect("the env file");
    for (name, value, code, words) in [
        ("PARADEX_L1_ADDRESS", "0x0F552B302AFEF9Aa830A65CE9CCa3Cc23Bdb96C7", 2, "no account of 0x"),
        ("API_KEY_PRIVATE_KEY", &"7".repeat(80), 2, "none of the Lighter accounts"),
        ("LIGHTER_REST_URL", "http://127.0.0.1:9", 3, "cannot be looked up"),
    ] {
        let changed = format!("{text}{name}={value}\n");
        std::fs::write(&env_file, changed).expect("written");
        run(dir.path(), &CYCLE).expect(code, &[words, "LIGHTER_ACCOUNT_INDEX"]);
    }

    // Nonces that follow the clock, taken by the same account that counted before.
    venues.env_file(&env_file, None);
    let skipping = [("LIGHTER_SKIP_NONCE", "true")];
    let ended = finish(program(dir.path(), &CYCLE).envs(skipping).spawn().expect("starts"));
    ended.expect(0, &["Positions Opened Successfully", "Paradex flat, Lighter flat"]);

    venues.env_file(&env_file, Some(("PARADEX_L2_PRIVATE_KEY", "0x123456789abcdef")));
    run(dir.path(), &CYCLE).expect(2, &["sign-in refused", "INVALID_SUBKEY"]);

    venues.env_file(&env_file, Some(("API_KEY_PRIVATE_KEY", &"7".repeat(80))));
    run(dir.path(), &CYCLE).expect(2, &["Lighter"]);

    // The key is right and the chain is not: the venue sees a signature that does not verify.
    venues.env_file(&env_file, Some(("LIGHTER_CHAIN_ID", "300")));
    let ended = run(dir.path(), &CYCLE);
    ended.expect(2, &["21120", "Rolling back Paradex position", "Paradex flat, Lighter flat"]);
    assert_eq!(ended.count("Opened Successfully"), 0);

    venues.stop();
}

/// A second process on the same account and market is refused, and so is one that would use up the other's nonces; when
/// the first is gone, however it went, its locks are gone with it.
#[test]
fn one_process_per_account_and_market_and_per_counter_of_nonces() {
    let dir = tempfile::tempdir().expect("a folder");
    let venues = Venues::start(dir.path(), 2);
    venues.env_file(&dir.path().join("bot.env"), None);
    let skipping = [("LIGHTER_SKIP_NONCE", "true")];
    let held = ["BTC", "--env-file", "bot.env", "--hold-time", "600"];
    let mut first = program(dir.path(), &held).envs(skipping).spawn().expect("starts");
    let mut lines = BufReader::new(first.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("quote usable"))));
    run(dir.path(), &CYCLE).expect(2, &["another hedge-fast", &first.id().to_string()]);
    let other_market = ["ETH", "--env-file", "bot.env", "--cycles", "1", "--hold-time", "1"];
    run(dir.path(), &other_market).expect(2, &["API key slot", "LIGHTER_SKIP_NONCE=true"]);
    let ended = finish(program(dir.path(), &other_market).envs(skipping).spawn().expect("starts"));
    ended.expect(0, &["Positions Opened Successfully", "Paradex flat, Lighter flat"]);
    first.kill().expect("killed");
    first.wait().expect("a child of ours");
    let after = run(dir.path(), &CYCLE);
    assert!(!after.text.contains("another hedge-fast"), "{}", after.text);
    // What it held is in the ledger: the next run closes it and goes on.
    after.expect(0, &["An earlier run ended in the middle", "Recovered", "Paradex flat, Lighter flat"]);
    venues.stop();
}

#[test]
fn no_key_token_or_signature_is_shown_at_any_log_level() {
    let dir = tempfile::tempdir().expect("a folder");
    let venues = Venues::start(dir.path(), 1);
    venues.env_file(&dir.path().join("bot.env"), None);
    let mut command = program(dir.path(), &CYCLE);
    let ended = finish(command.env("RUST_LOG", "trace").spawn().expect("starts"));
    ended.expect(0, &["Paradex flat, Lighter flat"]);
    let mut shown = ended.text;
    for file in ["logs/cross_hedge_BTC_activity.log", "logs/cross_hedge_BTC_orders.csv"] {
        shown.push_str(&std::fs::read_to_string(dir.path().join(file)).expect("written by the run"));
    }
    for (name, value) in venues.environment.iter().filter(|(name, _)| name.contains("PRIVATE_KEY")) {
        let digits = value.trim_start_matches("0x");
        assert!(!shown.contains(&digits[..16]), "{name} is shown");
    }
    // How every JWT begins, the header that carries one, and the fields that carry signatures.
    for word in ["eyJ", "Bearer", "bearer", "signature\"", "Sig\"", "\"auth\""] {
        assert!(!shown.contains(word), "\"{word}\" is shown");
    }
    venues.stop();
}
