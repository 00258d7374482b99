// The row of suggestions: one tile an item, kept across slates, so that it glides when its rank changes.

import { glide } from "./flip.js";
import { stopSound } from "./player.js";
import { createDeck, createTile, updateTile } from "./tile.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/** `onChoose(item, suggestionId, rect)` is called with what was chosen and where it was on the screen. */
export class Row {
  #element = document.getElementById("row");
  #tiles = new Map(); // item_id → tile
  #shown = new Map(); // item_id → { item, suggestionId }
  #onChoose;

  constructor(onChoose, onLeave) {
    this.#onChoose = onChoose;
    this.#element.addEventListener("keydown", (event) => this.#onKey(event, onLeave));
    this.#element.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#element.addEventListener("focusin", (event) => this.#rove(event.target.closest(".tile")));
  }

  /** Show a slate: tiles come, go and glide; the focused one stays focused. */
  show(slate) {
    const isOther = this.#element.dataset.nGram !== slate.n_gram_string;
    this.#element.dataset.nGram = slate.n_gram_string;
    this.#element.classList.remove("is-stale");
    this.#shown = new Map(slate.items.map((item) => [item.item_id, { item, suggestionId: slate.suggestion_id }]));
    glide(this.#element, () => {
      if (isOther && !this.#element.matches(":focus-within")) this.#element.scrollLeft = 0;
      this.#arrange(slate.items);
      this.showPending(slate.pending);
    });
  }

  /** Show which media types are still being made. */
  showPending(mediaTypes) {
    this.#element.querySelector(".deck")?.remove();
    if (mediaTypes.length) this.#element.append(createDeck(mediaTypes));
    this.#element.setAttribute("aria-busy", String(mediaTypes.length > 0));
    this.#element.style.setProperty("--deck", mediaTypes.length);
  }

  /** The text has moved on; what is shown belongs to an older one. */
  markStale() {
    this.#element.classList.add("is-stale");
  }

  /** Move the focus into the row, if there is anything in it. */
  focus() {
    this.#element.querySelector('.tile-main[tabindex="0"]')?.focus();
  }

  /** What a tile stands for. */
  itemOf(tile) {
    return this.#shown.get(tile.dataset.itemId)?.item;
  }

  #arrange(items) {
    const focused = this.#element.querySelector(".tile:focus-within");
    const index = [...this.#tiles.values()].indexOf(focused);
    const tiles = new Map(items.map((item) => [item.item_id, this.#tileFor(item)]));
    for (const [itemId, tile] of this.#tiles) if (!tiles.has(itemId)) this.#remove(tile);
    this.#tiles = tiles;
    const ordered = [...tiles.values()];
    // A focused element that is moved loses the focus: the others are moved around it.
    const anchor = ordered.indexOf(focused);
    for (const tile of ordered.slice(0, Math.max(anchor, 0))) this.#element.insertBefore(tile, focused);
    this.#element.append(...ordered.slice(anchor + 1));
    if (anchor < 0) this.#rove(ordered[0]);
    if (focused && anchor < 0) ordered[Math.min(index, ordered.length - 1)]?.querySelector(".tile-main").focus();
  }

  #tileFor(item) {
    const tile = this.#tiles.get(item.item_id) ?? createTile(item, (chosen) => this.#choose(chosen));
    updateTile(tile, item);
    return tile;
  }

  #remove(tile) {
    stopSound(tile);
    tile.remove();
  }

  #choose(tile) {
    const shown = this.#shown.get(tile.dataset.itemId);
    if (!shown) return;
    stopSound(tile);
    this.#onChoose(shown.item, shown.suggestionId, tile.getBoundingClientRect());
  }

  /** One tile of the row is in the tab order: the last one that was focused, or the first. */
  #rove(tile) {
    if (!tile) return;
    for (const other of this.#tiles.values()) other.querySelector(".tile-main").tabIndex = other === tile ? 0 : -1;
  }

  /** A mouse wheel turns one way only: it moves the row along. */
  #onWheel(event) {
    if (event.deltaX || event.ctrlKey || this.#element.scrollWidth <= this.#element.clientWidth) return;
    event.preventDefault();
    this.#element.scrollLeft += event.deltaY;
  }

  #onKey(event, onLeave) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tiles = [...this.#tiles.values()];
    if (event.key in STEPS) {
      const now = tiles.indexOf(event.target.closest(".tile"));
      const next = Math.min(Math.max(now + STEPS[event.key], 0), tiles.length - 1);
      tiles[next]?.querySelector(".tile-main").focus();
    } else if (event.key === "Escape" || event.key === "ArrowDown") onLeave();
    else return;
    event.preventDefault();
  }
}
