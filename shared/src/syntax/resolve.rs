//! Inheritance: which moves a game has in the end, and what a move extends. Nothing is copied here.
//!
//! Names are resolved where they are written: a move that a base game defines keeps extending what that base game
//! meant, whatever a derived game defines. `move X extends X` extends the base game's X.

use std::collections::HashMap;

use crate::diagnostics::{Code, Diagnostic};

use super::ast::{File, Game, Move, Name, Part, Type, TypeDefinition};
use super::findings::Findings;
use super::limits::{MAX_INHERITED_TOKENS, MAX_MOVE_INHERITANCE};
use super::suggest::nearest;

/// A move, by the game that it is written in and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MoveId {
    pub(super) game: usize,
    pub(super) index: usize,
}

/// How many names a type may stand for, one through the other.
const MAX_TYPE_NAMES: usize = 16;

/// A game with its bases known.
pub(super) struct ResolvedGame<'f> {
    /// From the root of the inheritance to the game itself; what the games import stands before them.
    pub(super) chain: Vec<usize>,
    /// The game that it extends.
    base: Option<usize>,
    /// Its moves, those of its base first.
    pub(super) moves: Vec<MoveId>,
    by_name: HashMap<&'f str, usize>,
}

/// A file with its inheritance known.
pub(super) struct Resolved<'f, 's> {
    pub(super) file: &'f File<'s>,
    pub(super) games: Vec<ResolvedGame<'f>>,
    /// False when inheritance would copy too much (reported).
    inherits: bool,
}

/// Resolves the inheritance of a file; problems of games are reported here, those of moves by [`check_moves`].
///
/// `imported` says for each game which others it takes in whole: the entry games of the files that its file imports.
pub(super) fn resolve<'f, 's>(
    file: &'f File<'s>,
    imported: &[Vec<usize>],
    findings: &mut Findings,
) -> Resolved<'f, 's> {
    let bases = game_bases(file, findings);
    let parts = |game: usize| imported.get(game).map(Vec::as_slice).unwrap_or_default();
    let mut resolved: Vec<Option<ResolvedGame<'f>>> = file.games.iter().map(|_| None).collect();
    let mut copied = 0;
    for index in 0..file.games.len() {
        let mut pending = vec![index];
        while let Some(&game) = pending.last() {
            // Files do not import each other in circles, and circles of games are cut: this ends.
            let needed = bases[game].iter().chain(parts(game)).find(|needed| resolved[**needed].is_none());
            if let Some(needed) = needed.filter(|needed| !pending.contains(needed)) {
                pending.push(*needed);
                continue;
            }
            pending.pop();
            if resolved[game].is_none() {
                let base = bases[game].and_then(|base| resolved[base].as_ref());
                copied += base.map_or(0, |base| base.moves.len());
                let base = base.filter(|_| copied <= MAX_INHERITED_TOKENS);
                let has = |part: &usize| base.is_some_and(|base| base.chain.contains(part));
                let parts = parts(game).iter().filter(|part| !has(part)).filter_map(|part| resolved[*part].as_ref());
                let parts: Vec<&ResolvedGame<'f>> = parts.collect();
                let made = resolve_game(file, game, (bases[game], base), &parts, findings);
                resolved[game] = Some(made);
            }
        }
    }
    let mut resolved = Resolved { file, games: resolved.into_iter().flatten().collect(), inherits: true };
    if let Some(game) = resolved.copies_too_much() {
        let message = "inheritance copies more than fits in one file; extend fewer or smaller moves";
        findings.push(Diagnostic::new(Code::InheritanceTooLarge, file.games[game].name.span, message));
        // Nothing is inherited then, so that the checks of what is written stay as cheap as the file is small.
        resolved.inherits = false;
        resolved.games =
            (0..file.games.len()).map(|game| resolve_game(file, game, (None, None), &[], findings)).collect();
    }
    resolved
}

/// The game that each game extends; unknown bases and cycles are reported and cut.
fn game_bases(file: &File<'_>, findings: &mut Findings) -> Vec<Option<usize>> {
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (index, game) in file.games.iter().enumerate() {
        by_name.entry(game.name.text).or_insert(index);
    }
    let names = || file.games.iter().map(|game| game.name.text);
    let mut bases: Vec<Option<usize>> = Vec::new();
    for game in &file.games {
        bases.push(game.base.and_then(|base| {
            let found = by_name.get(base.text).copied();
            if found.is_none() {
                findings.push(unknown_base("game", base, names().filter(|name| *name != game.name.text)));
            }
            found
        }));
    }
    for start in 0..file.games.len() {
        let mut seen = vec![start];
        let mut at = start;
        while let Some(base) = bases[at] {
            if base == start {
                let game = &file.games[at];
                let span = game.base.map_or(game.name.span, |base| base.span);
                let path: Vec<&str> = seen.iter().chain([&start]).map(|at| file.games[*at].name.text).collect();
                findings.push(cycle("game", span, &path));
                bases[at] = None;
            } else if seen.contains(&base) {
                break;
            }
            seen.push(base);
            at = base;
        }
    }
    bases
}

