// The conversation: text in bubbles, stickers without one, clips that move, sounds that play.

import { fly } from "./flip.js";
import { clock, moveOnDemand, picture, playSign } from "./media.js";
import { toggleSound } from "./player.js";

const CONTEXT_LENGTH = 8;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The list of messages, and the words of the last ones. */
export class Chat {
  #scroller = document.getElementById("chat");
  #list = document.getElementById("messages");
  #texts = [];

  constructor() {
    // A growing composer or a phone's keyboard must not cover the last message.
    new ResizeObserver(() => this.#scrollToEnd()).observe(this.#scroller);
  }

  /** Add a text; `from` is "me" or "them". */
  addText(text, from) {
    const bubble = document.createElement("p");
    bubble.className = "bubble";
    bubble.textContent = text;
    bubble.dir = "auto";
    this.#add(bubble, text, from);
  }

  /** Add a chosen suggestion, flying in from `rect`, where its tile was. */
  addMedia(item, rect) {
    const element = item.media_type === "audio" ? soundBubble(item) : pictureBubble(item);
    this.#add(element, item.alt_text, "me");
    fly(element, rect);
  }

  /** The last messages in words, oldest first. */
  context() {
    return this.#texts.slice(-CONTEXT_LENGTH);
  }

  #add(element, text, from) {
    const message = document.createElement("li");
    message.className = `message from-${from}`;
    const speaker = document.createElement("span");
    speaker.className = "sr-only";
    speaker.textContent = from === "me" ? "You: " : "Robin: ";
    message.append(speaker, element);
    this.#list.append(message);
    this.#texts.push(text);
    this.#scrollToEnd();
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

function pictureBubble(item) {
  const figure = document.createElement("figure");
  figure.className = "media";
  figure.dataset.itemId = item.item_id;
  figure.dataset.mediaType = item.media_type;
  const waits = item.media_type === "video" && calm.matches;
  const image = picture(item, waits ? item.preview_url : item.url);
  if (item.width && item.height) figure.style.setProperty("--ratio", item.width / item.height);
  figure.append(image);
  if (waits) {
    figure.tabIndex = 0;
    moveOnDemand(figure, image, item);
  }
  return figure;
}

function soundBubble(item) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sound";
  button.dataset.itemId = item.item_id;
  button.dataset.mediaType = "audio";
  button.setAttribute("aria-label", `Play ${item.alt_text}`);
  const words = document.createElement("span");
  words.className = "sound-words";
  words.textContent = item.duration_ms ? `${item.alt_text} · ${clock(item.duration_ms)}` : item.alt_text;
  button.append(playSign(), picture(item, item.preview_url, ""), words);
  button.addEventListener("click", () => toggleSound(item.url, button));
  return button;
}
