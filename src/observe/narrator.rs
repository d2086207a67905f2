//! The thread that turns notices into log lines and order rows, so that no trading thread ever waits for a disk.

use super::lines::Lines;
use super::order_file::OrderFile;
use crate::coordinator::Notice;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::thread::JoinHandle;

/// Hands notices to the narrator; never blocks.
#[derive(Clone)]
pub struct Telling(Sender<Notice>);

impl Telling {
    /// Passes one notice on. After the narrator has ended it is lost: there is nobody left to read it.
    pub fn tell(&self, notice: Notice) {
        let _ = self.0.send(notice);
    }
}

/// The running narrator; waits for everything told before it goes.
pub struct Narrator(JoinHandle<()>);

impl Narrator {
    /// Starts the thread.
    pub fn spawn(lines: Lines, orders: OrderFile) -> std::io::Result<(Telling, Self)> {
        let (sender, receiver) = unbounded();
        let thread = std::thread::Builder::new().name("narrator".to_owned());
        let handle = thread.spawn(move || narrate(&receiver, lines, orders))?;
        Ok((Telling(sender), Self(handle)))
    }

    /// Waits until everything was written; every [`Telling`] must be gone.
    pub fn finish(self) {
        if self.0.join().is_err() {
            log::error!("the log writer failed; the last lines may be missing");
        }
    }
}

fn narrate(notices: &Receiver<Notice>, mut lines: Lines, orders: OrderFile) {
    let mut orders = Some(orders);
    let mut cycle = 0;
    for notice in notices {
        for (level, line) in lines.render(&notice) {
            log::log!(level, "{line}");
        }
        match &notice {
            Notice::Opening { cycle: number, .. } => cycle = *number,
            Notice::Filled { venue, intent, fill } => {
                let contract = lines.contract(*venue);
                let written = orders.as_mut().map(|file| file.row(cycle, *venue, contract, intent, fill));
                if let Some(Err(cause)) = written {
                    log::error!("the order file cannot be written any more ({cause}); trading goes on");
                    orders = None;
                }
            }
            _ => {}
        }
    }
}
