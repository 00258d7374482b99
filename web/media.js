// How each type of media looks: a still, a clip that moves on demand, a sound with its waveform.

import { icon } from "./icon.js";

/** A picture of `item` at `url`; where it cannot be loaded its words stand in. */
export function picture(item, url, alt = item.alt_text) {
  const image = document.createElement("img");
  image.alt = alt;
  image.decoding = "async";
  image.draggable = false;
  image.addEventListener("error", () => (image.dataset.broken = "true"));
  image.src = url;
  return image;
}

/** Let `image`, the still of a clip, move while `host` is pointed at or has the focus. */
export function moveOnDemand(host, image, item) {
  const update = () => {
    const url = host.matches(":hover, :focus-within") ? item.url : item.preview_url;
    if (image.getAttribute("src") !== url) image.src = url;
  };
  for (const event of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
    // At focusout the focus has not moved yet.
    host.addEventListener(event, () => requestAnimationFrame(update));
  }
}

/** The play sign that turns into a pause sign, by `data-playing` of the host. */
export function playSign() {
  const sign = document.createElement("span");
  sign.className = "play-sign";
  sign.append(icon("play"), icon("pause"));
  return sign;
}

/** A sound's length, such as "0:07". */
export function clock(durationMs) {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
