//! One deliberate fault per law, gate and dedupe: what is broken, and the text that breaks it.

/// A change of the source that breaks one promise.
pub struct Mutant {
    /// What no longer holds.
    pub name: &'static str,
    /// Law, invariant or fault row it belongs to.
    pub law: &'static str,
    pub file: &'static str,
    /// Stands exactly once in the file.
    pub from: &'static str,
    pub to: &'static str,
}

const fn mutant(
    name: &'static str,
    law: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Mutant {
    Mutant { name, law, file, from, to }
}

const INFLIGHT: &str = "src/coordinator/inflight.rs";
const EVIDENCE: &str = "src/coordinator/evidence.rs";
const ORDERS: &str = "src/coordinator/desk/orders.rs";
const POSITIONS: &str = "src/coordinator/desk/positions.rs";
const IDS: &str = "src/coordinator/desk/ids.rs";
const ALARM: &str = "src/coordinator/desk/alarm.rs";
const GATE: &str = "src/coordinator/gate.rs";
const REDUCER: &str = "src/coordinator/phase/reducer.rs";
const OPENING: &str = "src/coordinator/phase/opening.rs";
const HOLDING: &str = "src/coordinator/phase/holding.rs";
const IDLE: &str = "src/coordinator/phase/idle.rs";
const HALTED: &str = "src/coordinator/phase/halted.rs";
const RECOVERING: &str = "src/coordinator/phase/recovering.rs";
const STARTING: &str = "src/coordinator/phase/starting.rs";
const FLATTENING: &str = "src/coordinator/phase/flattening.rs";
const BOOK: &str = "src/coordinator/journal/book.rs";
const DESK: &str = "src/coordinator/desk/mod.rs";

/// All of them.
pub const MUTANTS: &[Mutant] = &[
    mutant(
        "orders stay valid for an hour",
        "R1",
        ORDERS,
        "let (touch, valid_for) = (quote.touch(side), self.settings.order_validity);",
        "let (touch, valid_for) = (quote.touch(side), std::time::Duration::from_secs(3_600));",
    ),
    mutant(
        "\"not found\" is final at once",
        "R2",
        INFLIGHT,
        "OrderAnswer::NotFound if asked >= self.dead_after() => {",
        "OrderAnswer::NotFound if asked >= self.sent => {",
    ),
    mutant(
        "\"not found\" counts from the answer, not from the question",
        "R2",
        INFLIGHT,
        "OrderAnswer::NotFound if asked >= self.dead_after() => {",
        "OrderAnswer::NotFound if now >= self.dead_after() => {",
    ),
    mutant(
        "no slack for clocks after the validity",
        "R2",
        INFLIGHT,
        "self.sent.after(self.intent.valid_for).after(VALIDITY_SLACK)",
        "self.sent.after(Duration::ZERO)",
    ),
    mutant(
        "a reading asked before the last order ended counts",
        "R2",
        EVIDENCE,
        "if asked < self.quiet_since {",
        "if asked.0 == 0 {",
    ),
    mutant(
        "one reading that disagrees is enough",
        "R3",
        EVIDENCE,
        "if supported { DISAGREEING } else { DISAGREEING_ALONE }",
        "if supported { 1 } else { 1 }",
    ),
    mutant(
        "one reading that agrees is enough",
        "R3",
        EVIDENCE,
        "None if self.agreeing >= AGREEING => Verdict::Confirmed,",
        "None if self.agreeing >= 1 => Verdict::Confirmed,",
    ),
    mutant(
        "a failed reading is zero",
        "R3",
        EVIDENCE,
        "    pub fn on_failed(&mut self, now: Mono) {",
        "    pub fn on_failed(&mut self, now: Mono) {\n        self.expected = Qty::ZERO;",
    ),
    mutant(
        "a position is confirmed without any reading",
        "R3",
        EVIDENCE,
        "None => Verdict::Open,",
        "None => Verdict::Confirmed,",
    ),
    mutant(
        "closing orders are not reduce-only",
        "R4",
        "src/domain/order.rs",
        "!matches!(self, Self::Open)",
        "!matches!(self, Self::Open | Self::Close)",
    ),
    mutant(
        "rollbacks are not reduce-only",
        "R4",
        "src/domain/order.rs",
        "!matches!(self, Self::Open)",
        "!matches!(self, Self::Open | Self::Unwind)",
    ),
    mutant(
        "a second close asks for the whole again",
        "R4",
        REDUCER,
        "(self.venue, self.purpose, self.order_size(desk, excess));",
        "(self.venue, self.purpose, excess + self.closed);",
    ),
    mutant(
        "attempts do not count, so an id repeats",
        "R5",
        IDS,
        "[index_of(purpose)?] = attempt.saturating_add(1);",
        "[index_of(purpose)?] = attempt.saturating_add(0);",
    ),
    mutant(
        "an unknown outcome is sent again under a new id",
        "R5",
        INFLIGHT,
        "        self.next_ask = Some(self.next_ask.map_or(now, |planned| planned.min(now)));\n        self.on_time(now, actions);\n    }\n\n    fn on_answer",
        "        self.stage = Stage::Expired;\n    }\n\n    fn on_answer",
    ),
    mutant(
        "the ids of a cycle serve the next one, too",
        "R6",
        IDS,
        "let Some(cycle) = self.reserved.take() else { return false };",
        "let Some(cycle) = self.reserved else { return false };",
    ),
    mutant(
        "openings go on while the ledger cannot be written",
        "R6",
        DESK,
        "(Some(cause), _) => Err(Some(cause.clone())),",
        "(Some(cause), false) => Err(Some(cause.clone())),\n            (Some(_), true) => Ok(()),",
    ),
    mutant(
        "orders are not recorded",
        "R6",
        ORDERS,
        "        actions.push(Action::Record(Record::Sent(intent)));\n        actions.push(Action::Notice(Notice::Placing",
        "        actions.push(Action::Notice(Notice::Placing",
    ),
    mutant(
        "the end of an order stands although its fills do not add up",
        "R7",
        INFLIGHT,
        "if *filled == seen || *confirmations >= CONFIRMATIONS {",
        "if *filled == *filled {",
    ),
    mutant(
        "what fills did not tell is not counted",
        "R7",
        ORDERS,
        "        if untold.is_positive() {",
        "        if untold.is_positive() && false {",
    ),
    mutant(
        "a fill that is told twice counts twice",
        "dedupe",
        INFLIGHT,
        "if self.fills.iter().any(|known| known.key == fill.key) {",
        "if self.fills.is_empty() && fill.qty.is_zero() {",
    ),
    mutant(
        "a late fill that is told twice counts twice",
        "dedupe",
        ORDERS,
        "        if order.fills.iter().any(|(key, _)| *key == fill.key) {\n            return;\n        }",
        "",
    ),
    mutant(
        "a late fill is ignored",
        "5",
        ORDERS,
        "            self.watch[venue].record(change);\n            actions.push(Action::Notice(Notice::LateFill",
        "            actions.push(Action::Notice(Notice::LateFill",
    ),
    mutant(
        "a refusal after a fill is believed",
        "4",
        INFLIGHT,
        "if self.fills.is_empty() {\n            self.stage = Stage::Refused",
        "if true {\n            self.stage = Stage::Refused",
    ),
    mutant(
        "a busted fill stays counted",
        "27",
        ORDERS,
        "        self.watch[venue].record(change);\n        self.watch[venue].look_now(now);",
        "        self.watch[venue].look_now(now);",
    ),
    mutant(
        "gate: a venue that is not ready",
        "I6",
        GATE,
        "if !view.ready {",
        "if !view.ready && view.spec.is_none() {",
    ),
    mutant(
        "gate: a venue that takes no openings",
        "I6",
        GATE,
        "if let Some(reason) = view.trading.reason() {",
        "if let Some(reason) = view.trading.reason().filter(|_| !view.ready) {",
    ),
    mutant(
        "gate: an old quote",
        "I6",
        GATE,
        "if now.since(quote.received) > desk.settings.quote_age_max {",
        "if now.since(quote.received) > desk.settings.quote_age_max * 1_000 {",
    ),
    mutant(
        "gate: an unusable quote",
        "I6",
        GATE,
        "let quote = view.quote.map_err(|fault| GateRefusal::Quote(venue, fault))?;",
        "let quote = view.quote.or(view.last_good.ok_or(QuoteFault::Missing)).map_err(|fault| GateRefusal::Quote(venue, fault))?;",
    ),
    mutant(
        "gate: too little collateral",
        "I6",
        GATE,
        "if free < desk.settings.required_balance() {",
        "if free < crate::domain::Usd::ZERO {",
    ),
    mutant(
        "gate: a position that is still open",
        "I6",
        GATE,
        "if !desk.flat_at(venue) {",
        "if !desk.flat_at(venue) && !view.ready {",
    ),
    mutant(
        "gate: a position nobody confirmed",
        "I6",
        GATE,
        "Verdict::Confirmed => Ok((quote, spec)),",
        "Verdict::Confirmed | Verdict::Open => Ok((quote, spec)),",
    ),
    mutant(
        "the filled leg of a failed opening is kept",
        "10",
        OPENING,
        "        self.roll_back(desk, now, actions)\n    }",
        "        Cooling::after_failure(desk, now, actions)\n    }",
    ),
    mutant(
        "legs that filled differently are held",
        "I5",
        OPENING,
        "Venue::ALL.into_iter().all(|venue| filled[venue] == self.orders[venue])",
        "Venue::ALL.into_iter().all(|venue| filled[venue].is_positive())",
    ),
    mutant(
        "the naked alarm is silent",
        "L1",
        ALARM,
        "let patience = NAKED_ALARM_AFTER.saturating_sub(before);",
        "let patience = NAKED_ALARM_AFTER * 1_000;",
    ),
    mutant(
        "the naked alarm is told once",
        "L1",
        ALARM,
        "self.alarm.next = Some(now.after(ALARM_REPEAT));",
        "self.alarm.next = Some(now.after(ALARM_REPEAT * 1_000));",
    ),
    mutant(
        "an order without an end is no exposure",
        "L1",
        ALARM,
        "if self.balanced() && !self.in_doubt && !self.busy.any(|busy| *busy) {",
        "if self.balanced() {",
    ),
    mutant(
        "a leg that is gone is not noticed",
        "30",
        HOLDING,
        "if desk.settle_contradiction(now, actions) {",
        "if desk.contradiction().is_some() && now.0 == 0 {",
    ),
    mutant(
        "a contradiction in an idle moment is not noticed",
        "58",
        IDLE,
        "    desk.settle_contradiction(now, actions);\n    if !Venue::ALL",
        "    if !Venue::ALL",
    ),
    mutant(
        "whatever is there is ours",
        "I14",
        POSITIONS,
        "let own = if explained.abs()",
        "let own = if !actual.is_zero() {\n            actual\n        } else if explained.abs()",
    ),
    mutant(
        "a foreign position does not refuse the start",
        "I14",
        STARTING,
        "                reason = Some(ExitReason::Refused);\n            }\n            if let Some(count)",
        "            }\n            if let Some(count)",
    ),
    mutant(
        "foreign resting orders do not refuse the start",
        "I14",
        STARTING,
        "(count > 0).then_some(count)",
        "(count > 1_000).then_some(count)",
    ),
    mutant(
        "resting orders of others are cancelled",
        "I14",
        STARTING,
        "for cid in own.iter().filter(|cid| self.is_ours(**cid)) {",
        "for cid in own {",
    ),
    mutant(
        "a restart believes its record without asking",
        "L3",
        RECOVERING,
        "recorded.chain(unrecorded.map(",
        "recorded.filter(|_| false).chain(unrecorded.filter(|_| false).map(",
    ),
    mutant(
        "a restart does not look for what was swallowed",
        "L3",
        RECOVERING,
        "recorded.chain(unrecorded.map(",
        "recorded.chain(unrecorded.filter(|_| false).map(",
    ),
    mutant(
        "a restart does not look behind what was swallowed",
        "L3",
        RECOVERING,
        "open.extend(self.followers(&intent, &open));",
        "",
    ),
    mutant(
        "a restart does not look for what was sent while nothing could be written",
        "R6",
        RECOVERING,
        "tracks.extend(memory.cycles.last().into_iter()",
        "tracks.extend(memory.cycles.last().filter(|_| false).into_iter()",
    ),
    mutant(
        "spare ids that were found are used again",
        "R5",
        RECOVERING,
        "                        desk.used(intent.cid);\n",
        "",
    ),
    mutant(
        "spare ids on record are used again",
        "R5",
        IDS,
        "            ids.used(order.intent.cid);\n",
        "            let _ = (&mut ids, order);\n",
    ),
    mutant(
        "the questions of a restart have no pace",
        "I11",
        RECOVERING,
        "*next = if actions.len() > before { now.after(PACE) } else { *next };",
        "*next = if actions.len() > before { now } else { *next };",
    ),
    mutant(
        "a size off the grid is asked for again and again",
        "55",
        REDUCER,
        "                self.on_grid = true;\n",
        "",
    ),
    mutant(
        "a restart takes any position for its own",
        "I14",
        RECOVERING,
        "desk.settings.mission == Mission::Flatten || covers(most)",
        "desk.settings.mission == Mission::Flatten || !actual.is_zero() || covers(most)",
    ),
    mutant(
        "legs that do not match are adopted",
        "I5",
        RECOVERING,
        "let side = Side::of_position(leg).filter(|_| desk.net().is_zero())?;",
        "let side = Side::of_position(leg)?;",
    ),
    mutant(
        "a finished cycle is kept open in the record",
        "L3",
        BOOK,
        "                self.cycles.remove(cycle);\n                self.left = *left;",
        "                self.left = *left;",
    ),
    mutant("what was left of a cycle is forgotten", "dust", BOOK, "                self.left = *left;\n", ""),
    mutant(
        "a leg is given up after one attempt",
        "28",
        REDUCER,
        "const ATTEMPTS_MAX: u8 = 12;",
        "const ATTEMPTS_MAX: u8 = 1;",
    ),
    mutant(
        "a close is taken for done without the venue's word",
        "8",
        REDUCER,
        "            Verdict::Open => {}\n            Verdict::Confirmed if self.is_there(desk)",
        "            Verdict::Open if !self.is_there(desk) => {}\n            Verdict::Open => self.finish(actions),\n            Verdict::Confirmed if self.is_there(desk)",
    ),
    mutant(
        "closing waits for an entry gate",
        "I8",
        REDUCER,
        "        if !desk.venues[self.venue].ready {\n            return;",
        "        if !desk.venues[self.venue].ready || crate::coordinator::gate::entry(desk, now).is_err() {\n            return;",
    ),
    mutant(
        "what a day lost is not counted",
        "I9",
        IDLE,
        "desk.settings.day_loss_max.filter(|limit| loss >= *limit)",
        "desk.settings.day_loss_max.filter(|limit| loss >= *limit + *limit + *limit)",
    ),
    mutant(
        "what a day lost is forgotten by a restart",
        "I9",
        BOOK,
        "                self.brought(entry.at, *result);\n",
        "",
    ),
    mutant("a halt is silent", "L2", HALTED, "if now >= self.next_alarm {", "if now >= self.until {"),
    mutant(
        "the end of a run is told as flat whatever is open",
        "exit",
        "src/coordinator/mod.rs",
        "self.end_at_once(if clean { ExitReason::Done } else { ExitReason::Exposure }, actions);",
        "self.end_at_once(ExitReason::Done, actions);",
    ),
    mutant(
        "one leg is closed although the other cannot be",
        "63",
        HOLDING,
        "if let Some(venue) = desk.someone_is_away() {",
        "if let Some(venue) = desk.someone_is_away().filter(|_| now.0 == 0) {",
    ),
    mutant(
        "an unwinding leg is closed although it hedges one out of reach",
        "63",
        FLATTENING,
        "let held_back = may_hold_back && desk.hedged()",
        "let held_back = false && may_hold_back && desk.hedged()",
    ),
];
