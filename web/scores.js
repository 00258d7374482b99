// Why a suggestion is where it is: its scores, in a small card above the tile.

const SHOW_AFTER_MS = 450; // of pointing, or of pressing on a touch screen
const NAMES = {
  index_match: "index match",
  gme_relevance: "relevance",
  user_preference: "your taste",
  novelty: "novelty",
  total: "total",
};

const card = document.getElementById("scores");
let timer = 0;

/** Show the card for whatever tile of `row` is pointed at or focused by keyboard for a moment, or pressed long. */
export function explainTiles(rowElement, itemOf) {
  const ask = (event) => {
    const tile = event.target.closest(".tile");
    if (event.pointerType === "touch") return;
    hideScores();
    if (!tile || (event.type === "focusin" && !event.target.matches(":focus-visible"))) return;
    timer = setTimeout(() => show(tile, itemOf(tile)), SHOW_AFTER_MS);
  };
  rowElement.addEventListener("pointerover", ask);
  rowElement.addEventListener("focusin", ask);
  rowElement.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && hideScores());
  rowElement.addEventListener("focusout", hideScores);
  rowElement.addEventListener("keydown", hideScores, { capture: true }); // before the key moves the focus
  rowElement.addEventListener("scroll", hideScores, { passive: true });
  document.addEventListener("pointerdown", hideScores, { capture: true });
  explainLongPress(rowElement, itemOf);
}

/** A long press on a touch screen explains a tile and chooses nothing; the card stays until the next touch. */
function explainLongPress(rowElement, itemOf) {
  let explained = false;
  rowElement.addEventListener("pointerdown", (event) => {
    explained = false;
    const tile = event.target.closest(".tile");
    if (!tile || event.pointerType !== "touch") return;
    timer = setTimeout(() => {
      explained = true;
      show(tile, itemOf(tile));
    }, SHOW_AFTER_MS);
  });
  for (const event of ["pointerup", "pointercancel"]) rowElement.addEventListener(event, () => clearTimeout(timer));
  rowElement.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
  // Else the browser makes a click, and a focus, of it.
  rowElement.addEventListener("touchend", (event) => explained && event.preventDefault(), { passive: false });
}

/** Put the card away. */
export function hideScores() {
  clearTimeout(timer);
  card.hidden = true;
}

function show(tile, item) {
  if (!item || !tile.isConnected) return;
  card.replaceChildren(heading(item), ...Object.keys(NAMES).map((name) => line(name, item.scores[name])));
  card.hidden = false;
  const at = tile.getBoundingClientRect();
  const left = at.left + at.width / 2 - card.offsetWidth / 2;
  card.style.left = `${Math.min(Math.max(left, 8), innerWidth - card.offsetWidth - 8)}px`;
  card.style.top = `${Math.max(at.top - card.offsetHeight - 8, 8)}px`;
}

function heading(item) {
  const title = document.createElement("p");
  title.className = "scores-title";
  title.textContent = item.alt_text;
  const source = document.createElement("span");
  source.textContent = item.source === "generated" ? `made for you · ${item.media_type}` : `found · ${item.media_type}`;
  title.append(source);
  return title;
}

function line(name, score) {
  const element = document.createElement("p");
  element.className = name === "total" ? "score is-total" : "score";
  const label = document.createElement("span");
  label.textContent = NAMES[name];
  const bar = document.createElement("i");
  bar.style.setProperty("--score", score ?? 0);
  const value = document.createElement("b");
  value.textContent = score === null ? "–" : score.toFixed(2);
  element.append(label, bar, value);
  return element;
}
