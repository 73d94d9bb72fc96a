//! Loading: a core module becomes a component, a component becomes code, code becomes something to instantiate.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Enabled, Engine, PoolingAllocationConfig};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::guest::Guest;
use crate::spin::bindings;

/// The length of an epoch: how often a request's computing time is looked at, and others get their turn.
pub(crate) const EPOCH: Duration = Duration::from_millis(5);

/// The first bytes of a core module; a component has another version behind the magic number.
const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Core instances, memories, tables and stacks that one instance of the component takes at most.
const PARTS_OF_AN_INSTANCE: u32 = 8;
/// Memory of a slot that stays mapped between instances and is written over instead: cheaper than to fault it in again.
const KEEP_RESIDENT: usize = 2 * 1024 * 1024;

/// A slot is never smaller than what the component asks for at its start; what an instance may use is bounded apart from it.
const LEAST_SLOT: usize = 64 * 1024 * 1024;

/// What instances may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Instances at once.
    pub(crate) instances: usize,
    /// Memory of one, bytes.
    pub(crate) memory: usize,
}

/// Makes the engine. Instances lie in slots that are set up beforehand: making one then needs no system calls.
pub(crate) fn engine(code_cache: Option<&Path>, room: Room) -> Result<Engine> {
    let mut config = engine_config(code_cache)?;
    config.allocation_strategy(slots(room));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            // Slots reserve terabytes of addresses; where that is forbidden, instances are made one by one.
            tracing::warn!(%error, "no address space for slots of instances; the node will be slower");
            let config = engine_config(code_cache)?;
            Engine::new(&config).map_err(anyhow::Error::from).context("the wasm engine does not start on this machine")
        }
    }
}

fn slots(room: Room) -> PoolingAllocationConfig {
    let instances = u32::try_from(room.instances).unwrap_or(u32::MAX / PARTS_OF_AN_INSTANCE);
    let mut slots = PoolingAllocationConfig::new();
    slots
        .total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(PARTS_OF_AN_INSTANCE))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(PARTS_OF_AN_INSTANCE))
        .total_stacks(instances.saturating_mul(2))
        .max_memory_size(room.memory.max(LEAST_SLOT))
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .async_stack_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    slots
}

fn engine_config(code_cache: Option<&Path>) -> Result<Config> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.wasm_component_model(true);
    // One task an instance at a time: Spin's interfaces know no other way. Without this every call between host and
    // component would be booked as a task of its own.
    config.concurrency_support(false);
    if let Some(folder) = code_cache {
        let mut cache = CacheConfig::new();
        cache.with_directory(folder);
        config.cache(Some(Cache::new(cache).map_err(anyhow::Error::from)?));
    }
    Ok(config)
}

/// Compiles the component and links it to what the host gives it.
pub(crate) fn load(engine: &Engine, bytes: &[u8]) -> Result<ProxyPre<Guest>> {
    let component = if bytes.starts_with(CORE_MODULE) {
        let mut encoder = wit_component::ComponentEncoder::default()
            .module(bytes)
            .and_then(|encoder| {
                encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)
            })
            .context("the file is no module that can become a component")?;
        encoder.encode().context("the module can't become a component")?
    } else {
        bytes.to_vec()
    };
    let component =
        Component::new(engine, component).map_err(anyhow::Error::from).context("the component does not compile")?;
    let mut linker = Linker::<Guest>::new(engine);
    let linked = (|| {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        bindings::Spin::add_to_linker::<_, wasmtime::component::HasSelf<_>>(&mut linker, |guest| guest)?;
        ProxyPre::new(linker.instantiate_pre(&component)?)
    })();
    linked.map_err(anyhow::Error::from).context("the component asks for something that this host does not have")
}

/// Moves the engine's epoch on until it is dropped.
pub(crate) struct Epochs {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Epochs {
    pub(crate) fn begin(engine: &Engine) -> Epochs {
        let over = Arc::new(AtomicBool::new(false));
        let (engine, is_over) = (engine.weak(), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                std::thread::sleep(EPOCH);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        });
        Epochs { over, thread: Some(thread) }
    }
}

impl Drop for Epochs {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
