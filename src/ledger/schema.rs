//! The tables, as SQL, one text per version. Everything a table needs to be understood stands in its own comments: they
//! stay in the file, so `sqlite3 FILE .schema` explains itself.
//!
//! What happened is kept as it happened: rows of records are added, never changed. Three columns only are updated:
//! `cycles.state`, so that unfinished cycles are found without reading the finished ones, `fills.busted_by`, and
//! `alarms.delivered`.
//!
//! Nothing that comes from a venue can break a rule of these tables: a record that cannot be written would hold up all
//! that come after it.

/// Marks a file as ours (`application_id`): "HfLg".
pub(super) const APPLICATION: i64 = 0x4866_4c67;

/// The steps from an empty file to the present: the n-th makes version n of version n - 1. A step that was released is
/// never changed.
pub(super) const STEPS: &[&str] = &[VERSION_1];

const VERSION_1: &str = "
CREATE TABLE ledger (
    -- Who counts here; one row. Units in this file: amounts are integers of 0.00000001 (1e-8), times are unix
    -- microseconds unless a name ends in _us, which is a duration in microseconds.
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    tag        INTEGER NOT NULL,  -- 1..65535, drawn at random: the high bits of every cycle number and order id
    account    TEXT NOT NULL,     -- both accounts in words
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    -- A process that traded one market.
    id         INTEGER PRIMARY KEY,  -- drawn at random
    market     TEXT NOT NULL,        -- ticker
    started_at INTEGER NOT NULL,
    version    TEXT NOT NULL         -- of the program
) STRICT;
CREATE INDEX runs_of_market ON runs (market);

CREATE TABLE records (
    -- Everything that happened, in order. The table named like the kind has the details under the same seq.
    seq    INTEGER PRIMARY KEY,                   -- order over all markets
    run    INTEGER NOT NULL REFERENCES runs (id),
    number INTEGER NOT NULL,                      -- order within the run; a record that is written twice is found by it
    at     INTEGER NOT NULL,                      -- when the run emitted it
    kind   TEXT NOT NULL,
    cycle  INTEGER,                               -- the cycle it belongs to, where it belongs to one
    UNIQUE (run, number)
) STRICT;
CREATE INDEX records_of_cycle ON records (cycle) WHERE cycle IS NOT NULL;
CREATE INDEX records_of_kind ON records (run, kind);

CREATE TABLE cycles (
    -- Ids that were given away. Never deleted: the largest number says where to go on.
    number       INTEGER PRIMARY KEY,  -- tag * 2^24 + count
    market       TEXT NOT NULL,        -- ticker
    state        TEXT NOT NULL,        -- reserved, open (an order was sent), finished, released (not used)
    reverse      INTEGER NOT NULL,     -- 1: Paradex short
    valid_for_us INTEGER NOT NULL      -- any order of it is dead this long after it was sent
) STRICT;
CREATE INDEX cycles_without_end ON cycles (market) WHERE state IN ('reserved', 'open');

