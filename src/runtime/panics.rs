//! Panics of any thread as messages (invariant I13): no thread dies unnoticed, and none takes the process with it.

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::any::Any;
use std::panic::PanicHookInfo;

/// Which thread panicked, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// Name of the thread.
    pub thread: String,
    /// Place and words of the panic.
    pub words: String,
}

/// From now on every panic of the process is logged and sent to the receiver.
pub fn watch() -> Receiver<Panicked> {
    let (sender, receiver) = unbounded();
    std::panic::set_hook(Box::new(move |info| tell(&sender, info)));
    receiver
}

fn tell(sender: &Sender<Panicked>, info: &PanicHookInfo<'_>) {
    let thread = std::thread::current().name().unwrap_or("a thread without a name").to_owned();
    let place = info.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    let words = format!("{}{place}", words_of(info.payload()));
    log::error!("the {thread} thread panicked: {words}");
    let _ = sender.send(Panicked { thread, words });
}

/// The words of a panic.
pub fn words_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}
