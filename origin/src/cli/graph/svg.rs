//! The picture as SVG: boxes in columns by how far they are from where a conversation begins, arrows between them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lgdl_origin::readable::escaped;

use super::{Graph, Node, Shape};

const BOX_WIDTH: usize = 230;
const COLUMN_GAP: usize = 110;
const ROW_GAP: usize = 28;
const LINE_HEIGHT: usize = 17;
const PADDING: usize = 10;
const MARGIN: usize = 24;
/// Characters of a line in a box; what is longer is cut.
const MAX_CHARS: usize = 32;
/// What stands before the slots of a move.
const ASKS: &str = "asks: ";

struct Placed {
    x: usize,
    y: usize,
    height: usize,
}

/// Draws the graph.
pub(super) fn draw(graph: &Graph) -> String {
    let columns = columns(graph);
    let mut placed: BTreeMap<&str, Placed> = BTreeMap::new();
    let mut bottoms: BTreeMap<usize, usize> = BTreeMap::new();
    for node in &graph.nodes {
        let column = columns.get(node.id.as_str()).copied().unwrap_or(0);
        let y = bottoms.get(&column).copied().unwrap_or(MARGIN);
        let height = 2 * PADDING + (1 + slot_lines(node).len() + node.lines.len()) * LINE_HEIGHT;
        placed.insert(&node.id, Placed { x: MARGIN + column * (BOX_WIDTH + COLUMN_GAP), y, height });
        bottoms.insert(column, y + height + ROW_GAP);
    }
    let width = columns.values().max().map_or(0, |last| last + 1) * (BOX_WIDTH + COLUMN_GAP) + 2 * MARGIN;
    let height = bottoms.values().max().copied().unwrap_or(0) + MARGIN;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<title>{}</title>\n<defs><marker id=\"tip\" viewBox=\"0 0 10 10\" \
         refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" \
         fill=\"#556\"/></marker></defs>",
        escaped(&graph.name)
    );
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (placed.get(edge.from.as_str()), placed.get(edge.to.as_str())) else { continue };
        let (x1, y1) = (from.x + BOX_WIDTH, from.y + from.height / 2);
        let (x2, y2) = (to.x, to.y + to.height / 2);
        let bend = COLUMN_GAP / 2;
        let _ = writeln!(
            out,
            "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#556\" marker-end=\"url(#tip)\"/>\n\
             <text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"#556\">{}</text>",
            x1 + bend,
            x2.saturating_sub(bend),
            x1 + 6,
            y1.saturating_sub(4),
            edge.label
        );
    }
    for node in &graph.nodes {
        if let Some(place) = placed.get(node.id.as_str()) {
            draw_box(&mut out, node, place);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// The slots of a box, in lines that fit into it.
fn slot_lines(node: &Node) -> Vec<Vec<&str>> {
    let mut lines: Vec<Vec<&str>> = Vec::new();
    let mut room = 0;
    for slot in &node.slots {
        let width = slot.chars().count() + ", ".len();
        match lines.last_mut() {
            Some(line) if width <= room => line.push(slot),
            _ => {
                lines.push(vec![slot]);
                room = MAX_CHARS - ASKS.len();
            }
        }
        room = room.saturating_sub(width);
    }
    lines
}

fn draw_box(out: &mut String, node: &Node, place: &Placed) {
    let rounding = if node.shape == Shape::Person { place.height / 2 } else { 6 };
    let colour = node.reach.colour();
    // The page finds a move, and a slot of it, by these names.
    let named = match node.shape {
        Shape::Move => format!(" data-move=\"{}\"", escaped(&node.title)),
        Shape::Person | Shape::Capability => String::new(),
    };
    let _ = writeln!(
        out,
        "<g{named}><rect x=\"{}\" y=\"{}\" width=\"{BOX_WIDTH}\" height=\"{}\" rx=\"{rounding}\" fill=\"{colour}\" \
         stroke=\"#556\"/>",
        place.x, place.y, place.height
    );
    let mut lines = vec![(escaped(&cut(&node.title)), " font-weight=\"bold\"")];
    for (index, slots) in slot_lines(node).into_iter().enumerate() {
        let marked: Vec<String> = slots
            .into_iter()
            .map(|slot| {
                let (name, shown) = (escaped(slot.trim_end_matches('?')), escaped(&cut(slot)));
                format!("<tspan data-slot=\"{name}\">{shown}</tspan>")
            })
            .collect();
        lines.push((format!("{}{}", if index == 0 { ASKS } else { "" }, marked.join(", ")), ""));
    }
    lines.extend(node.lines.iter().map(|line| (escaped(&cut(line)), "")));
    for (index, (line, weight)) in lines.into_iter().enumerate() {
        let (x, y) = (place.x + PADDING, place.y + PADDING + index * LINE_HEIGHT + 13);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\"{weight}>{line}</text>");
    }
    out.push_str("</g>\n");
}

fn cut(line: &str) -> String {
    if line.chars().count() > MAX_CHARS {
        line.chars().take(MAX_CHARS - 1).chain(['…']).collect()
    } else {
        line.to_owned()
    }
}

/// How far each box is from one that nothing leads to.
fn columns(graph: &Graph) -> BTreeMap<&str, usize> {
    let led_to = |id: &str| graph.edges.iter().any(|edge| edge.to == id && edge.from != id);
    let mut columns: BTreeMap<&str, usize> =
        graph.nodes.iter().filter(|node| !led_to(&node.id)).map(|node| (node.id.as_str(), 0)).collect();
    // Each round places what is one step further; circles end with the rounds.
    for _ in 0..graph.nodes.len() {
        let mut changed = false;
        for edge in &graph.edges {
            let Some(column) = columns.get(edge.from.as_str()).map(|column| column + 1) else { continue };
            if !columns.contains_key(edge.to.as_str()) {
                columns.insert(&edge.to, column);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    columns
}
