//! Which threads there are, on which cores, and how they wait. Two threads that never sleep are never put on one core: the
//! one would wait for the other's time slice, which is a thousand times longer than any event takes.

use super::tuning::{Threads, Tuning, Wait};
use crate::domain::PerVenue;
use core_affinity::CoreId;

/// Cores of the threads that trade; `None` is wherever the system puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A thread for each venue and one that decides.
    Three {
        /// Of the venue threads.
        venues: PerVenue<Option<usize>>,
        /// Of the coordinator.
        coordinator: Option<usize>,
    },
    /// One thread for everything.
    One(Option<usize>),
}

/// What is done with the choices on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Threads and their cores.
    pub layout: Layout,
    /// How they wait.
    pub wait: Wait,
    /// Where the choices could not be followed.
    pub warnings: Vec<String>,
}

/// Makes a plan for this machine and says what it is.
pub fn choose(tuning: &Tuning) -> Plan {
    let cores: Vec<usize> =
        core_affinity::get_core_ids().unwrap_or_default().iter().map(|core| core.id).collect();
    let plan = plan(tuning, &cores);
    for warning in &plan.warnings {
        log::warn!("{warning}");
    }
    log::info!("{}", plan.words(cores.len()));
    plan
}

fn plan(tuning: &Tuning, present: &[usize]) -> Plan {
    let mut warnings = Vec::new();
    let usable = usable(tuning, present, &mut warnings);
    let three = match tuning.threads {
        Threads::Auto => usable.len() >= 3,
        Threads::Three => true,
        Threads::One => false,
    };
    let layout = if three { three_on(&usable) } else { Layout::One(usable.first().copied()) };
    let lonely = if three { usable.len() >= 3 } else { present.len() >= 2 };
    let wait = if lonely { tuning.wait } else { Wait::Block };
    if wait != tuning.wait && tuning.wait == Wait::Spin {
        let why =
            if three { "three threads would share fewer than three cores" } else { "there is only one core" };
        warnings.push(format!("Spinning is not possible because {why}: threads sleep while they wait"));
    }
    Plan { layout, wait, warnings }
}

/// Cores for the threads that trade, the first for the first thread. Without a wish the first core is left to the system.
fn usable(tuning: &Tuning, present: &[usize], warnings: &mut Vec<String>) -> Vec<usize> {
    let mut wished = Vec::new();
    for core in &tuning.cores {
        if !present.contains(core) {
            warnings.push(format!("Core {core} does not exist here or is not ours; it is left out"));
        } else if !wished.contains(core) {
            wished.push(*core);
        }
    }
    if wished.is_empty() { present.iter().skip(1).copied().collect() } else { wished }
}

fn three_on(usable: &[usize]) -> Layout {
    let (paradex, lighter, coordinator) = match usable {
        [a, b, c, ..] => (Some(*a), Some(*b), Some(*c)),
        // Too few: the system moves them about better than a fixed place would.
        [] | [_] | [_, _] => (None, None, None),
    };
    Layout::Three { venues: PerVenue { paradex, lighter }, coordinator }
}

impl Plan {
    fn words(&self, present: usize) -> String {
        let core = |core: Option<usize>| core.map_or("any core".to_owned(), |core| format!("core {core}"));
        let wait = match self.wait {
            Wait::Block => "block",
            Wait::Hybrid => "hybrid",
            Wait::Spin => "spin",
        };
        match self.layout {
            Layout::Three { venues, coordinator } => format!(
                "Threads: Paradex on {}, Lighter on {}, coordinator on {} of {present}; wait {wait}",
                core(venues.paradex),
                core(venues.lighter),
                core(coordinator)
            ),
            Layout::One(own) => {
                format!(
                    "Threads: one for both venues and the coordinator, on {} of {present}; wait {wait}",
                    core(own)
                )
            }
        }
    }
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

    fn tuning(wait: Wait, threads: Threads, cores: &[usize]) -> Tuning {
        Tuning { wait, threads, cores: cores.to_vec() }
    }

    /// Cores of the threads of a plan.
    fn cores(plan: &Plan) -> Vec<usize> {
        match plan.layout {
            Layout::Three { venues, coordinator } => {
                [venues.paradex, venues.lighter, coordinator].into_iter().flatten().collect()
            }
            Layout::One(core) => core.into_iter().collect(),
        }
    }

    #[test]
    fn from_four_cores_on_every_thread_has_its_own_and_below_there_is_one_thread() {
        let auto = Tuning::default();
        assert_eq!(cores(&plan(&auto, &[0, 1, 2, 3, 4])), [1, 2, 3]);
        for few in [&[0_usize][..], &[0, 1], &[0, 1, 2]] {
            assert!(matches!(plan(&auto, few).layout, Layout::One(_)), "{few:?}");
        }
        assert_eq!(plan(&auto, &[4, 6]).layout, Layout::One(Some(6)));
        assert_eq!(plan(&auto, &[0]).layout, Layout::One(None));
    }

    #[test]
    fn wishes_are_followed_where_the_machine_allows_it() {
        let wish = tuning(Wait::Spin, Threads::Auto, &[2, 3, 4]);
        let made = plan(&wish, &[0, 1, 2, 3, 4]);
        assert_eq!((cores(&made), made.wait, made.warnings.len()), (vec![2, 3, 4], Wait::Spin, 0));
        let made = plan(&wish, &[0, 1, 2]);
        assert_eq!((made.layout, made.warnings.len()), (Layout::One(Some(2)), 2), "two cores are not there");
    }

    #[test]
    fn no_two_threads_that_spin_ever_share_a_core() {
        let present: Vec<usize> = (0..6).collect();
        for count in 0..=6 {
            for threads in [Threads::Auto, Threads::Three, Threads::One] {
                for wait in [Wait::Block, Wait::Hybrid, Wait::Spin] {
                    for wish in [&[][..], &[1], &[1, 1, 1], &[1, 2], &[0, 1, 2], &[7, 8, 9]] {
                        let made = plan(&tuning(wait, threads, wish), &present[..count]);
                        let mut own = cores(&made);
                        let three = matches!(made.layout, Layout::Three { .. });
                        if made.wait == Wait::Block {
                            continue;
                        }
                        own.dedup();
                        assert!(if three { own.len() == 3 } else { count >= 2 }, "{made:?} of {count}");
                    }
                }
            }
        }
        assert_eq!(plan(&tuning(Wait::Spin, Threads::Three, &[]), &[0, 1]).warnings.len(), 1);
        assert_eq!(plan(&tuning(Wait::Spin, Threads::One, &[]), &[0]).warnings.len(), 1);
    }
}
