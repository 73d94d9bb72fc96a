//! The report as a page: figures, the curve of thresholds, how far confidence holds, confusions. One file, no script.

use std::fmt::Write;

use lgdl_origin::readable::escaped;

use super::figures::{Bin, Figures, Threshold};
use super::{Report, meant, percent, taken_for};

/// Width and height of a plot, and the room for what stands at its axes.
const SIDE: f64 = 280.0;
const MARGIN: f64 = 34.0;
/// Marks on an axis.
const TICKS: u32 = 5;
/// The dot of a point, and how much larger it is for a bin that has everything.
const DOT: f64 = 2.5;
const GROWS: f64 = 7.0;
/// The last rows of the summary, which tell of what is out of scope.
const OUTSIDE_ROWS: usize = 3;
const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1d2330}\
    table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #d8dce5;\
    vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.v{overflow-wrap:anywhere}\
    .plots{display:flex;flex-wrap:wrap;gap:1.5rem}figure{margin:0}svg{background:#f7f8fb}svg text{font-size:11px;fill:#5b6478}\
    .a{stroke:#2457c5;fill:#2457c5}.b{stroke:#b4441c;fill:#b4441c}.c{stroke:#2f7d43;fill:#2f7d43}\
    path{fill:none!important;stroke-width:2}circle{stroke:none}.axis{stroke:#8a93a6;stroke-width:1}.grid{stroke:#e3e6ee;stroke-width:1}\
    .even{stroke:#8a93a6;stroke-dasharray:4 4}i{font-style:normal;font-weight:bold}i.a{color:#2457c5}i.b{color:#b4441c}i.c{color:#2f7d43}";

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let mut out = String::new();
    let title = escaped(&report.game);
    let reports: Vec<&Report> = std::iter::successors(Some(report), |report| report.compared.as_deref()).collect();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
    );
    summary(&reports, &mut out);
    for report in &reports {
        section(report, &reports, &mut out);
    }
    out.push_str("</html>\n");
    out
}

/// What tells a report from the others on the page.
fn name(report: &Report, among: &[&Report]) -> String {
    if among.iter().all(|other| other.game == report.game) {
        format!("Heard with {}", report.heard_with)
    } else {
        format!("{}, heard with {}", report.game, report.heard_with)
    }
}

/// The figures of all reports side by side.
fn summary(reports: &[&Report], out: &mut String) {
    type Row = (&'static str, fn(&Report) -> String);
    let rows: [Row; 8] = [
        ("Version", |report| report.version.clone()),
        ("Utterances", |report| report.figures.count.to_string()),
        ("Accuracy, in scope", |report| format!("{:.3}", report.figures.accuracy)),
        ("Macro F1", |report| format!("{:.3}", report.figures.macro_f1)),
        ("Calibration error", |report| format!("{:.3}", report.figures.calibration_error)),
        ("Out of scope: utterances", |report| outside(&report.figures, |outside| outside.count.to_string())),
        ("Out of scope: AUROC", |report| outside(&report.figures, |outside| format!("{:.3}", outside.auroc))),
        ("Out of scope: below 0.5", |report| outside(&report.figures, |outside| percent(Some(outside.recall)))),
    ];
    out.push_str("<table><tr><th></th>");
    for report in reports {
        let _ = write!(out, "<th>{}</th>", escaped(&name(report, reports)));
    }
    out.push_str("</tr>");
    let any_outside = reports.iter().any(|report| report.figures.out_of_scope.is_some());
    let told = if any_outside { &rows[..] } else { &rows[..rows.len() - OUTSIDE_ROWS] };
    for (title, value) in told {
        let _ = write!(out, "<tr><th>{title}</th>");
        for report in reports {
            let _ = write!(out, "<td class=\"v\">{}</td>", escaped(&value(report)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
}

fn outside(figures: &Figures, value: fn(&super::figures::OutOfScope) -> String) -> String {
    figures.out_of_scope.as_ref().map_or("none".to_owned(), value)
}

fn section(report: &Report, among: &[&Report], out: &mut String) {
    let figures = &report.figures;
    let _ = write!(out, "<h2>{}</h2><div class=\"plots\">", escaped(&name(report, among)));
    let caption = "By score: <i class=\"a\">kept</i> of what is in scope, <i class=\"b\">right</i> of what is kept, \
                   <i class=\"c\">refused</i> of what is out of scope";
    plot(out, "The curve of thresholds", caption, &curves(&figures.thresholds), false);
    let caption = "Score against the share that is right; the larger the dot, the more utterances";
    plot(out, "How far confidence holds", caption, &reliability(&figures.calibration, figures.count), true);
    out.push_str(
        "<table><tr><th>Score</th><th class=\"n\">Kept</th><th class=\"n\">Right</th><th class=\"n\">Refused</th></tr>",
    );
    for at in &figures.thresholds {
        let (kept, right, refused) = (percent(Some(at.kept)), percent(at.precision), percent(at.refused));
        let _ = write!(
            out,
            "<tr><td>≥ {}</td><td class=\"n\">{kept}</td><td class=\"n\">{right}</td><td class=\"n\">{refused}</td></tr>",
            at.threshold
        );
    }
    out.push_str("</table></div>");
    if !figures.confusions.is_empty() {
        out.push_str("<table><tr><th>Meant</th><th>Taken for</th><th class=\"n\">Times</th><th>Example</th></tr>");
        for confusion in &figures.confusions {
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"v\">{}</td></tr>",
                escaped(meant(&confusion.expected)),
                escaped(taken_for(&confusion.found)),
                confusion.count,
                escaped(&confusion.example)
            );
        }
        out.push_str("</table>");
    }
}

/// A line of a plot: its class, and its points with the size of their dots.
type Curve = (&'static str, Vec<(f64, f64, f64)>);

fn curves(thresholds: &[Threshold]) -> Vec<Curve> {
    let points = |value: fn(&Threshold) -> Option<f64>| {
        thresholds.iter().filter_map(|at| Some((at.threshold, value(at)?, DOT))).collect::<Vec<_>>()
    };
    vec![("a", points(|at| Some(at.kept))), ("b", points(|at| at.precision)), ("c", points(|at| at.refused))]
}

fn reliability(bins: &[Bin], all: usize) -> Vec<Curve> {
    let dot = |bin: &Bin| DOT + GROWS * (bin.count as f64 / all.max(1) as f64).sqrt();
    vec![("a", bins.iter().map(|bin| (bin.confidence, bin.right, dot(bin))).collect())]
}

fn plot(out: &mut String, title: &str, caption: &str, curves: &[Curve], with_even: bool) {
    let (x, y) = (|value: f64| MARGIN + value * SIDE, |value: f64| MARGIN + (1.0 - value) * SIDE);
    let whole = SIDE + 2.0 * MARGIN;
    let _ = write!(
        out,
        "<figure style=\"width:{whole}px\"><svg width=\"{whole}\" height=\"{whole}\" role=\"img\" aria-label=\"{title}\">"
    );
    for tick in 0..=TICKS {
        let value = f64::from(tick) / f64::from(TICKS);
        let (across, down) = (x(value), y(value));
        let _ =
            write!(out, "<path class=\"grid\" d=\"M{} {down}H{}M{across} {}V{}\"/>", x(0.0), x(1.0), y(0.0), y(1.0));
        let _ = write!(
            out,
            "<text x=\"{across}\" y=\"{}\" text-anchor=\"middle\">{value}</text><text x=\"{}\" y=\"{}\" \
             text-anchor=\"end\">{value}</text>",
            y(0.0) + 15.0,
            x(0.0) - 5.0,
            down + 4.0
        );
    }
    let _ = write!(out, "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>", x(0.0), y(1.0), y(0.0), x(1.0));
    if with_even {
        let _ = write!(out, "<path class=\"even\" d=\"M{} {}L{} {}\"/>", x(0.0), y(0.0), x(1.0), y(1.0));
    }
    for (class, points) in curves.iter().filter(|(_, points)| !points.is_empty()) {
        let path: Vec<String> = points.iter().map(|&(at, value, _)| format!("{:.1} {:.1}", x(at), y(value))).collect();
        let _ = write!(out, "<path class=\"{class}\" d=\"M{}\"/>", path.join("L"));
        for &(at, value, dot) in points {
            let _ = write!(
                out,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{dot:.1}\"><title>{at:.2}: {value:.3}</title></circle>",
                x(at),
                y(value)
            );
        }
    }
    let _ = write!(out, "</svg><figcaption>{caption}</figcaption></figure>");
}
