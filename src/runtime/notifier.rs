//! The thread that carries alarms to people. Gives `notify::Desk` time and HTTP; decides nothing and delays nobody.

use super::clock::Clock;
use crate::coordinator::{ExitReason, Notice};
use crate::domain::Mono;
use crate::notify::{Desk, Meaning, meaning};
use crate::transport::client::Outbound;
use crate::transport::client::http::{self, Answered};
use crate::venue::http::HttpRequest;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

/// Waiting longer than this for nothing is pointless.
const IDLE: Duration = Duration::from_secs(60);

/// What reaches the thread.
enum Mail {
    Heard(Meaning),
    Answered(Answered),
    Finish { ended: Result<ExitReason, String>, within: Duration },
}

/// Hands notices to the notifier; never blocks.
///
/// The queue has no bound, because its reader has none of its own work to do: requests wait on HTTP threads, and what waits
/// to be sent is bounded in the desk. A bound here could only lose the alarm that matters.
#[derive(Clone)]
pub struct Alerts(Sender<Mail>);

impl Alerts {
    /// Passes on what a notice means for people, if anything. After the notifier has ended it is lost.
    pub fn tell(&self, notice: &Notice) {
        match meaning(notice) {
            Meaning::Nothing => {}
            heard => {
                let _ = self.0.send(Mail::Heard(heard));
            }
        }
    }
}

/// The running notifier.
pub struct Notifier {
    mail: Sender<Mail>,
    thread: JoinHandle<()>,
}

impl Notifier {
    /// Starts the thread and its HTTP threads. `desk` must have been made by the readings of `clock`.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn spawn(desk: Desk, clock: Clock, outbound: &Outbound) -> io::Result<(Alerts, Self)> {
        let (mail, received) = unbounded();
        let answers = mail.clone();
        let http = http::spawn("notifier-http", outbound, move |answer| {
            // Nobody waits for the answer only when the run is over.
            let _ = answers.send(Mail::Answered(answer));
        })?;
        let work = Work { desk, clock, mail: received, http, finish_by: None };
        let thread = std::thread::Builder::new().name("notifier".to_owned()).spawn(move || work.run())?;
        Ok((Alerts(mail.clone()), Self { mail, thread }))
    }

    /// Announces the end of the run and waits until everything arrived, at most `within`. Changes nothing about the exit.
    pub fn finish(self, ended: Result<ExitReason, String>, within: Duration) {
        let _ = self.mail.send(Mail::Finish { ended, within });
        if self.thread.join().is_err() {
            log::error!("the notifier failed; alarms may not have been delivered");
        }
    }
}

struct Work {
    desk: Desk,
    clock: Clock,
    mail: Receiver<Mail>,
    http: Sender<HttpRequest>,
    finish_by: Option<Mono>,
}

impl Work {
    fn run(mut self) {
        loop {
            self.send();
            if self.finish_by.is_some_and(|end| self.desk.is_done(end) || end <= self.clock.mono()) {
                break;
            }
            match self.mail.recv_timeout(self.wait()) {
                Ok(mail) => self.on_mail(mail),
                Err(RecvTimeoutError::Timeout) => {}
                // The HTTP threads hold a sender as long as they live.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.desk.leave();
        self.write_lines();
    }

    fn send(&mut self) {
        while let Some(request) = self.desk.next(self.clock.now()) {
            if self.http.send(request).is_err() {
                break;
            }
        }
        self.write_lines();
    }

    fn wait(&self) -> Duration {
        let due = [self.desk.deadline(), self.finish_by].into_iter().flatten().min();
        due.map_or(IDLE, |due| due.since(self.clock.mono()).min(IDLE))
    }

    fn on_mail(&mut self, mail: Mail) {
        let now = self.clock.now();
        match mail {
            Mail::Heard(meaning) => self.desk.hear(now, meaning),
            Mail::Answered((ticket, outcome)) => self.desk.on_answer(now, ticket, &outcome),
            Mail::Finish { ended, within } => {
                self.desk.ended(now, ended);
                self.finish_by = Some(now.mono.after(within));
            }
        }
    }

    fn write_lines(&mut self) {
        for (level, line) in self.desk.take_lines() {
            log::log!(level, "{line}");
        }
    }
}
