// The page: what is typed becomes a question, the answer becomes a row, what is chosen becomes a message.

import { Attach } from "./attach.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { locale, newId, userId } from "./identity.js";
import { updateNudge } from "./nudge.js";
import { Row } from "./row.js";
import { explainTiles, hideScores } from "./scores.js";
import { sendFeedback } from "./service.js";
import { sayCounts, sayDegraded, sayFailure } from "./status.js";
import { Suggester } from "./suggester.js";

const MAX_N_GRAM = 256;
const OPENING = [
  "Hey! Ana turns 30 tomorrow",
  "Type anything below and pick what you like",
  "So, what do we send her for her birthday?",
];

const user = userId();
const chat = new Chat();
const row = new Row(choose, () => composer.focus());
const composer = new Composer({ onType: ask, onSend: send, onUp: () => row.focus() });
const suggester = new Suggester({ slate: show, done, failed });
let slate = null;
new Attach({ user, words: () => tagsOf(composer.text), onAdded: addOwn });

function ask(text) {
  hideScores();
  if (slate && slate.n_gram_string !== lastPart(text)) row.markStale();
  suggester.ask(requestFor(text));
}

function requestFor(text) {
  const typed = lastPart(text);
  return {
    n_gram_string: typed,
    user_id: user,
    media_types: ["sticker", "image", "video", "audio"],
    limit: 12,
    generation_count: 2,
    locale: locale(),
    context: chat.context().map(wellFormed),
    generate: typed.trim() ? "auto" : "never", // a guess at what comes next is not worth making media for
    deadline_ms: 10_000,
  };
}

/** The end of a long text, counted in characters as the server does, and never half an emoji. */
function lastPart(text) {
  return wellFormed([...text].slice(-MAX_N_GRAM).join(""));
}

function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "");
}

function show(newSlate) {
  slate = newSlate;
  row.show(slate);
  report(slate.pending);
}

/** The stream has ended: what the deadline left unfinished will be found the next time. */
function done() {
  row.showPending([]);
  report([]);
}

function failed(error, retryInMs) {
  row.showPending([]);
  sayFailure(error, retryInMs);
}

function report(pending) {
  const numNew = slate.items.filter((item) => item.source === "generated").length;
  sayCounts(slate.items.length, numNew, pending.length);
  sayDegraded(slate.degraded);
  updateNudge();
}

function choose(item, suggestionId, rect) {
  chat.addMedia(item, rect);
  sendFeedback({
    event_id: newId(),
    suggestion_id: suggestionId,
    item_id: item.item_id,
    action: "select",
    at: new Date().toISOString(),
  });
  startMessage();
}

function addOwn(item, rect) {
  chat.addMedia(item, rect);
  startMessage();
}

/** What is typed, as long as a tag may be and without the commas that part tags. */
function tagsOf(text) {
  return [...wellFormed(text).replaceAll(",", " ").trim()].slice(0, 64).join("");
}

function send(text) {
  chat.addText(text, "me");
  startMessage();
}

function startMessage() {
  composer.clear();
  suggester.startComposition();
  ask("");
}

OPENING.forEach((text) => chat.addText(text, "them"));
explainTiles(document.getElementById("row"), (tile) => row.itemOf(tile));
addEventListener("online", () => suggester.retryNow());
ask(composer.text); // a reload may have kept what was typed
