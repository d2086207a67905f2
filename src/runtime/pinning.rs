//! Which thread runs on which core.

use crate::domain::PerVenue;
use core_affinity::CoreId;

/// Cores of the three trading threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cores {
    /// Of the venue threads.
    pub venues: PerVenue<Option<usize>>,
    /// Of the coordinator.
    pub coordinator: Option<usize>,
}

/// Spreads the threads over the cores: one each from four cores on (the first is left to the system), the venues apart and
/// the coordinator beside Lighter on two or three, nothing pinned on one. Says what it chose.
pub fn choose() -> Cores {
    let cores: Vec<usize> =
        core_affinity::get_core_ids().unwrap_or_default().iter().map(|core| core.id).collect();
    let chosen = spread(&cores);
    match chosen.coordinator {
        Some(coordinator) => log::info!(
            "Threads pinned: Paradex on core {}, Lighter on core {}, coordinator on core {coordinator} of {}",
            chosen.venues.paradex.unwrap_or_default(),
            chosen.venues.lighter.unwrap_or_default(),
            cores.len()
        ),
        None => log::info!("Threads not pinned: {} core(s) available", cores.len()),
    }
    chosen
}

fn spread(cores: &[usize]) -> Cores {
    let (paradex, lighter, coordinator) = match cores {
        [_, second, third, fourth, ..] => (*second, *third, *fourth),
        [first, second, ..] => (*first, *second, *second),
        [] | [_] => return Cores::default(),
    };
    let venues = PerVenue { paradex: Some(paradex), lighter: Some(lighter) };
    Cores { venues, coordinator: Some(coordinator) }
}

/// Pins the calling thread; a failure is a warning, not the end.
pub fn pin(core: Option<usize>, who: &str) {
    if let Some(id) = core
        && !core_affinity::set_for_current(CoreId { id })
    {
        log::warn!("{who}: cannot be pinned to core {id}; running wherever the system puts it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_four_cores_on_every_thread_has_its_own() {
        let cores = spread(&[0, 1, 2, 3, 4]);
        assert_eq!(cores.venues, PerVenue { paradex: Some(1), lighter: Some(2) });
        assert_eq!(cores.coordinator, Some(3));
        assert_eq!(spread(&[0]), Cores::default());
        assert_eq!(spread(&[4, 6]).coordinator, Some(6));
    }
}
