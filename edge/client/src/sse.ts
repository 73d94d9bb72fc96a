// Server-sent events out of a fetch body (the EventSource of browsers can't POST).

export interface ServerEvent {
  event: string;
  data: string;
}

/** Characters of one event at most; a server that sends more is not one of ours. */
export const MAX_EVENT_CHARS = 1_048_576;

/** Yields the events of a `text/event-stream` body (WHATWG HTML, 9.2.6) as they come. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let buffer = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      buffer += value ?? "";
      if (buffer.length > MAX_EVENT_CHARS) throw new Error("a server-sent event is too long");
      // A CR at the very end may be half of a CRLF: it waits for what follows.
      const lines = buffer.split(/\r\n|\n|\r(?!$)/);
      buffer = done ? "" : (lines.pop() ?? "");
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else if (line.startsWith("event:")) {
          event = line.slice(6).trim();
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
