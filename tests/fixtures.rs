//! Runs every folder of `fixtures/cases/` as an end-to-end test. The format is explained in `fixtures/README.md`.
//!
//! Besides comparing what was printed with what is expected, every case checks what holds for any report: no whole
//! secret is in it, and the places that JSON and SARIF name hold the secret they are about.

mod case;
mod places;
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::support::scrub::scrub;
use crate::support::{Ran, bless, run, top};
use case::{Case, Expected};
use world::World;

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(top().join("fixtures/cases")).expect("fixtures/cases is there");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_case_does_what_is_expected_of_it() {
    let cases = cases();
    assert!(cases.len() > 20, "only {} cases in fixtures/cases", cases.len());
    let failures: Vec<String> = cases
        .par_iter()
        .filter_map(|folder| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            check(folder).err().map(|failure| format!("case {name}: {failure}"))
        })
        .collect();
    let number = failures.len();
    assert!(failures.is_empty(), "{number} of {} cases failed\n\n{}", cases.len(), failures.join("\n\n"));
}

/// Runs one case, once for each of its expected files.
fn check(folder: &Path) -> Result<(), String> {
    let case = Case::read(folder)?;
    let mut failures = Vec::new();
    for expected in Expected::of(folder)? {
        let mut world = World::build(folder, &case)?;
        let ran = go(&case, &mut world, expected)?;
        let told = told(&ran, expected, world.place.top());
        if expected == Expected::Sarif {
            leave(folder, &ran);
        }
        if ran.status != Some(case.status) {
            failures.push(format!(
                "{}: ended with {:?} instead of {}\n{told}",
                expected.name(),
                ran.status,
                case.status
            ));
            continue;
        }
        failures.extend(unsaid(&ran, &world).err());
        failures.extend(places::hold(&ran, expected, &world).err());
        failures.extend(bless::compare(&folder.join(expected.name()), &told).err());
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn go(case: &Case, world: &mut World, expected: Expected) -> Result<Ran, String> {
    let mut args = Vec::new();
    for argument in &case.args {
        args.push(world.filled.fill_text(argument)?);
    }
    args.extend(expected.arguments());
    let mut leeward = world.place.leeward(&args);
    leeward.current_dir(world.place.work().join(&case.directory));
    for (name, value) in &case.env {
        leeward.env(name, world.filled.fill_text(value)?);
    }
    let input = match &case.stdin {
        Some(text) => Some(world.filled.fill(text.as_bytes())?),
        None => None,
    };
    Ok(run(&mut leeward, input))
}

/// Leaves a SARIF document as it was printed for `.ci/sarif-validate`, where `LEEWARD_SARIF_DIR` says.
fn leave(folder: &Path, ran: &Ran) {
    if let Some(directory) = std::env::var_os("LEEWARD_SARIF_DIR") {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = Path::new(&directory).join(format!("case-{name}.sarif"));
        fs::write(path, &ran.stdout).expect("the directory is there");
    }
}

/// What was printed, in the form of an expected file.
fn told(ran: &Ran, expected: Expected, directory: &Path) -> String {
    let mut out = scrub(&ran.out(), directory);
    if expected == Expected::Text && !ran.stderr.is_empty() {
        out.push_str("--- standard error ---\n");
        out.push_str(&scrub(&ran.err(), directory));
    }
    out
}

/// No secret of the case is printed whole.
fn unsaid(ran: &Ran, world: &World) -> Result<(), String> {
    let printed = ran.out() + &ran.err();
    match world.filled.secrets.iter().find(|(_, secret)| printed.contains(secret.as_str())) {
        Some((placeholder, _)) => Err(format!("{placeholder} is printed whole")),
        None => Ok(()),
    }
}
