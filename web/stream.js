// Server-sent events from a fetch body, since EventSource cannot POST.
// Lines end in CR, LF or CRLF; see https://html.spec.whatwg.org/multipage/server-sent-events.html

/** Yield `{event, data}` for every complete event in `stream`, a ReadableStream of bytes. */
export async function* readEvents(stream) {
  let event = "";
  let data = [];
  for await (const line of readLines(stream)) {
    if (line === "") {
      if (data.length) yield { event: event || "message", data: data.join("\n") };
      event = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon); // a comment starts with the colon: field ""
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }
}

/** Yield whole lines; an unfinished last line is dropped, as the standard says. */
async function* readLines(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder(); // drops a byte order mark
  let text = "";
  let endedInCr = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      let chunk = decoder.decode(value, { stream: true });
      if (!chunk) continue;
      if (endedInCr && chunk.startsWith("\n")) chunk = chunk.slice(1); // the other half of a CRLF
      endedInCr = chunk.endsWith("\r");
      const lines = (text + chunk).split(/\r\n?|\n/);
      text = lines.pop();
      yield* lines;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
