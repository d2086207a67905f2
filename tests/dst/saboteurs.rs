//! Coordinators that are broken on purpose, one for every rule of the oracle.

use hedge_fast::coordinator::journal::{Finish, LedgerReport, Memory, Record};
use hedge_fast::coordinator::{Action, Coordinator, Event, ExitReason, Notice, Settings};
use hedge_fast::domain::{
    ClientOrderId, CycleId, Mono, OrderIntent, PerVenue, Price, Purpose, Qty, Side, TradeKey, Usd, Venue,
};
use hedge_fast::dst::{Invariant, Subject};
use hedge_fast::venue::{OrderAnswer, VenueCommand, VenueReport};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

macro_rules! tricks {
    ($($name:ident => $rule:ident,)*) => {
        /// What is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Trick { $($name,)* }

        impl Trick {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The rule that must catch it.
            pub fn rule(self) -> Invariant {
                match self { $(Self::$name => Invariant::$rule,)* }
            }
        }
    };
}

tricks! {
    OpensTwiceAsMuch => Clip,
    ClosesTwiceAsMuch => NeverFlips,
    DropsReduceOnly => NeverFlips,
    SizesFromTheAccount => NeverFlips,
    SendsTwice => OneIntentOneOrder,
    ForgetsReservations => ReservedBeforeSent,
    ResendsUnderANewId => OneOpenOrder,
    IgnoresFills => BeliefIsTruth,
    TakesNotFoundForAnEnd => BeliefIsTruth,
    CountsFillsTwice => EveryFillOnce,
    HoldsOneLeg => HeldInBalance,
    IgnoresBadQuotes => GatesBeforeOpening,
    IgnoresVenueState => GatesBeforeOpening,
    IgnoresDisconnects => GatesBeforeOpening,
    IgnoresTheLedger => GatesBeforeOpening,
    IgnoresTheBalance => GatesBeforeOpening,
    OpensOnOldQuotes => GatesBeforeOpening,
    PaysAnyPrice => PriceAndSize,
    OddSizes => PriceAndSize,
    ClosesLate => ClosingNotBlocked,
    NeverGivesUp => Budget,
    Spins => Bounded,
    OutlivesItsThreads => DeadThreadEnds,
    CancelsForeignOrders => OnlyOwnOrders,
    RecordsNothing => EverythingRecorded,
    SwallowsAlarms => AlarmStands,
    Sleeps => StopsInTime,
    SaysNothingWhenStuck => Live,
    ForgetsThePast => Remembered,
    FinishesEarly => Remembered,
    IgnoresTheSecondStop => StopsInTime,
    SaysAllIsWell => TruthfulExit,
    LeavesCyclesOpen => TruthfulExit,
    Panics => NoPanic,
    DependsOnTheWorld => Deterministic,
}

/// The real coordinator behind somebody who tampers with what it hears and what it does.
pub struct Saboteur {
    inner: Coordinator,
    trick: Trick,
    stops: u32,
    stated: PerVenue<Qty>,
    busy: bool,
    asleep: bool,
    idle_until: Mono,
    reserved: Option<CycleId>,
}

/// Makes a broken coordinator.
pub fn make(trick: Trick, mut settings: Settings, mut memory: Memory) -> Box<dyn Subject> {
    match trick {
        Trick::NeverGivesUp => settings.failures_max = u32::MAX,
        Trick::OpensOnOldQuotes => settings.quote_age_max = Duration::from_secs(3_600),
        Trick::IgnoresTheBalance => settings.margin = settings.margin - settings.margin.fraction(1, 10),
        Trick::ForgetsThePast => memory.cycles.clear(),
        _ => {}
    }
    let inner = Coordinator::new(settings, memory);
    Box::new(Saboteur {
        inner,
        trick,
        stops: 0,
        stated: PerVenue::default(),
        busy: false,
        asleep: false,
        idle_until: Mono(0),
        reserved: None,
    })
}

