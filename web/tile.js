// One suggestion in the row, and the deck that stands for those still being made.

import { icon } from "./icon.js";
import { clock, moveOnDemand, picture, playSign } from "./media.js";
import { toggleSound } from "./player.js";

/** A tile for `item`: a button that chooses it, or for a sound one that plays it and another that adds it. */
export function createTile(item, choose) {
  const tile = document.createElement("div");
  tile.className = "tile";
  tile.dataset.itemId = item.item_id;
  tile.dataset.mediaType = item.media_type;
  const main = button("tile-main");
  tile.append(main);
  if (item.media_type === "audio") fillSound(tile, main, item, choose);
  else fillPicture(tile, main, item, choose);
  return tile;
}

/** Bring a tile up to date with a newer slate's view of its item. */
export function updateTile(tile, item) {
  tile.dataset.source = item.source;
  tile.dataset.position = item.position;
  const main = tile.querySelector(".tile-main");
  const isNew = item.source === "generated";
  main.setAttribute("aria-label", `${item.alt_text}, ${isNew ? "new " : ""}${item.media_type}`);
  if (isNew && !tile.querySelector(".badge")) main.append(newBadge());
  if (!isNew) tile.querySelector(".badge")?.remove();
}

/** Cards that shimmer, one a media type still being made. */
export function createDeck(mediaTypes) {
  const deck = document.createElement("div");
  deck.className = "deck";
  deck.setAttribute("aria-hidden", "true"); // the status line says it in words
  for (const mediaType of mediaTypes) {
    const card = document.createElement("div");
    card.className = "skeleton";
    card.dataset.mediaType = mediaType;
    card.append(icon(mediaType));
    deck.append(card);
  }
  return deck;
}

function fillPicture(tile, main, item, choose) {
  const image = picture(item, item.preview_url, "");
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = item.alt_text;
  main.append(image, words);
  main.addEventListener("click", () => choose(tile));
  if (item.media_type === "video") {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.append(icon("play"));
    main.append(mark);
    moveOnDemand(tile, image, item);
  }
}

function fillSound(tile, main, item, choose) {
  const length = document.createElement("span");
  length.className = "length";
  length.textContent = item.duration_ms ? clock(item.duration_ms) : "";
  main.append(picture(item, item.preview_url, ""), playSign(), length);
  main.setAttribute("aria-description", "Space plays, Enter adds");
  main.addEventListener("click", () => toggleSound(item.url, tile));
  main.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // or Enter would click, and play
    choose(tile);
  });
  const add = button("tile-add");
  add.tabIndex = -1; // Enter does the same from the tile
  add.setAttribute("aria-label", `Add ${item.alt_text}`);
  add.append(icon("add"));
  add.addEventListener("click", () => choose(tile));
  tile.append(add);
}

function newBadge() {
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.append(icon("sparkle"));
  return badge;
}

function button(className) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  return element;
}
