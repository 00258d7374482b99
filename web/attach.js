// One's own media: chosen, pasted or dropped, sent with the typed words as its tags, and found by them from then on.

import { icon } from "./icon.js";
import { uploadMedia } from "./service.js";
import { sayRefusal, sayUploading } from "./status.js";

/** `words()` gives what is typed, `onAdded(item, rect)` takes the item that a file became. */
export class Attach {
  #button = document.getElementById("attach");
  #file = document.getElementById("file");

  constructor({ user, words, onAdded }) {
    const add = (files) => this.#upload(files[0], user, words(), onAdded);
    this.#button.append(icon("add"));
    this.#button.addEventListener("click", () => this.#file.click());
    this.#file.addEventListener("change", () => add(this.#file.files));
    document.addEventListener("paste", (event) => addFrom(event, event.clipboardData, add));
    document.addEventListener("drop", (event) => addFrom(event, event.dataTransfer, add));
    document.addEventListener("dragover", (event) => event.preventDefault());
  }

  async #upload(file, user, words, onAdded) {
    if (!file || this.#button.disabled) return;
    this.#button.disabled = true;
    sayUploading(file.name);
    try {
      const item = await uploadMedia(file, { user_id: user, alt_text: words, tags: words });
      onAdded(item, this.#button.getBoundingClientRect());
    } catch (error) {
      sayRefusal(error);
    } finally {
      this.#button.disabled = false;
      this.#file.value = "";
    }
  }
}

function addFrom(event, transfer, add) {
  if (!transfer?.files.length) return; // text goes where text goes
  event.preventDefault();
  add(transfer.files);
}