impl Subject for Saboteur {
    fn step(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>) {
        if let Event::Report(venue, VenueReport::Position { qty, .. }) = event {
            self.stated[*venue] = *qty;
        }
        self.stops += u32::from(matches!(event, Event::StopRequested));
        if let Event::Ledger(LedgerReport::Reserved(cycle)) = event {
            self.reserved = Some(*cycle);
        }
        if now < self.idle_until {
            let (positions, unresolved) = (self.inner.positions(), PerVenue::default());
            actions.push(Action::Notice(Notice::NakedAlarm { positions, unresolved, since: Duration::ZERO }));
            return;
        }
        let Some(heard) = self.hear(event) else { return };
        self.inner.step(now, &heard, actions);
        if self.trick == Trick::CountsFillsTwice
            && let Event::Report(venue, VenueReport::Filled(fill)) = event
        {
            let mut again = *fill;
            again.key = TradeKey::from_text(9, &format!("{:?}", fill.key));
            self.inner.step(now, &Event::Report(*venue, VenueReport::Filled(again)), actions);
        }
        self.act(now, actions);
    }

    fn deadline(&self) -> Option<Mono> {
        match self.trick {
            Trick::Spins if self.busy => Some(Mono(0)),
            Trick::Sleeps | Trick::SaysNothingWhenStuck if self.asleep => None,
            _ => self.inner.deadline().map(|deadline| deadline.max(self.idle_until)),
        }
    }

    fn phase(&self) -> &'static str {
        self.inner.phase_name()
    }
}

impl Saboteur {
    /// What it hears; `None` when it hears nothing.
    fn hear(&mut self, event: &Event) -> Option<Event> {
        if self.asleep {
            return None;
        }
        let deaf = match (self.trick, event) {
            (Trick::IgnoresFills, Event::Report(_, VenueReport::Filled(_)))
            | (Trick::IgnoresBadQuotes, Event::Quote(_, Err(_)))
            | (Trick::IgnoresVenueState, Event::Report(_, VenueReport::Trading(_)))
            | (
                Trick::IgnoresDisconnects,
                Event::Report(_, VenueReport::NotReady(_)) | Event::Quote(_, Err(_)),
            )
            | (Trick::IgnoresTheLedger, Event::Ledger(LedgerReport::Failing(_)))
            | (Trick::OutlivesItsThreads, Event::ThreadDied(_)) => true,
            (Trick::IgnoresTheSecondStop, Event::StopRequested) => self.stops > 1,
            _ => false,
        };
        let heard = match (self.trick, event) {
            (Trick::IgnoresFills, Event::Report(venue, VenueReport::OrderEnded { cid, reason, .. })) => {
                let (filled, reason) = (Qty::ZERO, reason.clone());
                Event::Report(*venue, VenueReport::OrderEnded { cid: *cid, filled, average: None, reason })
            }
            (
                Trick::TakesNotFoundForAnEnd,
                Event::Report(venue, VenueReport::OrderAnswer { cid, asked, answer }),
            ) if *answer == OrderAnswer::NotFound => {
                let asked = asked.after(Duration::from_secs(60));
                Event::Report(
                    *venue,
                    VenueReport::OrderAnswer { cid: *cid, asked, answer: OrderAnswer::NotFound },
                )
            }
            (Trick::IgnoresTheBalance, Event::Report(venue, VenueReport::Balance { .. })) => {
                Event::Report(*venue, VenueReport::Balance { free: Usd::from_whole(1_000_000) })
            }
            _ => event.clone(),
        };
        (!deaf).then_some(heard)
    }

    fn act(&mut self, now: Mono, actions: &mut Vec<Action>) {
        if self.trick == Trick::Panics {
            assert!(
                !actions.iter().any(|action| matches!(action, Action::Notice(Notice::PairOpened))),
                "on purpose"
            );
        }
        let mut done = Vec::with_capacity(actions.len());
        for action in actions.drain(..) {
            self.one(now, action, &mut done);
        }
        *actions = done;
    }

