//! What becomes of frames on their way.

use super::frames::{frame_of, sent_of};
use super::lanes::{Waiting, conn_of};
use super::new_things::{changed, with_new_fields, with_new_words};
use super::plan::{Class, Mishap};
use super::{Faultable, Faulty, Frame};
use crate::domain::Wall;
use crate::transport::service::{ConnId, Sent};

impl<V: Faultable> Faulty<V> {
    /// Lets everything the venue sends meet its fate.
    pub(super) fn emit(&mut self, now: Wall, produced: Vec<Sent>, out: &mut Vec<Sent>) {
        for sent in produced {
            match frame_of(sent) {
                Ok((conn, frame)) => self.emit_frame(now, conn, frame, out),
                Err(sent) => self.post(now, now, sent, out),
            }
        }
    }

    fn emit_frame(&mut self, now: Wall, conn: ConnId, frame: Frame, out: &mut Vec<Sent>) {
        if self.dice.is_calm() {
            return self.post(now, now, sent_of(conn, frame), out);
        }
        let class = self.venue.class_of_sent(&frame);
        match self.mishap(now, class) {
            None | Some(Mishap::Refuse(_) | Mishap::Status(_)) => {
                self.post(now, now, sent_of(conn, frame), out)
            }
            Some(Mishap::Drop) => {}
            Some(Mishap::Delay(span)) => {
                let at = now.after(self.dice.draw(span));
                self.post(now, at, sent_of(conn, frame), out);
            }
            Some(Mishap::Duplicate) => {
                self.post(now, now, sent_of(conn, frame.clone()), out);
                self.post(now, now, sent_of(conn, frame), out);
            }
            Some(Mishap::Reorder(span)) => {
                let at = now.after(self.dice.draw(span));
                self.lanes.wait(at, Waiting::ToClient(sent_of(conn, frame)));
            }
            Some(Mishap::Cut) => self.cut(conn, out),
            Some(Mishap::CutAfter) => {
                self.post(now, now, sent_of(conn, frame), out);
                self.cut(conn, out);
            }
            Some(Mishap::NewFields) => {
                self.post(now, now, sent_of(conn, changed(frame, with_new_fields)), out);
            }
            Some(Mishap::NewWords) => {
                self.post(now, now, sent_of(conn, changed(frame, with_new_words)), out);
            }
        }
    }

    /// Sends something at `at`, or later if its lane or the venue is not free.
    fn post(&mut self, now: Wall, at: Wall, sent: Sent, out: &mut Vec<Sent>) {
        let wish = self.stalled(now).map_or(at, |until| at.max(until));
        match self.lanes.leaves_at(conn_of(&sent), wish) {
            Some(at) if at > now => self.lanes.wait(at, Waiting::ToClient(sent)),
            Some(_) => out.push(sent),
            None => {}
        }
    }

    /// Hands the venue a frame that has arrived.
    pub(super) fn hand_over(&mut self, now: Wall, conn: ConnId, frame: &Frame, out: &mut Vec<Sent>) {
        let mut produced = Vec::new();
        match frame {
            Frame::Text(text) => self.venue.text(now, conn, text, &mut produced),
            Frame::Binary(bytes) => self.venue.binary(now, conn, bytes, &mut produced),
        }
        self.emit(now, produced, out);
    }

    /// Lets a frame of a client meet its fate.
    pub(super) fn take(&mut self, now: Wall, conn: ConnId, frame: Frame, out: &mut Vec<Sent>) {
        if !self.lanes.is_open(conn) {
            return;
        }
        let class = match &frame {
            Frame::Text(text) => self.venue.class_of_text(text),
            Frame::Binary(_) => Class::Control,
        };
        let mishap = self.mishap(now, class);
        let mut at = self.stalled(now).unwrap_or(now);
        match mishap {
            None | Some(Mishap::NewFields | Mishap::NewWords | Mishap::Status(_)) => {}
            Some(Mishap::Drop) => return,
            Some(Mishap::Delay(span)) => at = at.max(now.after(self.dice.draw(span))),
            Some(Mishap::Duplicate) => self.arrive(now, at, conn, frame.clone(), out),
            Some(Mishap::Reorder(span)) => {
                let at = at.max(now.after(self.dice.draw(span)));
                return self.lanes.wait(at, Waiting::ToVenue(conn, frame));
            }
            Some(Mishap::Cut) => return self.cut(conn, out),
            Some(Mishap::CutAfter) => {
                // Cut first: nothing that the frame causes goes out on this connection any more.
                self.cut(conn, out);
                return self.hand_over(now, conn, &frame, out);
            }
            Some(Mishap::Refuse(code)) => {
                let answer = match &frame {
                    Frame::Text(text) => self.venue.refusal_frame(now, text, &code),
                    Frame::Binary(_) => None,
                };
                if let Some(answer) = answer {
                    return self.post(now, now, Sent::Text(conn, answer), out);
                }
            }
        }
        self.arrive(now, at, conn, frame, out);
    }

    fn arrive(&mut self, now: Wall, at: Wall, conn: ConnId, frame: Frame, out: &mut Vec<Sent>) {
        match self.lanes.arrives_at(conn, at) {
            Some(at) if at > now => self.lanes.wait(at, Waiting::ToVenue(conn, frame)),
            Some(_) => self.hand_over(now, conn, &frame, out),
            None => {}
        }
    }
}