fn unknown_base<'c>(what: &str, base: Name<'_>, candidates: impl Iterator<Item = &'c str>) -> Diagnostic {
    let message = format!("no {what} of this file is called `{}`", base.text);
    let found = Diagnostic::new(Code::UnknownBase, base.span, message);
    match nearest(base.text, candidates) {
        Some(near) => found.with_hint(format!("did you mean `{near}`?")),
        None => found.with_hint(format!("a {what} extends a {what} of the same file")),
    }
}

fn cycle(what: &str, span: crate::diagnostics::Span, path: &[&str]) -> Diagnostic {
    const SHOWN: usize = 6;
    let mut shown = path.iter().take(SHOWN).copied().collect::<Vec<_>>().join(" extends ");
    if path.len() > SHOWN {
        shown.push_str(" …");
    }
    let message = format!("this {what} extends itself: {shown}");
    Diagnostic::new(Code::InheritanceCycle, span, message).with_hint("take one `extends` out")
}

fn resolve_game<'f>(
    file: &'f File<'_>,
    index: usize,
    (base_index, base): (Option<usize>, Option<&ResolvedGame<'f>>),
    parts: &[&ResolvedGame<'f>],
    findings: &mut Findings,
) -> ResolvedGame<'f> {
    let game: &'f Game<'_> = &file.games[index];
    let (mut chain, mut moves, mut by_name) = match base {
        Some(base) => (base.chain.clone(), base.moves.clone(), base.by_name.clone()),
        None => (Vec::new(), Vec::new(), HashMap::new()),
    };
    for part in parts {
        let new: Vec<usize> = part.chain.iter().copied().filter(|level| !chain.contains(level)).collect();
        chain.extend(new);
        for id in &part.moves {
            let name = file.games[id.game].moves[id.index].name;
            match by_name.get(name.text) {
                Some(place) if moves[*place] == *id => {}
                Some(_) => findings.push(imported_twice("a move", name, "another part, or the game,")),
                None => {
                    by_name.insert(name.text, moves.len());
                    moves.push(*id);
                }
            }
        }
    }
    chain.push(index);
    for own in &game.moves {
        let clashes = parts.iter().any(|part| part.by_name.contains_key(own.name.text));
        if clashes && own.base.is_none_or(|base| base.text != own.name.text) {
            findings.push(imported_twice("a move", own.name, "an imported file"));
        }
    }
    for own in &game.types {
        let levels = parts.iter().flat_map(|part| &part.chain);
        let mut imported = levels.flat_map(|level| &file.games[*level].types);
        if imported.any(|other| other.name.text == own.name.text) {
            findings.push(imported_twice("a type", own.name, "an imported file"));
        }
    }
    for (at, own) in game.moves.iter().enumerate() {
        let id = MoveId { game: index, index: at };
        match by_name.get(own.name.text) {
            // The first of two moves of one game counts; the second is reported by the checks.
            Some(place) if moves[*place].game == index => {}
            Some(place) => moves[*place] = id,
            None => {
                by_name.insert(own.name.text, moves.len());
                moves.push(id);
            }
        }
    }
    ResolvedGame { chain, base: base_index, moves, by_name }
}

fn imported_twice(what: &str, name: Name<'_>, by: &str) -> Diagnostic {
    let message = format!("{by} has {what} called `{}` already", name.text);
    let found = Diagnostic::new(Code::DuplicateName, name.span, message);
    match what {
        "a move" => found.with_hint(format!(
            "rename one of them, or write `move {0} extends {0}` to go on from the imported one",
            name.text
        )),
        _ => found.with_hint("rename one of them"),
    }
}

impl<'f, 's> Resolved<'f, 's> {
    /// The move as written.
    pub(super) fn written(&self, id: MoveId) -> &'f Move<'s> {
        &self.file.games[id.game].moves[id.index]
    }

    /// The move of that name in a game, inherited ones included.
    pub(super) fn find(&self, game: usize, name: &str) -> Option<MoveId> {
        let game = &self.games[game];
        game.by_name.get(name).map(|at| game.moves[*at])
    }

    /// The move that a move extends.
    fn base_of(&self, id: MoveId) -> Option<MoveId> {
        let written = self.written(id);
        let base = written.base?;
        if base.text != written.name.text {
            return self.find(id.game, base.text);
        }
        // `move X extends X`: the base game's, else the one of what is imported.
        let resolved = &self.games[id.game];
        if let Some(found) = resolved.base.and_then(|game| self.find(game, base.text)) {
            return Some(found);
        }
        let others = resolved.chain.iter().rev().skip(1);
        others.copied().find_map(|game| self.find(game, base.text))
    }

    /// The types that a game names, those of its bases and imports included.
    pub(super) fn types(&self, game: usize) -> impl Iterator<Item = &'f TypeDefinition<'s>> {
        let file = self.file;
        self.games[game].chain.iter().rev().flat_map(move |level| &file.games[*level].types)
    }

