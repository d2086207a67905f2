//! What a network between session and venue keeps, whatever its delays.

use super::*;
use crate::transport::service::Response;

/// Opens a connection, sends two frames as soon as it is up, and hangs up.
struct Hasty;

impl Session for Hasty {
    fn handle(&mut self, _now: Now, input: Input<'_>, out: &mut Outbox) {
        let link = LinkId(0);
        match input {
            Input::Command(_) => {
                out.push(Output::Open { link, url: "ws://venue/stream".to_owned(), headers: Vec::new() });
            }
            Input::Opened(link) => {
                out.push(Output::Text(link, "first".to_owned()));
                out.push(Output::Text(link, "second".to_owned()));
                out.push(Output::Close(link));
            }
            _ => {}
        }
    }

    fn deadline(&self) -> Option<Mono> {
        None
    }
}

/// Remembers what reached it.
#[derive(Default)]
struct Listener(Vec<String>);

impl Service for Listener {
    fn http(&mut self, _now: Wall, _request: &Request, _out: &mut Vec<Sent>) -> Response {
        Response::plain(404, Vec::new())
    }

    fn open(
        &mut self,
        _now: Wall,
        _conn: ConnId,
        _request: &Request,
        _out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        Ok(())
    }

    fn text(&mut self, _now: Wall, _conn: ConnId, text: &str, _out: &mut Vec<Sent>) {
        self.0.push(text.to_owned());
    }

    fn binary(&mut self, _now: Wall, _conn: ConnId, _bytes: &[u8], _out: &mut Vec<Sent>) {}

    fn alive(&mut self, _now: Wall, _conn: ConnId) {}

    fn closed(&mut self, _now: Wall, _conn: ConnId, clean: bool, _out: &mut Vec<Sent>) {
        self.0.push(format!("closed, clean: {clean}"));
    }

    fn advance(&mut self, _now: Wall, _out: &mut Vec<Sent>) {}

    fn next_due(&self) -> Option<Wall> {
        None
    }
}

#[test]
fn an_orderly_close_arrives_after_everything_sent_before_it() {
    for seed in 0..64 {
        let mut network = Network::new(seed, Duration::from_millis(1));
        network.jitter = Duration::from_millis(50);
        let mut world = World::new(Hasty, Listener::default(), network, Wall::from_millis(0));
        world.command(VenueCommand::Start);
        world.run_for(Duration::from_secs(1)).expect("not stuck");
        assert_eq!(world.venue().0, ["first", "second", "closed, clean: true"], "seed {seed}");
    }
}
