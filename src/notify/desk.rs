//! The whole of notifying as one state machine, sans-I/O: meanings, answers and time in; requests and log lines out.

use super::alarm::{Alarm, Severity, Standing};
use super::board::{Board, Telling};
use super::channel::Channel;
use super::meaning::Meaning;
use super::outbox::{Message, Offered, Outbox, Progress};
use super::spool::{Kept, Spool};
use super::words::Words;
use crate::coordinator::ExitReason;
use crate::domain::{ClientOrderId, Mono, Now, PerVenue, Qty, Venue};
use crate::venue::http::{HttpFailure, HttpReply, HttpRequest};
use log::Level;
use std::time::Duration;

/// A message that arrives later than this carries its own time.
const LATE_AFTER_US: i64 = 60_000_000;
/// Messages of earlier runs that are sent again; older ones are shown in the log alone.
const PENDING_MAX: usize = 32;

/// One line for the log with its level.
pub type Line = (Level, String);

/// Where the coordinator said the run ended.
type FinalWord = (PerVenue<Qty>, Vec<(Venue, ClientOrderId)>);

/// Decides what is sent where and when.
pub struct Desk {
    words: Words,
    board: Board,
    outboxes: Vec<Outbox>,
    spool: Box<dyn Spool>,
    last_id: u64,
    /// The newest word about what stands: it makes the one before worthless.
    newest: Vec<(Standing, u64)>,
    final_word: Option<FinalWord>,
    lines: Vec<Line>,
}

impl Desk {
    /// A desk at the start of a run: what an earlier one could not deliver goes first.
    pub fn new(now: Now, channels: Vec<Channel>, words: Words, spool: Box<dyn Spool>) -> Self {
        let outboxes = channels.into_iter().map(Outbox::new).collect();
        let mut desk = Self {
            words,
            board: Board::default(),
            outboxes,
            spool,
            last_id: 0,
            newest: Vec::new(),
            final_word: None,
            lines: Vec::new(),
        };
        desk.take_up_pending();
        desk.tell_once(now, Alarm::Started);
        desk
    }

    fn take_up_pending(&mut self) {
        let pending = self.spool.pending();
        let old = pending.len().saturating_sub(PENDING_MAX);
        for (index, Kept { id, text, created }) in pending.into_iter().enumerate() {
            let late = self.words.late(created);
            self.lines
                .push((Level::Warn, format!("Not delivered by an earlier run: {late} {}", flat(&text))));
            self.last_id = self.last_id.max(id);
            if index < old {
                self.spool.done(id);
                continue;
            }
            let (severity, standing, late) = (Severity::Alarm, None, true);
            self.offer(Message { id, severity, standing, text, created, late });
        }
    }

    /// Takes in what a notice means.
    pub fn hear(&mut self, now: Now, meaning: Meaning) {
        match meaning {
            Meaning::Nothing => {}
            Meaning::Once(alarm) => self.tell_once(now, alarm),
            Meaning::Begins { standing, alarm, already } => {
                self.board.begins(now.mono, standing, alarm, already);
                self.tell_due(now);
            }
            Meaning::Ends { standing, alarm } => {
                if let Some(telling) = self.board.ends(now.mono, standing, alarm) {
                    self.tell(now, telling);
                }
            }
            Meaning::Contract(venue, contract) => self.words.set_contract(venue, contract),
            Meaning::Final { positions, unresolved } => self.final_word = Some((positions, unresolved)),
        }
    }

    /// The run is over: with its result, or with what broke it. Nothing that stands is repeated from here on.
    pub fn ended(&mut self, now: Now, ended: Result<ExitReason, String>) {
        self.board = Board::default();
        self.outboxes.iter_mut().for_each(Outbox::hurry);
        let alarm = match ended {
            Ok(reason) => {
                let (positions, unresolved) = self.final_word.take().unzip();
                Alarm::Ended { reason, positions, unresolved: unresolved.unwrap_or_default() }
            }
            Err(what) => Alarm::Broken(what),
        };
        self.tell_once(now, alarm);
    }

    fn tell_once(&mut self, now: Now, alarm: Alarm) {
        self.tell(now, Telling { alarm, lasting: Duration::ZERO, standing: None });
    }

    fn tell_due(&mut self, now: Now) {
        for telling in self.board.due(now.mono) {
            self.tell(now, telling);
        }
    }

    fn tell(&mut self, now: Now, telling: Telling) {
        let text = self.words.message(&telling.alarm, telling.lasting);
        // Ascending over all runs, as far as the clock does not go back.
        self.last_id = u64::try_from(now.wall.0).unwrap_or_default().max(self.last_id + 1);
        let (id, created, severity) = (self.last_id, now.wall, telling.alarm.severity());
        if telling.alarm != Alarm::Started {
            self.spool.keep(&Kept { id, text: text.clone(), created });
        }
        self.offer(Message { id, severity, standing: telling.standing, text, created, late: false });
        if let Some((what, over)) = telling.standing {
            self.supersede(what, (!over).then_some(id));
        }
    }

