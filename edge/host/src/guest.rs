//! One instance's surroundings: its WASI context, its limits, its share of the application.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::computing::Computing;
use crate::kv::Kv;
use crate::manifest::Manifest;
use crate::outbound::Outbound;
use crate::sealing::Sealing;

/// Elements of a table of an instance.
const MAX_TABLE_ELEMENTS: usize = 100_000;

/// What every instance of a node is given.
pub(crate) struct Given {
    pub(crate) engine: Engine,
    pub(crate) manifest: Manifest,
    /// What instances are made with; one that was made with others serves no more.
    pub(crate) variables: RwLock<Arc<BTreeMap<String, String>>>,
    pub(crate) kv: Kv,
    pub(crate) outbound: Outbound,
    /// Memory of one instance, bytes.
    pub(crate) memory_limit: usize,
    /// Computing time of one request.
    pub(crate) cpu_limit: Duration,
    /// Whether the component's messages appear on standard error.
    pub(crate) show_messages: bool,
}

impl Given {
    /// The variables in force.
    pub(crate) fn variables(&self) -> Arc<BTreeMap<String, String>> {
        Arc::clone(&self.variables.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The data of a store.
pub(crate) struct Guest {
    pub(crate) variables: Arc<BTreeMap<String, String>>,
    pub(crate) given: Arc<Given>,
    pub(crate) sealing: Sealing,
    pub(crate) table: ResourceTable,
    pub(crate) limits: MemoryLimit,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    computing: Arc<Computing>,
}

/// The instance has used up its time, or its computing time.
#[derive(Debug, thiserror::Error)]
#[error("the request used up its time")]
pub(crate) struct OutOfTime;

/// Bounds the memory of an instance, and knows how much it has taken.
pub(crate) struct MemoryLimit {
    taken: usize,
    limit: usize,
}

impl MemoryLimit {
    /// Bytes; memory is never given back.
    pub(crate) fn memory_taken(&self) -> usize {
        self.taken
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let taken = self.taken - current.min(self.taken) + desired;
        let allowed = taken <= self.limit;
        if allowed {
            self.taken = taken;
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}

/// A store for an instance, whose first request is charged with `computing`.
pub(crate) fn store(given: &Arc<Given>, computing: &Arc<Computing>) -> Store<Guest> {
    let mut wasi = WasiCtx::builder();
    if given.show_messages {
        wasi.inherit_stderr();
    }
    let variables = given.variables();
    let guest = Guest {
        sealing: Sealing::of(&variables),
        variables,
        given: Arc::clone(given),
        table: ResourceTable::new(),
        limits: MemoryLimit { taken: 0, limit: given.memory_limit },
        wasi: wasi.build(),
        http: WasiHttpCtx::new(),
        outbound: given.outbound.clone(),
        computing: Arc::clone(computing),
    };
    let mut store = Store::new(&given.engine, guest);
    store.limiter(|guest| &mut guest.limits);
    bound(&mut store, |guest| &guest.computing);
    store
}

/// From here on the store's instance serves the request that is charged with `computing`.
pub(crate) fn renew(store: &mut Store<Guest>, computing: &Arc<Computing>) {
    store.data_mut().computing = Arc::clone(computing);
    store.set_epoch_deadline(1);
}

/// Bounds a store's computing time: at every epoch it is looked at, and others get their turn.
fn bound<T: 'static>(store: &mut Store<T>, computing: fn(&T) -> &Arc<Computing>) {
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |store| match computing(store.data()).is_used_up() {
        false => Ok(UpdateDeadline::Yield(1)),
        true => Err(OutOfTime.into()),
    });
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
        let computing = Computing::within(Duration::from_millis(100));
        let mut store = Store::new(&engine, Arc::clone(&computing));
        bound(&mut store, |computing| computing);
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
        let error = computing.charge(run.call_async(&mut store, ())).await.unwrap_err();
        assert!(error.downcast_ref::<OutOfTime>().is_some(), "{error:?}");
        let took = begun.elapsed();
        assert!(took > Duration::from_millis(90) && took < Duration::from_secs(20), "{took:?}");
        assert!(others.is_finished(), "the loop yields at every epoch");
    }
}
