//! How much wasm the recognizers of values take: two small programs, one with them and one without, built and optimized as the
//! Worker is. Both use what the rest of the engine uses of the standard library in any case: reading numbers (for JSON and
//! expressions) and network addresses (for the capabilities' allow-list).

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::folders;
use crate::shell::run;
use crate::wasm::{self, Target};
use crate::worker;

/// What the compiler may use of WebAssembly beyond its first version.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
    "--enable-reference-types",
];
/// Most sections that a wasm file is read for.
const MAX_SECTIONS: usize = 256;

const WITH: &str = r#"
use std::io::Read;

fn main() {
    let mut text = String::new();
    let _ = std::io::stdin().read_to_string(&mut text);
    let types = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip,\
                 date,time,datetime,duration,daterange,timerange,datetimerange,set";
    let kinds = lgdl::entities::extract::parse_types(types).unwrap_or_default();
    let mut reference = lgdl::entities::extract::default_reference();
    if text.starts_with('x') {
        reference.language = lgdl::entities::Language::Spanish;
    }
    for found in lgdl::entities::recognize(&text, kinds, &reference) {
        print!("{} {} {}", found.start, found.end, found.readings.len());
    }
}
"#;

const WITHOUT: &str = r#"
use std::io::Read;

fn main() {
    let mut text = String::new();
    let _ = std::io::stdin().read_to_string(&mut text);
    for found in text.split(' ') {
        let large = found.parse::<f64>().is_ok_and(|number| number > 1.0);
        print!("{} {} {large}", found.len(), text.len());
        if let Ok(address) = found.parse::<std::net::IpAddr>() {
            print!("{address}");
        }
    }
}
"#;

/// Builds both and says how large the one is beyond the other: code and data, before compression, without names.
pub(crate) fn recognizers() -> Result<()> {
    let crate_folder = folders::wasm_target().join("recognizers");
    write_crate(&crate_folder)?;
    let toolchain = wasm::toolchain(Target::Wasip1)?;
    let target = crate_folder.join("target");
    run(toolchain
        .cargo()
        .args(["build", "--profile", "worker", "--target", "wasm32-wasip1"])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&crate_folder))?;
    let optimizer = worker::packages()?.join(".bin/wasm-opt");
    let size = |name: &str| -> Result<(usize, usize)> {
        let built = target.join("wasm32-wasip1/worker").join(name).with_extension("wasm");
        let file = built.with_extension("small.wasm");
        run(Command::new(&optimizer).args(WASM_FEATURES).arg("-Os").arg(&built).arg("-o").arg(&file))?;
        code_and_data(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?)
    };
    let ((code, data), (base_code, base_data)) = (size("with")?, size("without")?);
    let (code, data) = (code.saturating_sub(base_code), data.saturating_sub(base_data));
    println!("recognizers: {} bytes of wasm, {code} of code and {data} of data", code + data);
    Ok(())
}

/// A crate beside the workspace, with the workspace's locked dependencies and the edge's profile.
fn write_crate(folder: &Path) -> Result<()> {
    let root = folders::root();
    let workspace: toml::Table = fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
    let profiles = workspace.get("profile").context("the workspace has no profiles")?;
    let profiles = toml::to_string(&toml::Table::from_iter([("profile".to_owned(), profiles.clone())]))?;
    let lgdl = root.join("shared");
    let manifest = format!(
        "[package]\nname = \"recognizers\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\nlgdl = {{ path = {:?} }}\n\n{profiles}",
        lgdl.display().to_string()
    );
    let bins = folder.join("src/bin");
    fs::create_dir_all(&bins).with_context(|| format!("cannot make {}", bins.display()))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(bins.join("with.rs"), WITH)?;
    fs::write(bins.join("without.rs"), WITHOUT)?;
    Ok(())
}

/// The lengths of the sections of code and of data.
fn code_and_data(wasm: &[u8]) -> Result<(usize, usize)> {
    const HEADER: usize = 8;
    const CODE: u8 = 10;
    const DATA: u8 = 11;
    let (mut code, mut data) = (0, 0);
    let mut at = HEADER;
    for _ in 0..MAX_SECTIONS {
        let Some(id) = wasm.get(at) else { return Ok((code, data)) };
        let (length, start) = leb128(wasm, at + 1).context("not a wasm file")?;
        match *id {
            CODE => code += length,
            DATA => data += length,
            _ => {}
        }
        at = start + length;
    }
    bail!("more than {MAX_SECTIONS} sections")
}

/// An unsigned number and where it ends.
fn leb128(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_code_and_data_are_measured() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([1, 2, 9, 9]);
        wasm.extend([10, 3, 0, 0, 0]);
        wasm.extend([11, 0x81, 0x00, 7]);
        assert_eq!(code_and_data(&wasm).unwrap(), (3, 1));
        assert!(code_and_data(b"\0asm\x01\0\0\0\x0a\xff").is_err());
    }
}
