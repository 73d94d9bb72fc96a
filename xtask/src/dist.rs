//! `cargo xtask dist`: what is given to people: one program with the component in it, as an archive, a Debian package and npm packages, with
//! sums and a bill of materials. The same sources give the same bytes, wherever they lie.

mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::shell::{exists, output, run, say};
use crate::{folders, npm, wasm};

/// Units of systemd.
const UNITS: [&str; 2] = ["lgdl-origin.service", "lgdl-edge.service"];
/// Runs a command as one of them does.
const RUN_AS_SERVICE: &str = "lgdl-as";

/// What is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// The program alone, stripped
    Program,
    /// The program, and its packages
    Packages,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this much
    #[arg(long, value_enum, default_value_t = Only::Packages)]
    only: Only,
    /// Where to put it
    #[arg(long, value_name = "FOLDER", default_value = "dist")]
    out: PathBuf,
    /// Take this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Build in two folders, and compare
    #[arg(long, conflicts_with_all = ["program", "only"])]
    check: bool,
}

/// What a release is of.
struct Release {
    version: String,
    triple: String,
    /// Seconds since 1970 that everything in an archive bears: of the last commit.
    epoch: String,
}

pub(crate) fn dist(arguments: &Arguments) -> Result<()> {
    let root = folders::root();
    let out = root.join(&arguments.out);
    if arguments.check {
        return check(&root);
    }
    let release = Release::of(&root)?;
    fs::create_dir_all(&out)?;
    let program = match &arguments.program {
        Some(program) => program.canonicalize().with_context(|| program.display().to_string())?,
        None => build(&root, &folders::target().join("dist"))?,
    };
    match arguments.only {
        Only::Program => {
            fs::copy(&program, out.join("lgdl"))?;
        }
        Only::Packages => {
            let work = folders::target().join("dist/packages");
            remove(&work)?;
            release.pack(&root, &program, &work, &out)?;
        }
    }
    println!("{}", out.display());
    Ok(())
}

/// Builds the component, and the program with it inside. No path of this machine is in either.
fn build(root: &Path, target: &Path) -> Result<PathBuf> {
    let toolchain = wasm::toolchain(wasm::Target::Wasip1)?;
    let triple = wasm::Target::Wasip1.triple();
    let flags = remapped(root)?;
    run(toolchain
        .cargo()
        .args([
            "build",
            "--locked",
            "--package",
            "lgdl-edge",
            "--lib",
            "--profile",
            "edge",
            "--features",
            "spin",
            "--target",
            triple,
        ])
        .env("CARGO_TARGET_DIR", target.join("wasm"))
        .env("CARGO_ENCODED_RUSTFLAGS", &flags)
        .current_dir(root))?;
    let component = target.join("wasm").join(triple).join("edge/lgdl_edge.wasm");
    // `cargo auditable` writes into the program which crates it is made of.
    let auditable = exists("cargo-auditable");
    if !auditable {
        say(
            "cargo-auditable is not installed: the program does not say by itself what it is made of; the bill of materials does",
        );
    }
    let build: &[&str] = if auditable { &["auditable", "build"] } else { &["build"] };
    run(Command::new("cargo")
        .args(build)
        .args(["--locked", "--package", "lgdl-origin", "--bin", "lgdl", "--features", "bundled", "--profile", "dist"])
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_ENCODED_RUSTFLAGS", &flags)
        .env("LGDL_COMPONENT", &component)
        .current_dir(root))?;
    Ok(target.join("dist/lgdl"))
}

