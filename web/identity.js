// Who types: a random id that stays in this browser, and the language.

const KEY = "gramoji-user-id";

/** A random UUID; `crypto.randomUUID` is missing on pages served over plain HTTP from another machine. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The id of this browser's user, made at the first visit. */
export function userId() {
  try {
    const known = localStorage.getItem(KEY);
    if (known && /^[A-Za-z0-9._:@-]{1,128}$/.test(known)) return known;
    const made = `u-${newId()}`;
    localStorage.setItem(KEY, made);
    return made;
  } catch {
    return `u-${newId()}`; // storage is blocked: the id lasts as long as the page
  }
}

/** The browser's language, or "en" where the server would not take it. */
export function locale() {
  const tag = navigator.language ?? "";
  return /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(tag) ? tag : "en";
}
