//! An edge node on one machine: the Spin component in wasmtime.
