//! A WebAssembly module as bytes: its sections, its functions and what they are called. All of it is `None` for what is no module.

const HEADER_BYTES: usize = 8;
/// Kinds of sections.
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;
/// Opens the section that says what functions are called.
const NAMES: &[u8] = b"\x04name";
/// The part of that section with the names of functions.
const NAMES_OF_FUNCTIONS: u8 = 1;

/// A part of a module.
struct Section<'m> {
    kind: u8,
    whole: &'m [u8],
    contents: &'m [u8],
}

fn sections(module: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut found = Vec::new();
    let mut at = HEADER_BYTES;
    module.get(..at)?;
    while at < module.len() {
        let (length, contents) = number(module, at + 1)?;
        let end = contents.checked_add(length)?;
        found.push(Section { kind: module[at], whole: module.get(at..end)?, contents: &module[contents..end] });
        at = end;
    }
    Some(found)
}

/// A module without its section of names: worker-build insists on it, it is an eighth of the Worker, and nobody reads it
/// where the Worker runs.
pub(super) fn without_names(module: &[u8]) -> Option<Vec<u8>> {
    let mut kept = module.get(..HEADER_BYTES)?.to_vec();
    let is_names = |section: &Section<'_>| section.kind == CUSTOM && section.contents.starts_with(NAMES);
    for section in sections(module)?.iter().filter(|section| !is_names(section)) {
        kept.extend_from_slice(section.whole);
    }
    Some(kept)
}

/// A module whose own functions are called by these names and no others, one for each in their order.
pub(super) fn with_names(module: &[u8], names: &[String]) -> Option<Vec<u8>> {
    let imported = imported_functions(module)?;
    let mut named = Vec::new();
    write(&mut named, names.len());
    for (index, name) in (imported..).zip(names) {
        write(&mut named, index);
        write(&mut named, name.len());
        named.extend_from_slice(name.as_bytes());
    }
    let mut contents = NAMES.to_vec();
    contents.push(NAMES_OF_FUNCTIONS);
    write(&mut contents, named.len());
    contents.extend(named);
    let mut out = without_names(module)?;
    out.push(CUSTOM);
    write(&mut out, contents.len());
    out.extend(contents);
    Some(out)
}

/// The module's own functions, each with its length before it.
pub(super) fn functions(module: &[u8]) -> Option<Vec<&[u8]>> {
    let code = sections(module)?.into_iter().find(|section| section.kind == CODE)?.contents;
    let (count, mut at) = number(code, 0)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let (length, body) = number(code, at)?;
        let end = body.checked_add(length)?;
        found.push(code.get(at..end)?);
        at = end;
    }
    Some(found)
}

/// How many functions it imports, which are counted before its own.
fn imported_functions(module: &[u8]) -> Option<usize> {
    let sections = sections(module)?;
    let Some(imports) = sections.iter().find(|section| section.kind == IMPORTS) else { return Some(0) };
    let bytes = imports.contents;
    let (count, mut at) = number(bytes, 0)?;
    let mut functions = 0;
    for _ in 0..count {
        // The module and the name that it comes by.
        for _ in 0..2 {
            let (length, text) = number(bytes, at)?;
            at = text.checked_add(length)?;
        }
        let limits = |at: usize| {
            let behind = number(bytes, at + 1)?.1;
            if bytes.get(at)? & 1 == 1 { Some(number(bytes, behind)?.1) } else { Some(behind) }
        };
        let kind = *bytes.get(at)?;
        at = match kind {
            0 => number(bytes, at + 1)?.1,
            1 => limits(at + 2)?,
            2 => limits(at + 1)?,
            3 => at + 3,
            4 => number(bytes, at + 2)?.1,
            _ => return None,
        };
        functions += usize::from(kind == 0);
    }
    Some(functions)
}

/// An unsigned LEB128 number of at most 32 bits, and what lies behind it.
fn number(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for index in 0..5 {
        let byte = *bytes.get(from + index)?;
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, from + index + 1));
        }
    }
    None
}

fn write(out: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_go() {
        let module = b"\0asm\x01\0\0\0\x00\x06\x04name!\x01\x02ab\x00\x04\x03abc";
        assert_eq!(without_names(module).unwrap(), b"\0asm\x01\0\0\0\x01\x02ab\x00\x04\x03abc");
        for cut in [0, 7, 9, 12, module.len() - 1] {
            assert_eq!(without_names(&module[..cut]), None, "{cut}");
        }
    }

    /// A memory, a function and a global that are imported, and two functions of its own.
    const MODULE: &[u8] =
        b"\0asm\x01\0\0\0\x02\x16\x03\x01a\x01m\x02\x01\x01\x02\x01a\x01f\x00\x00\x01a\x01g\x03\x7f\x00\x0a\x06\x02\x01A\x02BC";

    #[test]
    fn functions_are_named_behind_those_that_are_imported() {
        assert_eq!(functions(MODULE).unwrap(), [&b"\x01A"[..], b"\x02BC"]);
        assert_eq!(imported_functions(MODULE), Some(1));
        let named = with_names(MODULE, &["x".to_owned(), "yz".to_owned()]).unwrap();
        assert_eq!(&named[MODULE.len()..], b"\x00\x0f\x04name\x01\x08\x02\x01\x01x\x02\x02yz");
        assert_eq!(with_names(&named, &["x".to_owned(), "yz".to_owned()]).unwrap(), named);
        assert_eq!(without_names(&named).unwrap(), MODULE);
    }

    #[test]
    fn large_numbers_are_read_as_they_are_written() {
        for value in [0, 127, 128, 16_384, u32::MAX as usize] {
            let mut bytes = Vec::new();
            write(&mut bytes, value);
            assert_eq!(number(&bytes, 0), Some((value, bytes.len())));
        }
    }
}
