//! Executions that a venue takes back, told in an awkward order or at an awkward moment. Found by the simulation, where random
//! seeds meet them too rarely to guard them.

use crate::stage::{Stage, settings};
use crate::{LIGHTER, PARADEX, held, opened};
use hedge_fast::coordinator::Notice;
use hedge_fast::coordinator::journal::Record;
use hedge_fast::domain::{Purpose, Qty, Venue};
use hedge_fast::venue::VenueReport;
use std::time::Duration;

fn dust(stage: &Stage) -> bool {
    stage.has(|notice| matches!(notice, Notice::DustCarried { .. }))
}

#[test]
fn a_fill_that_arrives_after_the_bust_that_undid_it_is_not_counted() {
    let mut stage = opened();
    let (lost, good) = (stage.last(PARADEX), stage.last(LIGHTER));
    stage.complete(&good);
    let fill = stage.execute(&lost, &lost.qty.to_string());
    stage.positions.paradex = Qty::ZERO;
    stage.report(PARADEX, VenueReport::Busted { key: fill.key });
    stage.report(PARADEX, VenueReport::Filled(fill));
    let counted = |record: &Record| matches!(record, Record::Filled { fill: of, .. } if of.key == fill.key);
    assert!(!stage.records.iter().any(counted), "what was undone is on record");
    stage.end(&lost, "0");
    let back = stage.last(LIGHTER);
    assert_eq!((back.purpose, back.qty), (Purpose::Unwind, good.qty), "the other leg is taken back");
    assert!(!stage.has(|notice| matches!(notice, Notice::PairOpened)));
}

#[test]
fn a_leg_that_a_bust_reopens_after_it_was_confirmed_closed_is_closed_again_and_never_carried_as_dust() {
    for first in Venue::ALL {
        let mut stage = held();
        stage.pass(settings().hold_time + Duration::from_secs(1));
        let (closed, working) = (stage.last(first), stage.last(first.other()));
        assert_eq!((closed.purpose, working.purpose), (Purpose::Close, Purpose::Close));
        let size = closed.qty.to_string();
        let before = stage.positions[first];
        let fill = stage.execute(&closed, &size);
        stage.report(first, VenueReport::Filled(fill));
        stage.end(&closed, &size);
        stage.pass(Duration::from_millis(1_500));
        let confirmed =
            |notice: &Notice| matches!(notice, Notice::LegClosed { venue, .. } if *venue == first);
        assert!(stage.has(confirmed), "{first} has confirmed it while the other leg is still working");
        stage.positions[first] = before;
        stage.report(first, VenueReport::Busted { key: fill.key });
        stage.complete(&working);
        stage.pass(Duration::from_millis(1_500));
        let again = stage.last(first);
        assert_ne!(again.cid, closed.cid, "{first} is closed again");
        assert_eq!((again.side, again.qty), (closed.side, closed.qty));
        assert!(!stage.has(|notice| matches!(notice, Notice::PairClosed)) && !dust(&stage));
        stage.complete(&again);
        stage.pass(Duration::from_secs(2));
        assert!(stage.has(|notice| matches!(notice, Notice::PairClosed)) && !dust(&stage));
        assert!(stage.coordinator.positions().all(|own| own.is_zero()));
    }
}
