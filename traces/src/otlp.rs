//! Spans as OTLP has them in JSON: ids in hexadecimal, times and whole numbers as text, kinds as numbers.

use lgdl::wire::trace::hex;
use serde_json::{Value as Json, json};

use crate::{Kind, Service, Span, Value};

/// `STATUS_CODE_ERROR`
const FAILED: u8 = 2;

/// The request that hands spans to a collector: an `ExportTraceServiceRequest`.
#[must_use]
pub fn encoded(spans: &[Span]) -> Json {
    let of_service = |service: Service| {
        let spans: Vec<Json> = spans.iter().filter(|span| span.service == service).map(span).collect();
        let resource = json!([
            attribute("service.name", &Value::Text(service.name().to_owned())),
            attribute("service.version", &Value::Text(env!("CARGO_PKG_VERSION").to_owned())),
        ]);
        (!spans.is_empty()).then(|| {
            json!({
                "resource": { "attributes": resource },
                "scopeSpans": [{ "scope": { "name": "lgdl" }, "spans": spans }],
            })
        })
    };
    let all: Vec<Json> = [Service::Edge, Service::Origin].into_iter().filter_map(of_service).collect();
    json!({ "resourceSpans": all })
}

fn span(span: &Span) -> Json {
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    let attributes: Vec<Json> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let status = match &span.failure {
        Some(code) => json!({ "code": FAILED, "message": code }),
        None => json!({}),
    };
    json!({
        "traceId": hex(&span.trace),
        "spanId": hex(&span.id),
        "parentSpanId": span.parent.map(|parent| hex(&parent)).unwrap_or_default(),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": span.began_ns.to_string(),
        "endTimeUnixNano": (span.began_ns + span.took_ns).to_string(),
        "attributes": attributes,
        "status": status,
    })
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
    };
    json!({ "key": name, "value": value })
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;

    use super::*;

    #[test]
    fn what_is_sent_is_read_by_the_types_of_the_standard() {
        let root = Span {
            service: Service::Edge,
            trace: [7; 16],
            id: [1; 8],
            parent: None,
            name: "POST /games/{id}/move".into(),
            kind: Kind::Server,
            began_ns: 1_772_614_800_000_000_001,
            took_ns: 1_500,
            attributes: vec![
                ("http.response.status_code", Value::Number(503)),
                ("lgdl.game", Value::Text("clinic".into())),
            ],
            failure: Some("E501".into()),
        };
        let child = Span {
            id: [2; 8],
            parent: Some([1; 8]),
            kind: Kind::Client,
            failure: None,
            attributes: vec![],
            ..root.clone()
        };
        let origins = Span { service: Service::Origin, id: [3; 8], ..child.clone() };
        let text = encoded(&[root, child, origins]).to_string();
        let read: ExportTraceServiceRequest = serde_json::from_str(&text).expect("OTLP");
        let resource = read.resource_spans[0].resource.as_ref().expect("a resource");
        assert_eq!(resource.attributes[0].key, "service.name");
        assert_eq!(read.resource_spans.len(), 2, "each service's by themselves");
        assert_eq!(read.resource_spans[1].scope_spans[0].spans[0].span_id, [3; 8]);
        let [root, child] = &read.resource_spans[0].scope_spans[0].spans[..] else { panic!("two spans: {read:?}") };
        assert_eq!((root.trace_id.as_slice(), root.span_id.as_slice()), (&[7; 16][..], &[1; 8][..]));
        assert_eq!(child.parent_span_id, root.span_id);
        assert_eq!((root.kind, child.kind), (2, 3));
        assert_eq!(root.end_time_unix_nano - root.start_time_unix_nano, 1_500);
        assert_eq!(root.start_time_unix_nano, 1_772_614_800_000_000_001, "no digit of the time is lost");
        let status = root.status.as_ref().expect("it failed");
        assert_eq!((status.code, status.message.as_str()), (2, "E501"));
        let value = root.attributes[0].value.as_ref().and_then(|value| value.value.clone());
        assert_eq!(value, Some(Any::IntValue(503)));
    }
}
