//! One instance's surroundings: its WASI context, its limits, its share of the application.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::component::EPOCH;
use crate::outbound::Outbound;
use crate::server::App;

/// The data of a store.
pub(crate) struct Guest {
    pub(crate) app: Arc<App>,
    pub(crate) table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    limits: StoreLimits,
    epochs_left: u64,
}

/// The instance has used up its time, or its computing time.
#[derive(Debug, thiserror::Error)]
#[error("the request used up its time")]
pub(crate) struct OutOfTime;

/// A store for one request.
pub(crate) fn store(app: &Arc<App>) -> Store<Guest> {
    let mut wasi = WasiCtx::builder();
    if app.config.show_guest_messages {
        wasi.inherit_stderr();
    }
    let guest = Guest {
        app: Arc::clone(app),
        table: ResourceTable::new(),
        wasi: wasi.build(),
        http: WasiHttpCtx::new(),
        outbound: app.outbound.clone(),
        limits: StoreLimitsBuilder::new().memory_size(app.config.memory_limit).build(),
        epochs_left: epochs(app.config.cpu_limit),
    };
    let mut store = Store::new(&app.engine, guest);
    store.limiter(|guest| &mut guest.limits);
    // An epoch that passes while the instance waits for something counts as one at most, when it goes on; so this counts
    // computing, not waiting.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        let guest = store.data_mut();
        match guest.epochs_left.checked_sub(1) {
            Some(left) => {
                guest.epochs_left = left;
                Ok(UpdateDeadline::Yield(1))
            }
            None => Err(OutOfTime.into()),
        }
    });
    store
}

fn epochs(cpu_limit: Duration) -> u64 {
    u64::try_from(cpu_limit.as_millis().div_ceil(EPOCH.as_millis())).unwrap_or(u64::MAX)
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}
