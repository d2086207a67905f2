//! What holds for any flow of transactions.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Take { is_ask: bool, base: i64, reduce_only: bool },
    Rest { is_ask: bool, base: i64, away: i64 },
    CancelAll,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 1i64..50_000, any::<bool>()).prop_map(|(is_ask, base, reduce_only)| Step::Take {
            is_ask,
            base,
            reduce_only
        }),
        (any::<bool>(), 12i64..20_000, 0i64..3_000).prop_map(|(is_ask, base, away)| Step::Rest {
            is_ask,
            base,
            away
        }),
        Just(Step::CancelAll),
        (0u64..2_000).prop_map(Step::Wait),
    ]
}

/// Collateral of everybody plus what their positions are worth at the mark price: nothing is made and nothing lost.
fn total_value(bench: &Bench) -> i64 {
    let exchange = &bench.sim.exchange;
    exchange.accounts.values().map(|account| exchange.health(account).total_value).sum()
}

impl Bench {
    fn perform(&mut self, step: &Step) {
        let tx = match *step {
            Step::Wait(millis) => return self.pass(millis),
            Step::CancelAll => self.sign(cancel_all()),
            Step::Take { is_ask, base, reduce_only } => {
                let fields = OrderFields { reduce_only: i64::from(reduce_only), ..self.ioc(is_ask, base, 0) };
                self.order(fields)
            }
            Step::Rest { is_ask, base, away } => {
                let touch = self.ioc(is_ask, base, 0).price;
                let fields = OrderFields {
                    price: if is_ask { touch + away } else { touch - away },
                    time_in_force: 1,
                    order_expiry: self.now.millis() + 400_000,
                    ..self.ioc(is_ask, base, 0)
                };
                self.order(fields)
            }
        };
        let expected = if self.send_tx(&tx).0 == 200 { 0 } else { 1 };
        self.nonce -= expected;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn value_is_conserved_and_reduce_only_never_increases(
        seed in any::<u64>(), premium in any::<bool>(), steps in proptest::collection::vec(step(), 1..30),
    ) {
        let mut bench = Bench::with(|options| {
            options.seed = seed;
            options.crowd = true;
            if premium {
                options.accounts[0].tier = Tier::Premium(0);
            }
        });
        let deposited = 20_000_000_000;
        prop_assert_eq!(total_value(&bench), deposited);
        for step in &steps {
            bench.perform(step);
            prop_assert_eq!(total_value(&bench), deposited, "after {:?}", step);
        }
        bench.pass(1_000);
        prop_assert_eq!(total_value(&bench), deposited);
        let sizes: i64 = bench.sim.exchange.accounts.values().filter_map(|a| a.position(BTC)).map(|p| p.size).sum();
        prop_assert_eq!(sizes, 0, "every long has its short");
    }

    #[test]
    fn orders_and_trades_tell_the_same_story(seed in any::<u64>(), steps in proptest::collection::vec(step(), 1..25)) {
        let mut bench = Bench::with(|options| options.seed = seed);
        for step in &steps {
            bench.perform(step);
        }
        bench.pass(1_000);
        let exchange = &bench.sim.exchange;
        for order in exchange.orders.live_of(ACCOUNT).chain(exchange.orders.ended_of(ACCOUNT)) {
            let own = exchange
                .trades
                .iter()
                .filter(|trade| trade.ask.order_index == order.index || trade.bid.order_index == order.index);
            let (base, quote) = own.fold((0, 0), |(base, quote), trade| (base + trade.base, quote + trade.quote()));
            prop_assert_eq!((order.filled, order.filled_quote), (base, quote));
            prop_assert!(order.filled + order.remaining <= order.request.base);
        }
    }

    #[test]
    fn the_api_takes_exactly_the_next_nonce(tries in proptest::collection::vec(-2i64..3, 1..12)) {
        let mut bench = Bench::new();
        let mut next = 0;
        for offset in tries {
            let nonce = next + offset;
            if nonce < 0 {
                continue;
            }
            let header = bench.header(nonce);
            let tx = bench.sign_under(header, cancel_all(), Attributes::NONE);
            let taken = bench.send_tx(&tx).0 == 200;
            prop_assert_eq!(taken, offset == 0);
            next += i64::from(taken);
            let (_, answer) = bench.get(&format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index={SLOT}"));
            prop_assert_eq!(answer["nonce"].as_i64(), Some(next));
        }
    }
}
