//! `lgdl graph`: a game as a picture: its moves, what they collect, and where they lead, as Mermaid, DOT or SVG.

mod svg;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lgdl::ir::{Action, Block, Condition, Game, Move, SlotRules, Statement};
use lgdl_origin::bundle;
use lgdl_origin::readable::escaped;

use super::console::Console;
use super::failure::{End, Failure, Verdict};
use super::{source, test};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// In which form
    #[arg(long, value_enum, default_value_t = Form::Mermaid)]
    format: Form,
    /// Colour what the golden dialogues beside the game reach
    #[arg(long)]
    coverage: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The forms of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Mermaid,
    Dot,
    Svg,
}

/// How much of a move the dialogues reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nobody asked.
    Unknown,
    /// Every block of it.
    All,
    /// The move, and not every block of it.
    Part,
    /// Nothing.
    Nothing,
}

impl Reach {
    fn colour(self) -> &'static str {
        match self {
            Reach::Unknown => "#eef2f7",
            Reach::All => "#c9efd2",
            Reach::Part => "#fdecb8",
            Reach::Nothing => "#f9cfcb",
        }
    }
}

/// What a box of the picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Move,
    /// A person or queue that a move hands over to.
    Person,
    /// A capability.
    Capability,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    /// Unique among the boxes.
    id: String,
    title: String,
    /// What it asks for; a mark behind what need not be given.
    slots: Vec<String>,
    lines: Vec<String>,
    shape: Shape,
    reach: Reach,
}

/// An arrow between boxes, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: String,
    to: String,
    label: &'static str,
}

struct Graph {
    name: String,
    nodes: Vec<Node>,
    edges: BTreeSet<Edge>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let loaded = source::load(&arguments.game, arguments.name.as_deref(), console)?;
    let reach = if arguments.coverage { Some(test::reach(&arguments.game, console)?) } else { None };
    let graph = Graph::of(&loaded.game, reach.as_ref());
    let text = match arguments.format {
        Form::Mermaid => graph.mermaid(),
        Form::Dot => graph.dot(),
        Form::Svg => svg::draw(&graph),
    };
    match &arguments.output {
        Some(path) => fs::write(path, text)
            .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))?,
        None => console.file(&text)?,
    }
    Ok(Verdict::Yes)
}

impl Graph {
    fn of(game: &Game, reached: Option<&test::Reached>) -> Graph {
        let mut graph = Graph { name: game.name.clone(), nodes: Vec::new(), edges: BTreeSet::new() };
        let mut others: BTreeMap<String, Node> = BTreeMap::new();
        for mv in &game.moves {
            let mut found = Found::default();
            mv.blocks.iter().for_each(|block| found.block(block));
            mv.slots.iter().filter_map(|slot| slot.rules.as_deref()).for_each(|rules| found.checks(rules));
            for &(ref target, label) in &found.leads {
                let known = game.moves.iter().any(|other| other.name == *target);
                let (id, shape) = match label {
                    "escalate" => (format!("person_{target}"), Shape::Person),
                    "capability" => (format!("capability_{}", target.replace('.', "_")), Shape::Capability),
                    _ if known => (format!("move_{target}"), Shape::Move),
                    _ => (format!("person_{target}"), Shape::Person),
                };
                if shape != Shape::Move {
                    let node = Node {
                        id: id.clone(),
                        title: target.clone(),
                        slots: Vec::new(),
                        lines: Vec::new(),
                        shape,
                        reach: Reach::Unknown,
                    };
                    others.insert(id.clone(), node);
                }
                graph.edges.insert(Edge { from: format!("move_{}", mv.name), to: id, label });
            }
            graph.nodes.push(Node {
                id: format!("move_{}", mv.name),
                title: mv.name.clone(),
                slots: slots_of(mv),
                lines: lines_of(mv, &found),
                shape: Shape::Move,
                reach: reached.map_or(Reach::Unknown, |reached| reach_of(mv, &found, reached)),
            });
        }
        graph.nodes.extend(others.into_values());
        graph
    }

    fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for node in &self.nodes {
            let lines: Vec<String> = node.texts().iter().map(|line| escaped(line)).collect();
            let text = lines.join("<br/>");
            out.push_str(&match node.shape {
                Shape::Move => format!("  {}[\"{text}\"]\n", node.id),
                Shape::Person => format!("  {}([\"{text}\"])\n", node.id),
                Shape::Capability => format!("  {}[[\"{text}\"]]\n", node.id),
            });
        }
        for Edge { from, to, label } in &self.edges {
            out.push_str(&format!("  {from} -->|{label}| {to}\n"));
        }
        for node in self.nodes.iter().filter(|node| node.reach != Reach::Unknown) {
            out.push_str(&format!("  style {} fill:{}\n", node.id, node.reach.colour()));
        }
        out
    }

    fn dot(&self) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut out = format!(
            "digraph \"{}\" {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\", style=filled];\n",
            quoted(&self.name)
        );
        for node in &self.nodes {
            let lines: Vec<String> = node.texts().iter().map(|line| quoted(line)).collect();
            let shape = match node.shape {
                Shape::Move => "box",
                Shape::Person => "oval",
                Shape::Capability => "component",
            };
            let colour = node.reach.colour();
            out.push_str(&format!(
                "  {} [shape={shape}, fillcolor=\"{colour}\", label=\"{}\"];\n",
                node.id,
                lines.join("\\n")
            ));
        }
        for Edge { from, to, label } in &self.edges {
            out.push_str(&format!("  {from} -> {to} [label=\"{label}\"];\n"));
        }
        out.push_str("}\n");
        out
    }
}

/// What stands in a move's blocks.
#[derive(Default)]
struct Found {
    /// Where it leads, and by what.
    leads: Vec<(String, &'static str)>,
    /// The lines of its blocks.
    blocks: BTreeSet<u32>,
    events: BTreeSet<String>,
}

impl Found {
    fn block(&mut self, block: &Block) {
        for branch in &block.branches {
            self.blocks.insert(branch.line);
            if let Condition::Event(name) = &branch.condition {
                self.events.insert(name.clone());
            }
            branch.body.iter().for_each(|statement| self.statement(statement));
        }
        block.otherwise.iter().flatten().for_each(|statement| self.statement(statement));
    }

    /// The capabilities that values are checked with.
    fn checks(&mut self, rules: &SlotRules) {
        for check in
            [Some(rules), rules.whole.as_deref()].into_iter().flatten().filter_map(|rules| rules.check.as_ref())
        {
            self.leads.push((format!("{}.{}", check.call.service, check.call.function), "capability"));
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Action(action) => self.action(action),
            Statement::Block(block) => self.block(block),
            Statement::Confidence(_) => {}
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Delegate(target) => self.leads.push((target.clone(), "delegate")),
            Action::CallMove { target, .. } => self.leads.push((target.clone(), "call")),
            Action::Escalate(escalation) => self.leads.push((escalation.queue.clone(), "escalate")),
            Action::Call(call) => {
                self.leads.push((format!("{}.{}", call.service, call.function), "capability"));
                if let Some(then) = &call.then {
                    self.action(then);
                }
            }
            _ => {}
        }
    }
}

impl Node {
    /// What stands in it, line by line.
    fn texts(&self) -> Vec<String> {
        let asks = (!self.slots.is_empty()).then(|| format!("asks: {}", self.slots.join(", ")));
        std::iter::once(self.title.clone()).chain(asks).chain(self.lines.iter().cloned()).collect()
    }
}

/// What development shows of a game.
pub(super) struct Shown {
    /// Its picture.
    pub(super) picture: String,
    /// The queues that it hands conversations over to.
    pub(super) queues: BTreeSet<String>,
}

/// The game in a file, as development shows it.
pub(super) fn shown(path: &Path) -> Result<Shown, Failure> {
    let source = source::read(path)?;
    let import = |wanted: &str| bundle::imported(path, wanted);
    let parsed = lgdl::syntax::parse_with(&source.bytes, source.contract.as_deref(), &import);
    match parsed.game(None) {
        Some(game) if !parsed.has_errors() => {
            let graph = Graph::of(game, None);
            let queues = graph.nodes.iter().filter(|node| node.shape == Shape::Person).map(|node| node.title.clone());
            Ok(Shown { queues: queues.collect(), picture: svg::draw(&graph) })
        }
        _ => Err(Failure::Failed(format!("{} is not a valid game", source.shown))),
    }
}

fn slots_of(mv: &Move) -> Vec<String> {
    let required = |slot: &lgdl::ir::Slot| {
        let depends = slot.rules.as_ref().is_some_and(|rules| rules.required_when.is_some());
        if slot.required && !depends { "" } else { "?" }
    };
    mv.slots.iter().map(|slot| format!("{}{}", slot.name, required(slot))).collect()
}

fn lines_of(mv: &Move, found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    let patterns: usize = mv.triggers.iter().map(|trigger| trigger.patterns.len()).sum();
    if patterns > 0 {
        lines.push(super::console::count(patterns, "pattern"));
    }
    lines.push(super::console::count(found.blocks.len(), "block"));
    if mv.priority == lgdl::ir::Priority::Urgent {
        lines.push("urgent".to_owned());
    }
    lines.extend(found.events.iter().map(|event| format!("event {event}")));
    lines
}

fn reach_of(mv: &Move, found: &Found, reached: &test::Reached) -> Reach {
    let blocks = found.blocks.iter().filter(|line| reached.blocks.contains(line)).count();
    match (reached.moves.contains(&mv.name) || blocks > 0, blocks == found.blocks.len()) {
        (true, true) => Reach::All,
        (true, false) => Reach::Part,
        (false, _) => Reach::Nothing,
    }
}

/// For the texts of Mermaid and SVG.
#[cfg(test)]
mod tests {
    use super::*;

