//! Where the edge component lies.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// Its file name.
const FILE: &str = "lgdl_edge.wasm";
/// The variable that names it.
const VARIABLE: &str = "LGDL_COMPONENT";
/// The one that this program carries.
#[cfg(feature = "bundled")]
const BUNDLED: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/lgdl_edge.wasm")));
#[cfg(not(feature = "bundled"))]
const BUNDLED: Option<&[u8]> = None;
/// Where `cargo xtask wasm` leaves it, seen from the folder of a program that cargo built.
const BUILT: &str = "../wasm/wasm32-wasip1/edge";

/// The component: the file that was named, else the one that the program carries, else the first of the usual places that has it.
pub(in crate::cli) fn read(named: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let from_environment = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let chosen = named.map(Path::to_owned).or(from_environment);
    if let (None, Some(carried)) = (&chosen, BUNDLED) {
        return Ok(carried.to_vec());
    }
    let path = match chosen {
        Some(path) if path.is_file() => path,
        Some(path) => return Err(Failure::Usage(format!("{} is no file; {}", path.display(), how_to_build()))),
        None => usual_places()
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| Failure::Usage(format!("the edge component {FILE} was not found; {}", how_to_build())))?,
    };
    std::fs::read(&path).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", path.display())))
}

fn usual_places() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent);
    folder.map_or_else(Vec::new, |folder| vec![folder.join(FILE), folder.join(BUILT).join(FILE)])
}

fn how_to_build() -> String {
    format!("build it with `cargo xtask wasm` and name it with --component or {VARIABLE}")
}
