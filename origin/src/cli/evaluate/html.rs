//! The report as a page: figures, the curve of thresholds, how far confidence holds, confusions. One file, no script.

use std::fmt::Write;

use super::figures::{Bin, Threshold};
use super::{Report, shown};

/// Width and height of a plot.
const SIDE: f64 = 280.0;
const MARGIN: f64 = 30.0;
const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1d2330}\
    table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #d8dce5}\
    .plots{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}svg{background:#f7f8fb}.a{stroke:#2457c5}.b{stroke:#b4441c}\
    .c{stroke:#2f7d43}path{fill:none;stroke-width:2}.axis{stroke:#8a93a6;stroke-width:1}.even{stroke:#8a93a6;stroke-dasharray:4 4}";

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let mut out = String::new();
    let title = escaped(&report.game);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
    );
    section(report, &mut out);
    if let Some(other) = &report.compared {
        let _ = write!(out, "<h1>Compared: {}</h1>", escaped(&other.game));
        section(other, &mut out);
    }
    out.push_str("</html>\n");
    out
}

fn section(report: &Report, out: &mut String) {
    let figures = &report.figures;
    let mut rows = vec![
        ("Version", escaped(&report.version)),
        ("Meaning by", escaped(&report.meaning)),
        ("Utterances", figures.count.to_string()),
        ("Accuracy", format!("{:.3}", figures.accuracy)),
        ("Macro F1", format!("{:.3}", figures.macro_f1)),
        ("Calibration error", format!("{:.3}", figures.calibration_error)),
    ];
    if let Some(outside) = &figures.out_of_scope {
        let told = format!("AUROC {:.3}, recall {:.3} of {}", outside.auroc, outside.recall, outside.count);
        rows.push(("Out of scope", told));
    }
    out.push_str("<table>");
    for (name, value) in rows {
        let _ = write!(out, "<tr><th>{name}</th><td>{value}</td></tr>");
    }
    out.push_str("</table><div class=\"plots\">");
    plot(out, "By threshold: kept (blue), right (red), refused (green)", &curves(&figures.thresholds), false);
    plot(out, "Confidence against the share that is right", &reliability(&figures.calibration), true);
    out.push_str("</div>");
    if !figures.confusions.is_empty() {
        out.push_str("<table><tr><th>Meant</th><th>Taken for</th><th>Times</th></tr>");
        for confusion in &figures.confusions {
            let (meant, taken) = (escaped(shown(&confusion.expected)), escaped(shown(&confusion.found)));
            let _ = write!(out, "<tr><td>{meant}</td><td>{taken}</td><td>{}</td></tr>", confusion.count);
        }
        out.push_str("</table>");
    }
}

/// A line of a plot: its class, and its points.
type Curve = (&'static str, Vec<(f64, f64)>);

fn curves(thresholds: &[Threshold]) -> Vec<Curve> {
    let points = |value: fn(&Threshold) -> Option<f64>| {
        thresholds.iter().filter_map(|at| Some((at.threshold, value(at)?))).collect::<Vec<_>>()
    };
    vec![("a", points(|at| Some(at.kept))), ("b", points(|at| at.precision)), ("c", points(|at| at.refused))]
}

fn reliability(bins: &[Bin]) -> Vec<Curve> {
    vec![("a", bins.iter().map(|bin| (bin.confidence, bin.right)).collect())]
}

fn plot(out: &mut String, title: &str, curves: &[Curve], with_even: bool) {
    let (x, y) = (|value: f64| MARGIN + value * SIDE, |value: f64| MARGIN + (1.0 - value) * SIDE);
    let whole = SIDE + 2.0 * MARGIN;
    let _ = write!(out, "<figure><svg width=\"{whole}\" height=\"{whole}\" role=\"img\" aria-label=\"{title}\">");
    let _ = write!(out, "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>", x(0.0), y(1.0), y(0.0), x(1.0));
    if with_even {
        let _ = write!(out, "<path class=\"even\" d=\"M{} {}L{} {}\"/>", x(0.0), y(0.0), x(1.0), y(1.0));
    }
    for (class, points) in curves.iter().filter(|(_, points)| !points.is_empty()) {
        let path: Vec<String> = points.iter().map(|&(at, value)| format!("{:.1} {:.1}", x(at), y(value))).collect();
        let _ = write!(out, "<path class=\"{class}\" d=\"M{}\"/>", path.join("L"));
    }
    let _ = write!(out, "<text x=\"{}\" y=\"{}\" font-size=\"11\">0</text>", x(0.0) - 12.0, y(0.0) + 14.0);
    let _ = write!(out, "<text x=\"{}\" y=\"{}\" font-size=\"11\">1</text>", x(1.0), y(0.0) + 14.0);
    let _ = write!(out, "</svg><figcaption>{title}</figcaption></figure>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