    const GAME: &str = r#"game g {
      capabilities { s: ["f", "g"] }
      when event session_started { respond with: "Hello." }
      moves {
        move one {
          slots { size: string required  note: string optional check with s.g }
          when user says something like: ["one"]
          when slot size is missing { prompt slot: "Size?" }
          when all_slots_filled { s.f() then delegate to: two }
          when failed { escalate to: host }
        }
        move two { when confident { call three respond with: "x" } }
        move three { slots { a: string } when slot a is missing { prompt slot: "A \"b\" <c>?" } }
      }
    }"#;

    fn graph() -> Graph {
        let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
        assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
        Graph::of(&parsed.games[0], None)
    }

    #[test]
    fn every_way_out_of_a_move_is_an_arrow() {
        let edges: Vec<String> =
            graph().edges.iter().map(|edge| format!("{} {} {}", edge.from, edge.label, edge.to)).collect();
        assert_eq!(
            edges,
            [
                "move_one capability capability_s_f",
                "move_one capability capability_s_g",
                "move_one delegate move_two",
                "move_one escalate person_host",
                "move_two call move_three",
            ]
        );
    }

    #[test]
    fn every_form_names_every_move() {
        let graph = graph();
        for text in [graph.mermaid(), graph.dot(), svg::draw(&graph)] {
            for name in ["one", "two", "three", "session_started", "host", "asks: "] {
                assert!(text.contains(name), "{name}: {text}");
            }
        }
        assert!(graph.mermaid().contains("asks: size, note?"));
        // The chat page of development marks where the conversation stands.
        let drawn = svg::draw(&graph);
        assert!(drawn.contains("<g data-move=\"one\">") && drawn.contains("<tspan data-slot=\"note\">note?</tspan>"));
        assert!(graph.mermaid().starts_with("flowchart LR\n"));
        assert!(graph.dot().starts_with("digraph \"g\" {"));
    }

    #[test]
    fn what_dialogues_reach_is_coloured() {
        let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
        let reached = test::Reached { moves: ["two".to_owned()].into(), blocks: [12].into() };
        let graph = Graph::of(&parsed.games[0], Some(&reached));
        let of = |title: &str| graph.nodes.iter().find(|node| node.title == title).map(|node| node.reach);
        assert_eq!(of("two"), Some(Reach::All));
        assert_eq!(of("three"), Some(Reach::Nothing));
        assert!(graph.mermaid().contains("style move_two fill:#c9efd2"));
    }
}
