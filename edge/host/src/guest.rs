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
    bound(&mut store, |guest| &mut guest.epochs_left);
    store
}

/// Bounds a store's computing time. An epoch that passes while the instance waits for something counts as one at most, when
/// it goes on; so this counts computing, not waiting.
fn bound<T: 'static>(store: &mut Store<T>, epochs_left: fn(&mut T) -> &mut u64) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut store| {
        let left = epochs_left(store.data_mut());
        match left.checked_sub(1) {
            Some(fewer) => {
                *left = fewer;
                Ok(UpdateDeadline::Yield(1))
            }
            None => Err(OutOfTime.into()),
        }
    });
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use wasmtime::{Config, Engine, Instance, Module};

    use super::*;
    use crate::component::Epochs;

    /// `(module (func (export "run") (loop br 0)))`
    const ENDLESS: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x07\x01\x03run\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

    #[tokio::test]
    async fn an_endless_loop_is_stopped_and_lets_others_run_meanwhile() {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        let _epochs = Epochs::begin(&engine);
        let mut store = Store::new(&engine, epochs(Duration::from_millis(100)));
        bound(&mut store, |left| left);
        let module = Module::new(&engine, ENDLESS).unwrap();
        let begun = Instant::now();
        let others = tokio::spawn(async {
            let mut turns = 0;
            loop {
                turns += 1;
                tokio::task::yield_now().await;
                if turns > 10 {
                    return;
                }
            }
        });
        let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
        let error = run.call_async(&mut store, ()).await.unwrap_err();
        assert!(error.downcast_ref::<OutOfTime>().is_some(), "{error:?}");
        let took = begun.elapsed();
        assert!(took > Duration::from_millis(90) && took < Duration::from_secs(5), "{took:?}");
        assert!(others.is_finished(), "the loop yields at every epoch");
    }
}
