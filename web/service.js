// The server's HTTP contract, as much of it as the page needs.

import { fetchWithKey } from "./key.js";
import { readEvents } from "./stream.js";

/** An answer that is not what was asked for; `retryAfterMs` is null where the server named no time. */
export class ServiceError extends Error {
  constructor(status, detail, retryAfterMs = null) {
    super(detail);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Yield slates for `request`, each whole and better than the one before, until the server has no more. */
export async function* suggest(request, compositionId, signal) {
  const response = await fetchWithKey("/v1/suggest", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      "X-Composition-Id": compositionId,
    },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.ok) throw await toError(response);
  let isDone = false;
  for await (const { event, data } of readEvents(response.body)) {
    if (event === "slate") yield JSON.parse(data);
    else if (event === "error") throw new ServiceError(500, problemDetail(data));
    else if (event === "done") isDone = true; // the server closes: reading on lets the connection be used again
  }
  if (!isDone) throw new ServiceError(0, "the answer broke off");
}

/** Tell the server what was chosen. Nobody waits for it. */
export async function sendFeedback(feedback) {
  try {
    await fetchWithKey("/v1/feedback", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(feedback),
      keepalive: true,
    });
  } catch {
    // A choice that could not be reported must not disturb the chat.
  }
}

/** Keep a file of this person's; answers with the item that it became. */
export async function uploadMedia(file, fields) {
  const form = new FormData();
  form.append("file", file);
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const response = await fetchWithKey("/v1/media", { method: "POST", body: form });
  if (!response.ok) throw await toError(response);
  return response.json();
}

async function toError(response) {
  const detail = problemDetail(await response.text().catch(() => ""));
  return new ServiceError(response.status, detail, retryAfterMs(response.headers.get("Retry-After")));
}

function problemDetail(text) {
  try {
    const problem = JSON.parse(text);
    return String(problem.detail || problem.title || "");
  } catch {
    return "";
  }
}

/** `Retry-After` is a number of seconds or a date. */
function retryAfterMs(header) {
  if (!header) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 60_000) : null;
}
