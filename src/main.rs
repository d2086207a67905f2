//! The program: hands its arguments to the command line and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    hedge_fast::cli::main(&arguments)
}
