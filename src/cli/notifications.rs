//! Brings the notifier up for a run, when a channel is configured.

use crate::config::RunConfig;
use crate::coordinator::{ExitReason, Notice};
use crate::ledger::{Alarms, Unsent};
use crate::notify::spool::{Kept, Spool};
use crate::notify::{Desk, Words};
use crate::observe::log_file;
use crate::runtime::clock::Clock;
use crate::runtime::notifier::{Alerts, Notifier};
use crate::transport::client::Outbound;
use std::time::Duration;

/// How long the end of a run waits for the last messages.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Unsent messages in the ledger. A ledger that cannot be written keeps nothing, and stops no message.
pub struct LedgerSpool(pub Alarms);

impl Spool for LedgerSpool {
    fn keep(&mut self, message: &Kept) {
        if let Err(cause) = self.0.keep(message.id, &message.text, message.created) {
            log::warn!("a notification cannot be kept until it arrives: {cause}");
        }
    }

    fn done(&mut self, id: u64) {
        if let Err(cause) = self.0.done(id) {
            log::warn!("a notification that arrived will be sent again after a restart: {cause}");
        }
    }

    fn pending(&self) -> Vec<Kept> {
        let pending = self.0.pending().unwrap_or_else(|cause| {
            log::warn!("notifications of earlier runs cannot be read: {cause}");
            Vec::new()
        });
        pending.into_iter().map(|Unsent { id, text, created }| Kept { id, text, created }).collect()
    }
}

/// The notifier of a run, or none.
pub struct Notifications(Option<(Alerts, Notifier)>);

impl Notifications {
    /// Starts it and says in the log which channels are on. `spool` keeps what does not arrive.
    pub fn start(
        config: &RunConfig,
        simulated: bool,
        outbound: &Outbound,
        spool: Box<dyn Spool>,
    ) -> Result<Self, String> {
        let channels = config.notifications.channels.clone();
        if channels.is_empty() {
            log::info!("Notifications: off");
            return Ok(Self(None));
        }
        let names: Vec<&str> = channels.iter().map(crate::notify::Channel::name).collect();
        log::info!("Notifications: {}", names.join(", "));
        let zone = log_file::time_zone(&config.time_zone).map_err(|cause| cause.to_string())?;
        let account = config.account_name.as_deref();
        let words = Words::new(config.notifications.language, &config.ticker, account, simulated, zone);
        let clock = Clock::start();
        let desk = Desk::new(clock.now(), channels, words, spool);
        let running = Notifier::spawn(desk, clock, outbound);
        running
            .map(|running| Self(Some(running)))
            .map_err(|cause| format!("cannot start the notifier: {cause}"))
    }

    /// What the engine tells notices to; never blocks.
    pub fn teller(&self) -> impl Fn(&Notice) + Clone + Send + use<> {
        let alerts = self.0.as_ref().map(|(alerts, _)| alerts.clone());
        move |notice| {
            if let Some(alerts) = &alerts {
                alerts.tell(notice);
            }
        }
    }

    /// Announces how the run ended. Comes before the exit and changes nothing about it.
    pub fn finish(self, ended: &Result<ExitReason, String>) {
        if let Some((_, notifier)) = self.0 {
            notifier.finish(ended.clone(), LAST_WORDS);
        }
    }
}
