//! The command line: which verb, which flags, which exit code. Wires the parts together; holds no logic of theirs.

mod arguments;
mod run;
mod sim;

use std::process::ExitCode;

/// Exit code for wrong usage or configuration.
const USAGE: u8 = 2;

/// Runs the program with these arguments (without the program name) and returns its exit code.
pub fn main(arguments: &[String]) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let code = match words.first() {
        Some(&"sim") => dispatch(arguments::sim(&words[1..]), sim::run),
        Some(&("--version" | "-V")) => {
            println!("hedge-fast {}", env!("CARGO_PKG_VERSION"));
            0
        }
        _ => dispatch(arguments::run(&words), run::run),
    };
    ExitCode::from(code)
}

fn dispatch<T>(parsed: Result<T, arguments::Early>, verb: impl FnOnce(T) -> u8) -> u8 {
    match parsed {
        Ok(arguments) => verb(arguments),
        Err(arguments::Early::Help(text)) => {
            println!("{text}");
            0
        }
        Err(arguments::Early::Wrong(text)) => {
            eprintln!("{text}");
            USAGE
        }
    }
}
