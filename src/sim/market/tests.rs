//! Properties of the simulated market over many ticks.

use super::*;
use proptest::prelude::*;

/// Ticks and steps both venues publish, in units of 1e-8.
const LISTED: [(Venue, usize, i64, i64); 6] = [
    (Venue::Paradex, 0, 10_000_000, 1_000),
    (Venue::Paradex, 1, 1_000_000, 10_000),
    (Venue::Paradex, 2, 100_000, 1_000_000),
    (Venue::Lighter, 0, 10_000_000, 1_000),
    (Venue::Lighter, 1, 1_000_000, 10_000),
    (Venue::Lighter, 2, 100_000, 100_000),
];

fn listed(seed: u64, (venue, market, tick, step): (Venue, usize, i64, i64)) -> Quoter {
    Quoter::new(seed, venue, &MARKETS[market], Price::from_units(tick), Qty::from_units(step))
}

fn btc(seed: u64, venue: Venue) -> Quoter {
    listed(seed, (venue, 0, 10_000_000, 1_000))
}

/// Checks everything that must hold of any ladder of this quoter.
fn assert_sound(quoter: &Quoter, ladder: &Ladder) {
    let (bid, ask) = (ladder.bids[0].0, ladder.asks[0].0);
    let (tick, mid) = (quoter.tick.units(), bid.midpoint(ask).units());
    let spread = (ask - bid).units();
    // Between 0.6 and 1.6 of the usual spread; rounding may widen it by a tick on each side, never narrow it.
    let part = |tenths: i64| scale(mid, 2 * quoter.half_spread_ppm * tenths, 10_000_000);
    assert!(part(5) < spread && spread < part(17) + 2 * tick, "spread {spread} of {bid} {ask}");
    assert!(bid.is_positive() && bid < ask, "{bid} {ask}");
    assert!(bid <= ladder.mark && ladder.mark <= ask, "mark {} outside {bid} {ask}", ladder.mark);
    assert!(ladder.index.is_positive() && ladder.index.is_multiple_of(quoter.tick));
    assert_eq!((ladder.bids.len(), ladder.asks.len()), (LEVELS, LEVELS));
    assert!(ladder.bids.windows(2).all(|pair| pair[0].0 > pair[1].0));
    assert!(ladder.asks.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (price, qty) in ladder.bids.iter().chain(&ladder.asks) {
        assert!(price.is_positive() && price.is_multiple_of(quoter.tick), "price {price}");
        assert!(qty.is_positive() && qty.is_multiple_of(quoter.step), "size {qty}");
    }
}

#[test]
fn every_listed_market_stays_sound_over_a_hundred_thousand_ticks() {
    for market in LISTED {
        let mut quoter = listed(11, market);
        for _ in 0..100_000 {
            let ladder = quoter.step();
            assert_sound(&quoter, &ladder);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_ladder_is_sound_on_any_seed_tick_and_step(
        seed in any::<u64>(), lighter in any::<bool>(), market in 0usize..3, tick in 0u32..9, step in 0u32..9,
    ) {
        let venue = if lighter { Venue::Lighter } else { Venue::Paradex };
        let mut quoter = listed(seed, (venue, market, 10i64.pow(tick), 10i64.pow(step)));
        for _ in 0..500 {
            let ladder = quoter.step();
            assert_sound(&quoter, &ladder);
        }
    }

    #[test]
    fn a_seed_repeats_its_market_and_both_venues_follow_one_path(seed in any::<u64>()) {
        let (mut once, mut again) = (btc(seed, Venue::Paradex), btc(seed, Venue::Paradex));
        let (mut neighbour, mut other) = (btc(seed, Venue::Lighter), btc(seed.wrapping_add(1), Venue::Paradex));
        let mut differs = false;
        for _ in 0..200 {
            let ladder = once.step();
            prop_assert_eq!(&ladder, &again.step());
            prop_assert_eq!(ladder.index, neighbour.step().index);
            differs |= ladder != other.step();
        }
        prop_assert!(differs, "the next seed has the same market");
    }
}

#[test]
fn the_venues_part_by_a_basis_point_or_two_and_come_back() {
    for seed in 1..=5 {
        let (mut paradex, mut lighter) = (btc(seed, Venue::Paradex), btc(seed, Venue::Lighter));
        let (mut squares, mut widest, mut turns, mut last) = (0, 0, 0, 0);
        const TICKS: i64 = 50_000;
        for _ in 0..TICKS {
            let (here, there) = (paradex.step(), lighter.step());
            let basis_ppm = scale((here.mark - there.mark).units(), 1_000_000, here.index.units());
            squares += basis_ppm * basis_ppm;
            widest = widest.max(basis_ppm.abs());
            turns += i64::from(basis_ppm.signum() * last < 0);
            last = if basis_ppm == 0 { last } else { basis_ppm.signum() };
        }
        let variance = squares / TICKS;
        assert!((80 * 80..200 * 200).contains(&variance), "seed {seed}: variance {variance} ppm^2");
        assert!(widest < 1_000, "seed {seed}: {widest} ppm apart");
        // Half a minute to come back means a change of sign every minute or so, among 83 minutes.
        assert!(turns > 80, "seed {seed}: changed sign {turns} times");
    }
}

#[test]
fn the_first_level_is_small_and_ten_basis_points_hold_several_bitcoin() {
    for venue in Venue::ALL {
        let mut quoter = btc(4, venue);
        let (mut within, ticks) = (Qty::ZERO, 2_000);
        for _ in 0..ticks {
            let ladder = quoter.step();
            for (side, levels) in [(Side::Buy, &ladder.bids), (Side::Sell, &ladder.asks)] {
                let (first, qty) = levels[0];
                assert!(first.notional(qty) <= MARKETS[0].first_level, "{venue} {side:?}: {qty} at {first}");
                let edge = first.units() / 1_000;
                within = within
                    + levels
                        .iter()
                        .filter(|(price, _)| (*price - first).units().abs() <= edge)
                        .map(|(_, qty)| *qty)
                        .sum();
            }
        }
        let average = Qty::from_units(within.units() / (2 * ticks));
        assert!(average > Qty::from_whole(2) && average < Qty::from_whole(20), "{venue}: {average} BTC");
    }
}

#[test]
fn calm_is_broken_by_bursts_now_and_then() {
    let mut quoter = btc(8, Venue::Paradex);
    // A calm tick never moves by more than six deviations, a burst by five times that; half a tick of rounding on both ends.
    let rounding = quoter.tick.units();
    let (mut before, mut wild) = (quoter.step().index.units(), 0);
    for _ in 0..100_000 {
        let now = quoter.step().index.units();
        let calm = scale(before, 6 * MARKETS[0].deviation_ppb, 1_000_000_000) + rounding;
        let moved = now.abs_diff(before);
        assert!(moved <= (5 * calm).unsigned_abs(), "{before} {now}");
        wild += i64::from(moved > calm.unsigned_abs());
        before = now;
    }
    assert!((20..500).contains(&wild), "{wild} wild ticks");
}

/// A ladder of whole prices: best bid, gap to the best offer, sizes outward.
fn small_ladders() -> impl Strategy<Value = Vec<Ladder>> {
    let sizes = || proptest::collection::vec(1i64..4, 1..5);
    let ladder = (10i64..30, 1i64..4, sizes(), sizes()).prop_map(|(bid, gap, bids, asks)| {
        let levels = |first: i64, away: i64, sizes: Vec<i64>| {
            let priced = (0i64..).zip(sizes);
            priced.map(|(n, qty)| (Price::from_whole(first + away * n), Qty::from_whole(qty))).collect()
        };
        let mark = Price::from_whole(bid);
        Ladder { mark, index: mark, bids: levels(bid, -1, bids), asks: levels(bid + gap, 1, asks) }
    });
    proptest::collection::vec(ladder, 1..6)
}

fn maker_orders(book: &Book, side: Side) -> Vec<Resting> {
    book.orders(side).filter(|order| order.owner == Owner::MAKER).copied().collect()
}

/// The account orders that the ladder meets, in the order of the book.
fn reached(book: &Book, ladder: &Ladder) -> Vec<Crossed> {
    let (bid, ask) = (ladder.bids[0].0, ladder.asks[0].0);
    let offers = book.orders(Side::Sell).filter(|order| order.price <= bid);
    let bids = book.orders(Side::Buy).filter(|order| order.price >= ask);
    let accounts = offers.chain(bids).filter(|order| order.owner != Owner::MAKER);
    accounts.map(|order| Crossed { no: order.no, qty: order.remaining }).collect()
}

proptest! {
    #[test]
    fn new_quotes_replace_the_old_keep_their_places_and_report_whom_they_reach(
        ladders in small_ladders(),
        orders in proptest::collection::vec((any::<bool>(), 5i64..38, 1i64..4), 0..6),
        eaten in any::<bool>(),
    ) {
        let (mut book, mut last) = (Book::default(), 1_000);
        let mut next_no = || {
            last += 1;
            OrderNo(last)
        };
        let mut orders = (1u64..).zip(orders);
        for ladder in ladders {
            let (before, expected) = (book.clone(), reached(&book, &ladder));
            prop_assert_eq!(requote(&mut book, &ladder, &mut next_no), expected.clone());
            for (side, levels) in [(Side::Buy, &ladder.bids), (Side::Sell, &ladder.asks)] {
                let quotes = maker_orders(&book, side);
                let shown: Vec<_> = quotes.iter().map(|order| (order.price, order.remaining)).collect();
                prop_assert_eq!(&shown, levels);
                for old in maker_orders(&before, side) {
                    let stays = levels.contains(&(old.price, old.remaining));
                    prop_assert_eq!(book.get(old.no).is_some(), stays, "{:?}", old);
                }
            }
            prop_assert!(expected.iter().all(|crossed| book.get(crossed.no).is_none()));
            prop_assert!(book.best(Side::Buy).expect("bids").0 < book.best(Side::Sell).expect("asks").0);
            // An account rests an order only where it does not trade at once; a taker eats into a quote.
            if let Some((no, (buy, price, qty))) = orders.next() {
                let (side, price) = (if buy { Side::Buy } else { Side::Sell }, Price::from_whole(price));
                if !book.crossing(side, price) {
                    book.rest(Resting { no: OrderNo(no), owner: Owner(7), side, price, remaining: Qty::from_whole(qty) });
                }
            }
            if eaten {
                book.take_front(Side::Sell, Qty::from_units(1));
            }
        }
    }
}

#[test]
fn an_order_the_quotes_reach_is_reported_once() {
    let mut quoter = btc(3, Venue::Lighter);
    let (mut book, mut last) = (Book::default(), 10);
    let mut next_no = || {
        last += 1;
        OrderNo(last)
    };
    let price = {
        let first = quoter.step();
        requote(&mut book, &first, &mut next_no);
        first.asks[0].0
    };
    let remaining = Qty::from_whole(1);
    book.rest(Resting { no: OrderNo(1), owner: Owner(7), side: Side::Sell, price, remaining });
    let mut reports = Vec::new();
    for _ in 0..20_000 {
        reports.extend(requote(&mut book, &quoter.step(), &mut next_no));
    }
    assert_eq!(reports, [Crossed { no: OrderNo(1), qty: remaining }]);
}