    fn one(&mut self, now: Mono, action: Action, done: &mut Vec<Action>) {
        let action = match action {
            Action::Command(venue, VenueCommand::Submit(intent)) => {
                let intent = self.tamper(now, venue, intent, done);
                Action::Command(venue, VenueCommand::Submit(intent))
            }
            other => other,
        };
        let swallowed = match (self.trick, &action) {
            (Trick::SwallowsAlarms, Action::Notice(Notice::NakedAlarm { .. } | Notice::Halted { .. }))
            | (Trick::RecordsNothing, Action::Record(Record::Sent(_)))
            | (Trick::LeavesCyclesOpen, Action::Record(Record::Finished { .. })) => true,
            (Trick::SaysNothingWhenStuck, Action::Command(_, VenueCommand::Submit(intent))) => {
                self.asleep |= intent.purpose.reduce_only();
                false
            }
            _ => false,
        };
        if swallowed {
            return;
        }
        match (self.trick, &action) {
            (Trick::Sleeps, Action::Notice(Notice::PairOpened)) => self.asleep = true,
            (Trick::Spins, Action::Notice(Notice::PairOpened)) => self.busy = true,
            (Trick::HoldsOneLeg, Action::Notice(Notice::LegNotFilled { .. })) => {
                done.push(Action::Notice(Notice::PairOpened));
            }
            (Trick::FinishesEarly, Action::Record(Record::Held { cycle, .. })) => {
                for cycle in [Some(*cycle), self.reserved].into_iter().flatten() {
                    done.push(Action::Record(Record::Finished {
                        cycle,
                        how: Finish::Complete,
                        left: PerVenue::default(),
                        volume: Usd::ZERO,
                        fees: Usd::ZERO,
                        result: Usd::ZERO,
                    }));
                }
                return;
            }
            (Trick::DependsOnTheWorld, Action::Notice(Notice::PairOpened)) => {
                static COUNT: AtomicU32 = AtomicU32::new(0);
                let of = COUNT.fetch_add(1, Ordering::Relaxed);
                done.push(Action::Notice(Notice::Waiting { attempt: of, of }));
            }
            _ => {}
        }
        done.push(match (self.trick, action) {
            (Trick::SaysAllIsWell, Action::Exit(_)) => Action::Exit(ExitReason::Done),
            (_, action) => action,
        });
    }

    fn tamper(
        &mut self,
        now: Mono,
        venue: Venue,
        mut intent: OrderIntent,
        done: &mut Vec<Action>,
    ) -> OrderIntent {
        let reduces = intent.purpose.reduce_only();
        let twice = intent.qty + intent.qty;
        match self.trick {
            Trick::OpensTwiceAsMuch if !reduces => intent.qty = twice,
            Trick::ClosesTwiceAsMuch if reduces => intent.qty = twice,
            Trick::SizesFromTheAccount if reduces => intent.qty = self.stated[venue].abs().max(intent.qty),
            Trick::DropsReduceOnly => intent.purpose = Purpose::Open,
            Trick::PaysAnyPrice => {
                intent.bound = Price::from_units(intent.bound.units() / 50_000_000 * 100_000_000)
            }
            Trick::OddSizes => intent.qty = intent.qty + Qty::from_units(1),
            Trick::SendsTwice => done.push(Action::Command(venue, VenueCommand::Submit(intent))),
            Trick::CancelsForeignOrders => {
                let foreign = ClientOrderId::from_number(77 << 32 | 1).expect("in range");
                done.push(Action::Command(venue, VenueCommand::Cancel(foreign)));
            }
            Trick::ForgetsReservations => {
                let cycle = intent.cid.cycle().expect("ours");
                let later = CycleId::new(cycle.ledger(), cycle.count() + 1_000).expect("in range");
                intent.cid = ClientOrderId::new(later, venue, intent.purpose, 0).expect("in range");
            }
            Trick::ClosesLate if reduces && venue == Venue::Lighter && intent.cid.attempt() < 2 => {
                // Nobody trades at such a price, and then nothing is done for a while.
                let inside = if intent.side == Side::Buy { -20_000 } else { 20_000 };
                intent.bound = intent.bound.scaled_ppm(inside).floor_to(Price::from_units(10_000_000));
                self.idle_until = now.after(Duration::from_secs(15));
            }
            Trick::ResendsUnderANewId => {
                let (cycle, attempt) = (intent.cid.cycle().expect("ours"), intent.cid.attempt() + 9);
                let mut again = intent;
                again.cid = ClientOrderId::new(cycle, venue, intent.purpose, attempt % 32).expect("in range");
                done.push(Action::Record(Record::Sent(again)));
                done.push(Action::Command(venue, VenueCommand::Submit(again)));
                done.push(Action::Record(Record::Sent(again)));
            }
            _ => {}
        }
        intent
    }
}