    /// The type of that name.
    pub(super) fn type_named(&self, game: usize, name: &str) -> Option<&'f TypeDefinition<'s>> {
        self.types(game).find(|definition| definition.name.text == name)
    }

    /// What a type, or that of its items, is called, one name through the other.
    pub(super) fn definitions(&self, game: usize, ty: &Type<'_>) -> Vec<&'f TypeDefinition<'s>> {
        fn name<'t>(ty: &'t Type<'_>) -> Option<&'t str> {
            match ty {
                Type::Named(name) => Some(name.text),
                Type::List(item) => name(item),
                _ => None,
            }
        }
        let mut found: Vec<&'f TypeDefinition<'s>> = Vec::new();
        let mut next = name(ty).and_then(|name| self.type_named(game, name));
        while let Some(definition) = next.take_if(|_| found.len() <= MAX_TYPE_NAMES) {
            found.push(definition);
            next = name(&definition.ty).and_then(|name| self.type_named(game, name));
        }
        found
    }

    /// The parts of a composite, one name through the other; none for any other type.
    pub(super) fn parts<'t>(&self, game: usize, ty: &'t Type<'t>) -> &'t [Part<'t>]
    where
        'f: 't,
        's: 't,
    {
        fn written<'t>(ty: &'t Type<'t>) -> Option<&'t [Part<'t>]> {
            if let Type::Composite(parts, _) = ty { Some(parts.as_slice()) } else { None }
        }
        match ty {
            Type::Named(_) => {
                let mut definitions = self.definitions(game, ty).into_iter();
                definitions.find_map(|definition| written(&definition.ty)).unwrap_or_default()
            }
            ty => written(ty).unwrap_or_default(),
        }
    }

    /// Whether a type is made of itself, or of too many others.
    pub(super) fn in_circles(&self, game: usize, definition: &TypeDefinition<'_>) -> bool {
        self.definitions(game, &definition.ty).len() > MAX_TYPE_NAMES
    }

    /// The move and those it extends, from the root down to itself; cut at a cycle or at the limit.
    pub(super) fn lineage(&self, id: MoveId) -> Vec<MoveId> {
        let mut lineage = vec![id];
        if !self.inherits {
            return lineage;
        }
        let mut at = id;
        while let Some(base) = self.base_of(at) {
            if lineage.contains(&base) || lineage.len() > MAX_MOVE_INHERITANCE {
                break;
            }
            lineage.push(base);
            at = base;
        }
        lineage.reverse();
        lineage
    }

    /// The game at which the tokens that inheritance copies exceed [`MAX_INHERITED_TOKENS`], if they do.
    fn copies_too_much(&self) -> Option<usize> {
        let mut copied = 0;
        for (index, game) in self.games.iter().enumerate() {
            for id in &game.moves {
                let tokens: usize = self.lineage(*id).into_iter().map(|id| self.written(id).tokens).sum();
                copied += if id.game == index { tokens - self.written(*id).tokens } else { tokens };
                if copied > MAX_INHERITED_TOKENS {
                    return Some(index);
                }
            }
        }
        None
    }

    /// Whether two games share a conversation's moves: one extends the other, directly or not.
    pub(super) fn related(&self, one: usize, other: usize) -> bool {
        self.games[one].chain.contains(&other) || self.games[other].chain.contains(&one)
    }
}

/// Reports unknown bases, cycles and overlong inheritance of moves.
pub(super) fn check_moves(resolved: &Resolved<'_, '_>, findings: &mut Findings) {
    for (game, written) in resolved.file.games.iter().enumerate() {
        for (index, found) in written.moves.iter().enumerate() {
            if found.base.is_some() {
                check_base(resolved, MoveId { game, index }, findings);
            }
        }
    }
}

fn check_base(resolved: &Resolved<'_, '_>, id: MoveId, findings: &mut Findings) {
    let written = resolved.written(id);
    let Some(base) = written.base else { return };
    if resolved.base_of(id).is_none() && base.text == written.name.text {
        let message = format!("no base game has a move `{}` that this one could extend", base.text);
        findings.push(Diagnostic::new(Code::UnknownBase, base.span, message));
        return;
    }
    if resolved.base_of(id).is_none() {
        let moves = resolved.games[id.game].moves.iter();
        let names = moves.map(|other| resolved.written(*other).name.text).filter(|name| *name != written.name.text);
        findings.push(unknown_base("move", base, names));
        return;
    }
    let mut path = vec![written.name.text];
    let mut at = id;
    while let Some(next) = resolved.base_of(at) {
        path.push(resolved.written(next).name.text);
        if next == id {
            findings.push(cycle("move", base.span, &path));
            return;
        }
        if path.len() > MAX_MOVE_INHERITANCE + 1 {
            let message = format!("a move extends at most {MAX_MOVE_INHERITANCE} others, one through the other");
            findings.push(Diagnostic::new(Code::InheritanceTooLarge, base.span, message));
            return;
        }
        at = next;
    }
}
