// Where one types: a text field that grows, Enter that sends, a way up into the row.

import { icon } from "./icon.js";

/** `onType(text)` at every change, `onSend(text)` when it is sent, `onUp()` to go to the suggestions. */
export class Composer {
  #text = document.getElementById("text");
  #send = document.getElementById("send");

  constructor({ onType, onSend, onUp }) {
    this.#send.append(icon("send"));
    this.#text.addEventListener("input", () => {
      this.#fit();
      onType(this.#text.value);
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter and arrows belong to the input method
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.#submit(onSend);
      } else if (event.key === "ArrowUp" && !event.shiftKey && this.#isOneLine()) {
        event.preventDefault();
        onUp();
      }
    });
    document.getElementById("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(onSend);
    });
  }

  /** What is typed. */
  get text() {
    return this.#text.value;
  }

  /** Empty the field and type on in it. */
  clear() {
    this.#text.value = "";
    this.#fit();
    this.focus();
  }

  /** Put the cursor into the field. */
  focus() {
    this.#text.focus();
  }

  #submit(onSend) {
    const text = this.#text.value.trim();
    if (text) onSend(text);
  }

  #fit() {
    this.#send.disabled = !this.#text.value.trim();
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #isOneLine() {
    const style = getComputedStyle(this.#text);
    const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
    return this.#text.scrollHeight - padding < 1.5 * parseFloat(style.lineHeight);
  }
}
