//! What people see: log lines, the log files, the order file. Reads notices; decides nothing and delays nobody.

pub mod latency;
pub mod lines;
pub mod log_file;
pub mod narrator;
mod numbers;
pub mod order_file;
