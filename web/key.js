// The key that this browser shows to the server, where the server wants one. Kept in this browser; asked for when it is missing.

const STORED = "gramoji-key";
let key = stored();
let asking = null;

/** As `fetch`, with the key; where the server does not take it, a person is asked for another. */
export async function fetchWithKey(url, options = {}) {
  for (;;) {
    const shown = key;
    const headers = shown ? { ...options.headers, Authorization: `Bearer ${shown}` } : options.headers;
    const response = await fetch(url, { ...options, headers });
    if (response.status !== 401) return response;
    if (key === shown && !(await ask(Boolean(shown)))) return response;
    options.signal?.throwIfAborted();
  }
}

/** Whether there is another key; all who wait for one wait for the same. */
function ask(wasRefused) {
  asking ??= dialog(wasRefused).finally(() => (asking = null));
  return asking;
}

function dialog(wasRefused) {
  const element = document.createElement("dialog");
  element.className = "key-dialog";
  element.innerHTML = `
    <form method="dialog">
      <label for="key">This server asks for a key</label>
      <p role="alert"></p>
      <input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="gmj_…" required>
      <button type="submit">Use it</button>
    </form>`;
  element.querySelector("[role=alert]").textContent = wasRefused ? "It did not take the last one." : "";
  const field = element.querySelector("input");
  const before = document.activeElement;
  document.body.append(element);
  element.showModal();
  return new Promise((resolve) => {
    element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault(); // the page's policy lets no form be sent anywhere
      key = field.value.trim();
      store(key);
      element.close("given");
    });
    element.addEventListener("close", () => {
      element.remove();
      before?.blur();
      before?.focus(); // anew: Chromium gives the focus back, and yet what is typed goes nowhere
      resolve(element.returnValue === "given");
    });
  });
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null; // storage is blocked: the key lasts as long as the page
  }
}

function store(value) {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // As above.
  }
}
