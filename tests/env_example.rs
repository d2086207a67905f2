//! env_example.txt and the table of settings say the same.

use hedge_fast::config::SETTINGS;

#[test]
fn every_setting_is_in_the_example_with_its_default_and_meaning() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/env_example.txt");
    let text = std::fs::read_to_string(path).expect("env_example.txt");
    let lines: Vec<&str> = text.lines().collect();
    for setting in SETTINGS {
        let wanted = match (setting.default, setting.required) {
            (Some(default), _) => format!("{}={default}", setting.name),
            (None, true) => format!("{}=", setting.name),
            (None, false) => format!("#{}=", setting.name),
        };
        assert!(lines.contains(&wanted.as_str()), "env_example.txt has no line {wanted}");
        assert!(
            text.contains(setting.meaning),
            "env_example.txt does not explain {}: {}",
            setting.name,
            setting.meaning
        );
    }
    let names =
        lines.iter().filter_map(|line| line.trim_start_matches('#').split_once('=')).map(|(name, _)| name);
    for name in
        names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
    {
        assert!(
            SETTINGS.iter().any(|setting| setting.name == name),
            "env_example.txt names {name}, which nobody reads"
        );
    }
}