CREATE TABLE orders (
    -- Kind sent: an order was handed to a venue.
    seq          INTEGER PRIMARY KEY REFERENCES records (seq),
    cid          INTEGER NOT NULL UNIQUE,  -- our id: cycle * 2^8, then venue (1 bit), purpose (2), attempt (5)
    venue        TEXT NOT NULL,            -- paradex, lighter
    purpose      TEXT NOT NULL,            -- open, close, unwind, flatten
    side         TEXT NOT NULL,            -- buy, sell
    qty          INTEGER NOT NULL,         -- 1e-8 of base
    bound        INTEGER NOT NULL,         -- worst price allowed, 1e-8
    valid_for_us INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_time ON orders (venue, sent_at);

CREATE TABLE ends (
    -- Kind ended: the final result of an order. The last one of an order counts.
    seq     INTEGER PRIMARY KEY REFERENCES records (seq),
    cid     INTEGER NOT NULL,
    venue   TEXT NOT NULL,
    filled  INTEGER NOT NULL,  -- cumulative, 1e-8 of base
    average INTEGER,           -- average price, 1e-8; NULL where the venue did not say
    reason  TEXT NOT NULL      -- the venue's word
) STRICT;
CREATE INDEX ends_of_order ON ends (cid);

CREATE TABLE fills (
    -- Kind filled: an execution, once.
    seq       INTEGER PRIMARY KEY REFERENCES records (seq),
    cid       INTEGER NOT NULL,
    venue     TEXT NOT NULL,
    key       TEXT NOT NULL,     -- the venue's id of it, 32 hexadecimal digits
    side      TEXT NOT NULL,
    qty       INTEGER NOT NULL,  -- 1e-8 of base
    price     INTEGER NOT NULL,  -- 1e-8
    fee       INTEGER NOT NULL,  -- 1e-8 USDC; below zero is a rebate
    at        INTEGER NOT NULL,  -- the venue's time
    busted_by INTEGER REFERENCES records (seq)  -- the bust that undid it
) STRICT;
CREATE UNIQUE INDEX fills_once ON fills (cid, key) WHERE busted_by IS NULL;
CREATE INDEX fills_by_time ON fills (at);

CREATE TABLE repeats (
    -- Kind filled again: a later report of an execution that is known.
    seq  INTEGER PRIMARY KEY REFERENCES records (seq),
    fill INTEGER NOT NULL REFERENCES fills (seq)
) STRICT;

CREATE TABLE busts (
    -- Kind busted: the venue undid an execution.
    seq   INTEGER PRIMARY KEY REFERENCES records (seq),
    cid   INTEGER NOT NULL,
    venue TEXT NOT NULL,
    key   TEXT NOT NULL
) STRICT;

CREATE TABLE holdings (
    -- Kind held: both legs are filled and held. The cycle is in records.
    seq           INTEGER PRIMARY KEY REFERENCES records (seq),
    qty           INTEGER NOT NULL,  -- of one leg, 1e-8 of base
    entry_paradex INTEGER NOT NULL,  -- average price, 1e-8
    entry_lighter INTEGER NOT NULL
) STRICT;

CREATE TABLE corrections (
    -- Kind corrected: the venue's repeated word replaced our records. The cycle is in records.
    seq    INTEGER PRIMARY KEY REFERENCES records (seq),
    venue  TEXT NOT NULL,
    change INTEGER NOT NULL  -- of the position, signed, 1e-8 of base
) STRICT;

CREATE TABLE finishes (
    -- Kind finished: a cycle is over. The cycle is in records.
    seq          INTEGER PRIMARY KEY REFERENCES records (seq),
    how          TEXT NOT NULL,     -- complete, rolled back, nothing, recovered
    left_paradex INTEGER NOT NULL,  -- signed dust carried into the next cycle, 1e-8 of base
    left_lighter INTEGER NOT NULL,
    volume       INTEGER NOT NULL,  -- traded value over both venues, 1e-8 USDC
    fees         INTEGER NOT NULL,  -- 1e-8 USDC
    result       INTEGER NOT NULL   -- cash, fees taken off, 1e-8 USDC
) STRICT;

CREATE TABLE naked (
    -- Kind naked: exposure without a hedge began or ended.
    seq    INTEGER PRIMARY KEY REFERENCES records (seq),
    begins INTEGER NOT NULL  -- 1 began, 0 ended
) STRICT;

CREATE TABLE limits (
    -- Kind failures: what counts towards a limit, over runs.
    seq      INTEGER PRIMARY KEY REFERENCES records (seq),
    failures INTEGER NOT NULL  -- openings that failed in a row
) STRICT;

CREATE TABLE incidents (
    -- Kind incident: what an operator may want to read about later.
    seq  INTEGER PRIMARY KEY REFERENCES records (seq),
    kind TEXT NOT NULL,  -- one word
    text TEXT NOT NULL
) STRICT;

CREATE TABLE alarms (
    -- Messages to people, kept until they have reached one. Not part of the records.
    market    TEXT NOT NULL,
    id        INTEGER NOT NULL,           -- the notifier's
    text      TEXT NOT NULL,
    created   INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0, -- 1: it arrived, or a newer one said the same
    PRIMARY KEY (market, id)
) STRICT;
CREATE INDEX alarms_waiting ON alarms (market, created) WHERE delivered = 0;

CREATE VIEW order_results AS
    -- Every order with what is known of its end: filled is the larger of the venue's last total, less what was busted
    -- after it, and the sum of its executions.
    SELECT orders.cid, orders.cid >> 8 AS cycle, orders.venue, orders.purpose, orders.side, orders.qty, orders.bound,
           orders.sent_at, ends.seq IS NOT NULL AS ended,
           max(coalesce(ends.filled - (SELECT coalesce(sum(qty), 0) FROM fills
                                       WHERE fills.cid = orders.cid AND fills.busted_by > ends.seq), 0),
               (SELECT coalesce(sum(qty), 0) FROM fills
                WHERE fills.cid = orders.cid AND fills.busted_by IS NULL)) AS filled,
           ends.average, ends.reason
    FROM orders
    LEFT JOIN ends ON ends.seq = (SELECT max(seq) FROM ends WHERE ends.cid = orders.cid);

CREATE VIEW cycle_results AS
    -- Every cycle with how and when it ended.
    SELECT cycles.number, cycles.market, cycles.state, cycles.reverse, records.at AS finished_at, finishes.how,
           finishes.left_paradex, finishes.left_lighter, finishes.volume, finishes.fees, finishes.result
    FROM cycles
    LEFT JOIN records ON records.seq = (SELECT max(seq) FROM records
                                        WHERE records.cycle = cycles.number AND kind = 'finished')
    LEFT JOIN finishes ON finishes.seq = records.seq;
";
