//! Games of any size for the benchmarks: deterministic, three to five patterns a move, every third move with captures
//! and slots, the same shape as the baseline's generator.

use std::fmt::Write;

const COLOURS: [&str; 20] = [
    "red", "blue", "old", "quick", "silent", "bright", "heavy", "northern", "frozen", "golden", "hollow", "ancient",
    "lucky", "rapid", "gentle", "broken", "distant", "solar", "velvet", "marble",
];
const THINGS: [&str; 20] = [
    "lantern", "bicycle", "invoice", "parcel", "garden", "window", "engine", "ticket", "camera", "router", "basket",
    "mirror", "pillow", "bridge", "letter", "guitar", "helmet", "carpet", "anchor", "kettle",
];
const SYLLABLES: [&str; 16] =
    ["ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "zu", "da", "fe", "go", "hi", "ju", "pa"];
const VERBS: [&str; 8] = ["repair", "return", "deliver", "cancel", "renew", "check", "order", "insure"];
const PLAIN: [&str; 6] = [
    "i want to {v} the {t}",
    "{v} the {t} for me",
    "how do i {v} the {t}",
    "the {t} needs to be {v}ed",
    "can you {v} my {t}",
    "help with the {t}",
];
const CAPTURING: [&str; 4] = [
    "{v} {quantity} of the {t}",
    "move the {t} from {place} to {target}",
    "i want the {t} in {place}",
    "{quantity} {t} please",
];
const MODIFIERS: [&str; 5] = ["", "", "", " (fuzzy)", " (strict)"];
const MISSES: [&str; 6] = [
    "please tell me about the weather in the mountains",
    "my neighbour has a very loud dog",
    "i want to repair the unknown thing",
    "how do i return it",
    "the red lantern is nice",
    "nothing works today and i am angry",
];

/// A game and utterances for it, three of four of which match.
pub struct Generated {
    /// The source of the game.
    pub source: String,
    /// What is said, and the index of the move that it should reach.
    pub utterances: Vec<(String, Option<usize>)>,
}

/// Makes a game of `moves` moves.
#[must_use]
pub fn generate(moves: usize) -> Generated {
    let mut source = format!("game generated_{moves} {{\n  moves {{\n");
    let mut patterns: Vec<Vec<String>> = Vec::new();
    for index in 0..moves {
        let thing = format!("{} {} {}", COLOURS[index % 20], THINGS[index / 20 % 20], unique_word(index));
        let verb = VERBS[index % 8];
        let fill = |pattern: &str| pattern.replace("{v}", verb).replace("{t}", &thing);
        let count = 3 + index * 7 % 3;
        let own: Vec<String> = (0..count)
            .map(|at| match at {
                0 | 1 if index % 3 == 2 => fill(CAPTURING[(index + at) % CAPTURING.len()]),
                _ => fill(PLAIN[(index + at) % PLAIN.len()]),
            })
            .collect();
        let listed: Vec<String> = own
            .iter()
            .enumerate()
            .map(|(at, pattern)| format!("\"{pattern}\"{}", MODIFIERS[(index + at) % 5]))
            .collect();
        let slots = if index % 3 == 2 { "slots { quantity: number optional place: string optional }" } else { "" };
        let _ = write!(
            source,
            "    move move_{index} {{ {slots}\n      when user says something like: [{}]\n      confidence: medium\n      \
             when confident {{ respond with: \"This is move {index}.\" }}\n    }}\n",
            listed.join(", ")
        );
        patterns.push(own);
    }
    source.push_str("  }\n}\n");
    let utterances = (0..100).map(|at| utterance(at, moves, &patterns)).collect();
    Generated { source, utterances }
}

fn utterance(at: usize, moves: usize, patterns: &[Vec<String>]) -> (String, Option<usize>) {
    if at % 4 == 3 {
        return (format!("{} {at}", MISSES[at / 4 % MISSES.len()]), None);
    }
    let index = at * 7_919 % moves;
    let pattern = &patterns[index][at % patterns[index].len()];
    let said = pattern.replace("{quantity}", "three").replace("{place}", "the blue house").replace("{target}", "paris");
    let before = ["", "hello, ", "please "][at % 3];
    let after = ["", " today", " thanks"][at / 3 % 3];
    (format!("{before}{said}{after}"), Some(index))
}

/// A word that no other move has.
fn unique_word(index: usize) -> String {
    let mut number = index + 256;
    let mut syllables = Vec::new();
    while number > 0 {
        syllables.push(SYLLABLES[number % 16]);
        number /= 16;
    }
    syllables.into_iter().rev().collect()
}