/// Flags that take the checkout's and cargo's folder out of what is built.
fn remapped(root: &Path) -> Result<String> {
    let cargo = match std::env::var_os("CARGO_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&std::env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    let flag = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    Ok([flag(root, "/lgdl"), flag(&cargo, "/cargo")].join("\u{1f}"))
}

/// Builds a copy of the checkout elsewhere, too, and compares.
fn check(root: &Path) -> Result<()> {
    let here = build(root, &folders::target().join("dist"))?;
    let elsewhere = folders::target().join("dist/elsewhere");
    remove(&elsewhere)?;
    fs::create_dir_all(&elsewhere)?;
    let archive = elsewhere.join("sources.tar");
    run(Command::new("git").args(["archive", "--output"]).arg(&archive).arg("HEAD").current_dir(root))?;
    let copy = elsewhere.join("a folder");
    fs::create_dir(&copy)?;
    run(Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(&copy))?;
    let there = build(&copy, &copy.join("target/dist"))?;
    run(Command::new("cmp").arg(here).arg(there))
}

impl Release {
    fn of(root: &Path) -> Result<Release> {
        let manifest: toml::Table = fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
        let version = manifest["workspace"]["package"]["version"].as_str().context("a version")?.to_owned();
        let host = output(Command::new("rustc").arg("-vV"))?;
        let triple = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc says its host")?;
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(epoch) => epoch,
            // An archive of the sources has no history.
            Err(_) => output(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root))
                .unwrap_or_else(|_| "0".to_owned()),
        };
        Ok(Release { version, triple: triple.to_owned(), epoch })
    }

    fn pack(&self, root: &Path, program: &Path, work: &Path, out: &Path) -> Result<()> {
        let name = format!("lgdl-{}-{}", self.version, self.triple);
        let tree = work.join(&name);
        fs::create_dir_all(tree.join("systemd"))?;
        fs::copy(program, tree.join("lgdl"))?;
        run(Command::new("chmod").arg("755").arg(tree.join("lgdl")))?;
        for file in ["LICENSE", "README.md", "CHANGELOG.md"] {
            fs::copy(root.join(file), tree.join(file))?;
        }
        for file in UNITS.into_iter().chain([RUN_AS_SERVICE]) {
            fs::copy(root.join("deploy/systemd").join(file), tree.join("systemd").join(file))?;
        }
        run(Command::new(tree.join("lgdl")).arg("manual").arg(tree.join("manual")))?;
        fs::write(out.join(format!("{name}.cdx.json")), sbom::of(root, &self.version)?)?;
        self.archive(work, &name, out)?;
        if exists("dpkg-deb") {
            self.debian(&tree, &work.join("deb"), out)?;
        } else {
            say("dpkg-deb is not installed: no Debian package");
        }
        if exists("npm") {
            self.npm(root, &tree, &work.join("npm"), out)?;
        } else {
            say("npm is not installed: no npm packages");
        }
        sums(out)
    }

    fn archive(&self, work: &Path, name: &str, out: &Path) -> Result<()> {
        let tar = work.join(format!("{name}.tar"));
        run(Command::new("tar")
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rwX,go+rX,go-w"])
            .arg(format!("--mtime=@{}", self.epoch))
            .arg("-cf")
            .arg(&tar)
            .arg(name)
            .current_dir(work))?;
        // Without a name and a time in the header.
        run(Command::new("gzip").args(["-n", "-9", "-f"]).arg(&tar))?;
        fs::copy(tar.with_extension("tar.gz"), out.join(format!("{name}.tar.gz")))?;
        Ok(())
    }

    /// A Debian package with the units; nothing is started by installing it.
    fn debian(&self, tree: &Path, work: &Path, out: &Path) -> Result<()> {
        let architecture = match self.triple.split('-').next() {
            Some("x86_64") => "amd64",
            Some("aarch64") => "arm64",
            other => anyhow::bail!("no name of Debian's for {other:?}"),
        };
        let place = |from: PathBuf, to: &str| -> Result<()> {
            let to = work.join(to);
            fs::create_dir_all(to.parent().context("a folder")?)?;
            fs::copy(&from, &to).with_context(|| from.display().to_string())?;
            Ok(())
        };
        place(tree.join("lgdl"), "usr/bin/lgdl")?;
        place(tree.join("systemd").join(RUN_AS_SERVICE), &format!("usr/bin/{RUN_AS_SERVICE}"))?;
        for unit in UNITS {
            place(tree.join("systemd").join(unit), &format!("usr/lib/systemd/system/{unit}"))?;
        }
        place(tree.join("LICENSE"), "usr/share/doc/lgdl/copyright")?;
        place(tree.join("manual/lgdl.bash"), "usr/share/bash-completion/completions/lgdl")?;
        place(tree.join("manual/_lgdl"), "usr/share/zsh/vendor-completions/_lgdl")?;
        place(tree.join("manual/lgdl.fish"), "usr/share/fish/vendor_completions.d/lgdl.fish")?;
        for entry in fs::read_dir(tree.join("manual"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|section| section == "1") {
                let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
                place(path, &format!("usr/share/man/man1/{name}"))?;
                run(Command::new("gzip").args(["-n", "-9"]).arg(work.join("usr/share/man/man1").join(name)))?;
            }
        }
        let bytes = output(Command::new("du").arg("-sk").arg(work))?;
        let kilobytes = bytes.split_whitespace().next().context("a size")?.to_owned();
        fs::create_dir_all(work.join("DEBIAN"))?;
        let control = format!(
            "Package: lgdl\nVersion: {}\nArchitecture: {architecture}\nMaintainer: LGDL Edge <noreply@lgdl.invalid>\n\
             Installed-Size: {kilobytes}\nDepends: libc6 (>= 2.36), libgcc-s1\nRecommends: ca-certificates\n\
             Suggests: postgresql-client\nSection: net\nPriority: optional\nDescription: conversational games at the edge\n \
             Origin, edge node and command line of LGDL Edge in one program, with units\n for systemd. Nothing is started by \
             installing it.\n",
            self.version
        );
        fs::write(work.join("DEBIAN/control"), control)?;
        run(Command::new("chmod").args(["-R", "u+rwX,go+rX,go-w"]).arg(work))?;
        run(Command::new("dpkg-deb")
            .args(["--build", "--root-owner-group", "-Zxz"])
            .arg(work)
            .arg(out.join(format!("lgdl_{}_{architecture}.deb", self.version)))
            .env("SOURCE_DATE_EPOCH", &self.epoch))
    }

    /// `@lgdl/cli`, which finds the program in the package of its platform; and `@lgdl/client`.
    fn npm(&self, root: &Path, tree: &Path, work: &Path, out: &Path) -> Result<()> {
        let platform = match self.triple.split('-').next() {
            Some("x86_64") => "x64",
            Some("aarch64") => "arm64",
            other => anyhow::bail!("no name of npm's for {other:?}"),
        };
        let cli = work.join("cli");
        fs::create_dir_all(cli.join("bin"))?;
        for file in ["package.json", "bin/lgdl.js", "README.md"] {
            fs::copy(root.join("deploy/npm/cli").join(file), cli.join(file))?;
        }
        fs::copy(root.join("LICENSE"), cli.join("LICENSE"))?;
        let declared = fs::read_to_string(cli.join("package.json"))?;
        ensure!(
            declared.contains(&format!("\"version\": \"{}\"", self.version)),
            "deploy/npm/cli is of another version"
        );
        let carrier = work.join("carrier");
        fs::create_dir_all(carrier.join("bin"))?;
        fs::copy(tree.join("lgdl"), carrier.join("bin/lgdl"))?;
        fs::copy(root.join("LICENSE"), carrier.join("LICENSE"))?;
        let package = serde_json::json!({
            "name": format!("@lgdl/cli-linux-{platform}"),
            "version": self.version,
            "description": "The lgdl program for Linux; install @lgdl/cli.",
            "license": "MIT",
            "os": ["linux"],
            "cpu": [platform],
            "libc": ["glibc"],
            "files": ["bin"],
            "publishConfig": {"access": "public"},
        });
        fs::write(carrier.join("package.json"), serde_json::to_string_pretty(&package)? + "\n")?;
        let client = root.join("edge/client");
        npm::provide(&client)?;
        for folder in [cli, carrier, client] {
            run(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(out).current_dir(folder))?;
        }
        Ok(())
    }
}

/// The sums of everything in the folder.
fn sums(out: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(out)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "SHA256SUMS" {
            names.push(name);
        }
    }
    names.sort();
    let sums = output(Command::new("sha256sum").args(names).current_dir(out))?;
    fs::write(out.join("SHA256SUMS"), sums + "\n").context("cannot write the sums")
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context(folder.display().to_string()),
        _ => Ok(()),
    }
}
