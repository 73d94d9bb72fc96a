//! Spin's interfaces: the key-value store and variables.

use wasmtime::component::Resource;

use crate::guest::Guest;

/// What `bindgen!` makes of `wit/`.
pub(crate) mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "lgdl:host/spin",
        imports: { default: trappable },
        with: { "fermyon:spin/key-value.store": super::OpenStore },
    });
}

use bindings::fermyon::spin::{key_value, variables};

/// A store that a component has opened.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenStore;

impl key_value::Host for Guest {}

impl key_value::HostStore for Guest {
    fn open(&mut self, label: String) -> wasmtime::Result<Result<Resource<OpenStore>, key_value::Error>> {
        if !self.given.manifest.has_store(&label) {
            return Ok(Err(key_value::Error::AccessDenied));
        }
        Ok(Ok(self.table.push(OpenStore)?))
    }

    fn get(
        &mut self,
        _store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, key_value::Error>> {
        Ok(Ok(self.given.kv.get(&key).and_then(|kept| self.sealing.given(&key, kept))))
    }

    fn set(
        &mut self,
        _store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), key_value::Error>> {
        match self.sealing.kept(&key, value) {
            Ok(kept) => self.given.kv.set(key, kept),
            Err(error) => return Ok(Err(key_value::Error::Other(error.to_string()))),
        }
        Ok(Ok(()))
    }

    fn delete(&mut self, _store: Resource<OpenStore>, key: String) -> wasmtime::Result<Result<(), key_value::Error>> {
        self.given.kv.delete(&key);
        Ok(Ok(()))
    }

    fn exists(&mut self, _store: Resource<OpenStore>, key: String) -> wasmtime::Result<Result<bool, key_value::Error>> {
        Ok(Ok(self.given.kv.get(&key).is_some()))
    }

    fn get_keys(&mut self, _store: Resource<OpenStore>) -> wasmtime::Result<Result<Vec<String>, key_value::Error>> {
        Ok(Ok(self.given.kv.keys()))
    }

    fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl variables::Host for Guest {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, variables::Error>> {
        Ok(self.variables.get(&name).cloned().ok_or(variables::Error::Undefined(name)))
    }
}
