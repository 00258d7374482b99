// The page's few icons, drawn on a grid of 24.

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  send: "M4.4 3.6 21 11.1a1 1 0 0 1 0 1.8L4.4 20.4a1 1 0 0 1-1.4-1.2L5.5 13H12a1 1 0 0 0 0-2H5.5L3 4.8a1 1 0 0 1 1.4-1.2z",
  play: "M8 5.3v13.4a1 1 0 0 0 1.5.9l11-6.7a1 1 0 0 0 0-1.8l-11-6.7A1 1 0 0 0 8 5.3z",
  pause: "M7 4h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm7 0h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  add: "M12 4a1.5 1.5 0 0 1 1.5 1.5v5h5a1.5 1.5 0 0 1 0 3h-5v5a1.5 1.5 0 0 1-3 0v-5h-5a1.5 1.5 0 0 1 0-3h5v-5A1.5 1.5 0 0 1 12 4z",
  sparkle: "M12 2l2.3 7.7L22 12l-7.7 2.3L12 22l-2.3-7.7L2 12l7.7-2.3z",
  image: "M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm0 13h14l-4.5-6-3.5 4.5-2.5-3z",
  sticker: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 8.5a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zm7 0a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zM7.5 14h9a4.5 4.5 0 0 1-9 0z",
  video: "M4 6h11a1 1 0 0 1 1 1v3l4-2.5a.7.7 0 0 1 1 .6v7.8a.7.7 0 0 1-1 .6L16 14v3a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z",
  audio: "M10 4.5 19 3v11.5a3 3 0 1 1-2-2.8V7l-5 .8v8.7a3 3 0 1 1-2-2.8z",
};

/** An icon as an SVG element, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon", `icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}
