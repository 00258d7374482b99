// The line below the row: what is there, what is still being made, what went wrong.

const status = document.getElementById("status");
const note = document.getElementById("note");
const READING_MS = 5_000; // so long a refusal stays, though slates come
let readUntil = 0;
let waiting = 0;

/** Say what a slate holds; screen readers hear it when it changes. */
export function sayCounts(numItems, numNew, numPending) {
  const parts = [numItems ? count(numItems, "suggestion") : "No matches yet"];
  if (numNew) parts.push(`${numNew} just made`);
  if (numPending) parts.push(`${numPending} still being made`);
  clearTimeout(waiting);
  const left = readUntil - performance.now();
  if (left <= 0) say(parts.join(", "), false);
  else waiting = setTimeout(() => say(parts.join(", "), false), left);
}

/** Say that a file is on its way. */
export function sayUploading(name) {
  say(`Adding ${name || "your media"} …`, false);
}

/** Say what went wrong, kindly, and what happens next. */
export function sayFailure(error, retryInMs) {
  const next = retryInMs === null ? "" : ` Trying again ${inSeconds(retryInMs)}.`;
  say(reason(error) + next, true);
  sayDegraded([]);
}

/** Say why a file was not taken, for long enough to be read. */
export function sayRefusal(error) {
  sayFailure(error, null);
  clearTimeout(waiting);
  readUntil = performance.now() + READING_MS;
}

/** Name the parts of an answer that are missing. */
export function sayDegraded(degraded) {
  note.hidden = degraded.length === 0;
  note.textContent = degraded.join(" · ");
  note.title = degraded.length ? `Answered without: ${degraded.join("; ")}` : "";
}

function say(text, isError) {
  status.classList.toggle("is-error", isError);
  if (status.textContent !== text) status.textContent = text;
}

function reason(error) {
  if (error.status === undefined) return "Can’t reach the server.";
  if (error.status === 0) return "The connection broke off.";
  if (error.status === 503 || error.status === 429) return "The server is busy right now.";
  if (error.status === 401 || error.status === 403) return "This server asks for a key that the page doesn’t have.";
  if (error.status < 500) return `The server didn’t take that${error.message ? `: ${error.message}` : "."}`;
  return "Something went wrong on the server.";
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function inSeconds(ms) {
  const seconds = Math.ceil(ms / 1000);
  return seconds <= 1 ? "in a second" : `in ${seconds} seconds`;
}
