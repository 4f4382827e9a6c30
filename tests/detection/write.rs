//! Writes the corpus to a directory, keys filled in, so that any program can be run on it.
//!
//! Every case gets a directory of its own, `DIRECTORY/files/NUMBER`, in which its files have the paths that the detector is
//! told here. `DIRECTORY/cases.tsv` has a line for each file: number, category, path; `DIRECTORY/keys.tsv` one for each key
//! to find: number, category, path, line, key. The keys are the corpus' own, made up.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use bstr::ByteSlice as _;
use leeward::position::Positions;

use crate::corpus::{Case, Corpus};

/// Writes the categories that are judged.
pub(crate) fn write(corpus: &Corpus, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut cases = fs::File::create(directory.join("cases.tsv"))?;
    let mut keys = fs::File::create(directory.join("keys.tsv"))?;
    let mut number = 0;
    for category in corpus.categories.iter().filter(|category| !category.later) {
        for together in category.cases.chunk_by(|a, b| a.scan.is_some() && a.scan == b.scan) {
            number += 1;
            let top = directory.join("files").join(number.to_string());
            for Case { path, content, .. } in together {
                let file = top.join(path);
                fs::create_dir_all(file.parent().expect("it is below the top"))?;
                fs::write(&file, &content.bytes)?;
                let name = &category.name;
                writeln!(cases, "{number}\t{name}\t{path}")?;
                let positions = Positions::new(&content.bytes);
                for slot in &content.slots {
                    let line = positions.region(slot.span.clone()).start_line;
                    writeln!(keys, "{number}\t{name}\t{path}\t{line}\t{}", slot.secret.expose().as_bstr())?;
                }
            }
        }
    }
    Ok(())
}
