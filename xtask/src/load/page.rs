//! The page of a load report: plots and tables, whole in one file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 180.0;
const COLOURS: [&str; 6] = ["#1565c0", "#ef6c00", "#2e7d32", "#ad1457", "#6a1b9a", "#455a64"];
const STYLE: &str = "body{font:15px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}svg{background:#fafafa;\
    border:1px solid #ddd;width:100%}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:right;\
    border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}text{font:11px system-ui;fill:#555}";

/// A line of a plot.
struct Line {
    name: String,
    points: Vec<f64>,
    /// Of the earlier report.
    earlier: bool,
}

/// The page of a report, beside an earlier one.
pub(super) fn of(title: &str, report: &Value, earlier: Option<&Value>) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Load: {0}</title><style>{STYLE}</style><h1>Load: {0}</h1>",
        escaped(title)
    );
    totals(&mut page, report, earlier);
    let both = |name: &str, of: &dyn Fn(&Value) -> f64| {
        let mut lines = vec![Line { name: name.to_owned(), points: points(report, of), earlier: false }];
        if let Some(earlier) = earlier {
            lines.push(Line { name: format!("{name}, before"), points: points(earlier, of), earlier: true });
        }
        lines
    };
    let field = |name: &'static str| move |second: &Value| second[name].as_f64().unwrap_or(0.0);
    let mut throughput = both("answered", &field("turns"));
    throughput.push(Line { name: "offered".into(), points: points(report, &field("offered")), earlier: false });
    plot(&mut page, "Turns a second", &throughput);
    let latency = ["p50_ms", "p95_ms", "p99_ms"].into_iter().flat_map(|name| both(name, &field(name)));
    plot(&mut page, "Latency, ms, from when a turn was due", &latency.collect::<Vec<_>>());
    let errors = |second: &Value| {
        second["errors"].as_object().map_or(0.0, |kinds| kinds.values().filter_map(Value::as_f64).sum())
    };
    plot(&mut page, "Errors a second", &both("errors", &errors));
    for (heading, key) in [("Processor, percent of one", "cpu_percent"), ("Resident memory, kB", "resident_kb")] {
        let lines = names(report, "processes")
            .into_iter()
            .flat_map(|name| both(&name, &|second: &Value| second["processes"][&name][key].as_f64().unwrap_or(0.0)));
        plot(&mut page, heading, &lines.collect::<Vec<_>>());
    }
    let stages = names(report, "stages_ms").into_iter().take(COLOURS.len()).map(|name| Line {
        points: points(report, &|second| second["stages_ms"][&name].as_f64().unwrap_or(0.0)),
        name,
        earlier: false,
    });
    plot(&mut page, "Stages at the node, ms, medians", &stages.collect::<Vec<_>>());
    page
}

fn totals(page: &mut String, report: &Value, earlier: Option<&Value>) {
    page.push_str("<table><tr><th></th><th>now</th>");
    page.push_str(if earlier.is_some() { "<th>before</th><th>ratio</th></tr>" } else { "</tr>" });
    for (name, key) in [
        ("turns", "turns"),
        ("turns a second", "turns_per_second"),
        ("p50, ms", "p50_ms"),
        ("p95, ms", "p95_ms"),
        ("p99, ms", "p99_ms"),
    ] {
        let now = report["total"][key].as_f64().unwrap_or(0.0);
        let _ = write!(page, "<tr><td>{name}</td><td>{now}</td>");
        if let Some(before) = earlier.and_then(|earlier| earlier["total"][key].as_f64()) {
            let _ = write!(page, "<td>{before}</td><td>{:.2}</td>", if before > 0.0 { now / before } else { 0.0 });
        }
        page.push_str("</tr>");
    }
    for (kind, count) in report["total"]["errors"].as_object().into_iter().flatten() {
        let _ = write!(page, "<tr><td>error: {}</td><td>{count}</td></tr>", escaped(kind));
    }
    page.push_str("</table>");
}

fn points(report: &Value, of: &dyn Fn(&Value) -> f64) -> Vec<f64> {
    report["seconds"].as_array().map_or_else(Vec::new, |seconds| seconds.iter().map(of).collect())
}

/// The names that an object of every second has, over all of them.
fn names(report: &Value, key: &str) -> BTreeSet<String> {
    let seconds = report["seconds"].as_array().into_iter().flatten();
    seconds.filter_map(|second| second[key].as_object()).flat_map(|of| of.keys().cloned()).collect()
}

fn plot(page: &mut String, heading: &str, lines: &[Line]) {
    let most = lines.iter().flat_map(|line| &line.points).copied().fold(0.0_f64, f64::max).max(1e-9);
    let count = lines.iter().map(|line| line.points.len()).max().unwrap_or(0).max(2);
    let _ = write!(page, "<h2>{}</h2><svg viewBox=\"0 0 {} {}\">", escaped(heading), WIDTH + 60.0, HEIGHT + 40.0);
    for part in [0.0, 0.5, 1.0] {
        let y = HEIGHT * (1.0 - part) + 10.0;
        let _ = write!(
            page,
            "<line x1=\"50\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#ddd\"/><text x=\"2\" y=\"{}\">{}</text>",
            WIDTH + 50.0,
            y + 4.0,
            short(most * part)
        );
    }
    for (at, line) in lines.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        let dashes = if line.earlier { " stroke-dasharray=\"4 3\" opacity=\"0.6\"" } else { "" };
        let mut path = String::new();
        for (second, value) in line.points.iter().enumerate() {
            let (x, y) = (50.0 + WIDTH * second as f64 / (count - 1) as f64, HEIGHT * (1.0 - value / most) + 10.0);
            let _ = write!(path, "{x:.1},{y:.1} ");
        }
        let _ = write!(page, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\"{dashes}/>");
        let _ = write!(
            page,
            "<text x=\"{}\" y=\"{}\" style=\"fill:{colour}\">{}</text>",
            50 + at * 140,
            HEIGHT + 32.0,
            escaped(&line.name)
        );
    }
    page.push_str("</svg>");
}

fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_shows_this_run_beside_the_one_before() {
        let report = |turns: f64| {
            json!({
                "total": { "turns": turns, "p95_ms": 4.0, "errors": { "503 E9<b>": 2 } },
                "seconds": [
                    { "turns": turns, "offered": 10.0, "p95_ms": 4.0, "errors": {}, "processes": { "edge": { "cpu_percent": 50.0 } } },
                    { "turns": turns, "offered": 10.0, "p95_ms": 5.0, "errors": { "503": 1 } },
                ],
            })
        };
        let page = of("smoke on dev", &report(20.0), Some(&report(10.0)));
        assert!(page.contains("<td>2.00</td>") && page.contains("answered, before") && page.contains("edge"));
        assert!(page.contains("503 E9&lt;b>") && !page.contains("E9<b>"));
        assert!(of("soak on dev", &report(1.0), None).contains("polyline"));
    }
}
