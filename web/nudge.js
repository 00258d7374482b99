// A small button that says that something new was made out of sight, and scrolls to it.

import { icon } from "./icon.js";

const row = document.getElementById("row");
const button = document.getElementById("nudge");

/** Show the button if a new tile lies beyond the row's right edge, else hide it. */
export function updateNudge() {
  const hidden = hiddenNewTiles();
  button.hidden = hidden.length === 0;
  if (hidden.length) button.replaceChildren(icon("sparkle"), `${hidden.length} new`);
}

function hiddenNewTiles() {
  const edge = row.getBoundingClientRect().right;
  return [...row.querySelectorAll('.tile[data-source="generated"]')].filter((tile) => {
    const left = tile.offsetLeft - row.scrollLeft + row.getBoundingClientRect().left; // less any motion
    return left + tile.offsetWidth / 2 > edge;
  });
}

button.addEventListener("click", () => {
  hiddenNewTiles()[0]?.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
});
row.addEventListener("scroll", updateNudge, { passive: true });
new ResizeObserver(updateNudge).observe(row);