    /// Without it an alarm that stands for days would fill the spool when no channel takes it.
    fn supersede(&mut self, what: Standing, id: Option<u64>) {
        let older = self.newest.iter().position(|(of, _)| *of == what);
        let older = older.map(|index| self.newest.swap_remove(index).1);
        if let Some(id) = id {
            self.newest.push((what, id));
            older.into_iter().for_each(|older| self.forget(older));
        }
    }

    fn offer(&mut self, message: Message) {
        let mut replaced = Vec::new();
        for outbox in &mut self.outboxes {
            match outbox.offer(message.clone()) {
                Offered::Waiting | Offered::Refused => {}
                Offered::Replaced(older) => replaced.push(older.id),
                Offered::Dropped(gone) => {
                    let name = outbox.channel().name();
                    let text = flat(&gone.text);
                    self.lines.push((Level::Error, format!("Too much waits for {name}, dropped: {text}")));
                    // A dropped alarm stays in the spool and shows at the next start.
                    if gone.severity == Severity::Info {
                        replaced.push(gone.id);
                    }
                }
            }
        }
        replaced.into_iter().for_each(|id| self.forget(id));
    }

    /// Forgets a message unless it still waits somewhere.
    fn forget(&mut self, id: u64) {
        let waits = |outbox: &Outbox| outbox.undelivered().any(|message| message.id == id);
        if !self.outboxes.iter().any(waits) {
            self.spool.done(id);
        }
    }

    /// When [`Desk::next`] may have something.
    pub fn deadline(&self) -> Option<Mono> {
        let outboxes = self.outboxes.iter().filter_map(Outbox::deadline);
        outboxes.chain(self.board.deadline()).min()
    }

    /// A request to send now; its ticket goes back to [`Desk::on_answer`]. Its address holds a token.
    pub fn next(&mut self, now: Now) -> Option<HttpRequest> {
        self.tell_due(now);
        let words = &self.words;
        (0..).zip(&mut self.outboxes).find_map(|(ticket, outbox)| {
            let (message, dropped) = outbox.next(now.mono)?;
            let mut text = String::new();
            if message.late || now.wall.0.saturating_sub(message.created.0) > LATE_AFTER_US {
                text.push_str(&format!("{} ", words.late(message.created)));
            }
            text.push_str(&message.text);
            if dropped > 0 {
                text.push_str(&format!("\n{}", words.dropped(dropped)));
            }
            Some(outbox.channel().request(ticket, &text))
        })
    }

    /// What became of a request.
    pub fn on_answer(&mut self, now: Now, ticket: u64, outcome: &Result<HttpReply, HttpFailure>) {
        let index = usize::try_from(ticket).unwrap_or(usize::MAX);
        let Some(outbox) = self.outboxes.get_mut(index) else { return };
        let name = outbox.channel().name();
        let line = match outbox.on_answer(now.mono, outcome) {
            None | Some(Progress::Waiting { news: None }) => None,
            Some(Progress::Delivered { id, recovered }) => {
                // One channel is enough: the other still gets it as long as this run lasts.
                self.spool.done(id);
                recovered.then(|| (Level::Info, format!("{name} takes notifications again")))
            }
            Some(Progress::Waiting { news: Some(why) }) => {
                Some((Level::Warn, format!("{name} takes no notifications ({why}); trying again")))
            }
            Some(Progress::GivenUp { message, why }) => {
                self.forget(message.id);
                let text = flat(&message.text);
                Some((Level::Error, format!("{name} does not take this notification ({why}): {text}")))
            }
            Some(Progress::Closed(why)) => {
                Some((Level::Error, format!("No more notifications through {name} in this run: {why}")))
            }
        };
        self.lines.extend(line);
    }

    /// Nothing is left that could still arrive until `end`.
    pub fn is_done(&self, end: Mono) -> bool {
        self.outboxes.iter().all(|outbox| outbox.is_done(end))
    }

    /// The process ends: what did not arrive is shown in the log, and stays in the spool for the next start.
    pub fn leave(&mut self) {
        for outbox in &self.outboxes {
            let name = outbox.channel().name();
            for message in outbox.undelivered() {
                self.lines.push((Level::Warn, format!("Not delivered to {name}: {}", flat(&message.text))));
            }
        }
    }

    /// Lines for the log since the last call.
    pub fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }
}

/// A message as one line.
fn flat(text: &str) -> String {
    text.replace('\n', " | ")
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
