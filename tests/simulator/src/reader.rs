//! Somebody outside who reads the events in pages, keeps a cursor, and now and then begins again where it was kept last.

use std::rc::Rc;

use lgdl_origin::store::BusRow;

use crate::plan::SECOND_US;
use crate::world::World;

/// Events in a page: few, so that there are several pages.
const PAGE: u32 = 7;
/// The pause between two looks, microseconds.
const EVERY_US: (u64, u64) = (SECOND_US, 20 * SECOND_US);
/// How often the cursor is kept, and how often the reader ends, percent of the looks.
const KEEPS: u64 = 50;
const ENDS: u64 = 15;

/// An event that a reader was given, and when.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) row: BusRow,
    pub(super) at_us: u64,
}

/// Reads for as long as the world lasts.
pub(super) async fn read(world: Rc<World>) {
    let (mut cursor, mut kept) = (0, 0);
    loop {
        world.scheduler.sleep_us(world.draw().between(EVERY_US.0, EVERY_US.1)).await;
        if world.draw().chance(ENDS) {
            cursor = kept;
        }
        if !world.origin_is_up() {
            continue;
        }
        cursor = page(&world, cursor);
        if world.draw().chance(KEEPS) {
            kept = cursor;
        }
    }
}

/// Reads what is left, when all is calm.
pub(super) fn read_to_the_end(world: &World) {
    let mut cursor = 0;
    loop {
        let next = page(world, cursor);
        if next == cursor {
            return;
        }
        cursor = next;
    }
}

fn page(world: &World, after: u64) -> u64 {
    let page = world.origin.borrow().events(after, PAGE, world.now_ms());
    let at_us = world.now_us();
    world.history.borrow_mut().heard_of.extend(page.events.into_iter().map(|row| Heard { row, at_us }));
    page.next
}
