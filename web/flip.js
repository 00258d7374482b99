// Motion: things glide from where they were to where they are (FLIP: first, last, invert, play).

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const GLIDE = { duration: 320, easing: "cubic-bezier(.2, .8, .2, 1)" };
const ENTER = { duration: 220, easing: "ease-out" };
const POP = { duration: 500, easing: "cubic-bezier(.2, .9, .3, 1.2)" };
const gliding = new WeakMap();

/**
 * Run `change`, then let every child of `parent` that was there before glide to its new place, and every other come
 * in. (Not by CSS animations: they start over each time an element is moved.)
 */
export function glide(parent, change) {
  const before = new Map([...parent.children].map((child) => [child, child.getBoundingClientRect().left]));
  for (const child of before.keys()) gliding.get(child)?.cancel();
  change();
  if (calm.matches) return;
  for (const child of parent.children) {
    if (!before.has(child)) enter(child);
    else start(child, before.get(child) - child.getBoundingClientRect().left);
  }
}

/** Let `element` fly in from where `from`, a rectangle, was. */
export function fly(element, from) {
  if (calm.matches || !from) return;
  const to = element.getBoundingClientRect();
  const dx = from.left + from.width / 2 - (to.left + to.width / 2);
  const dy = from.top + from.height / 2 - (to.top + to.height / 2);
  const scale = from.width / Math.max(to.width, 1);
  element.animate([{ transform: `translate(${dx}px, ${dy}px) scale(${scale})` }, { transform: "none" }], {
    duration: 380,
    easing: "cubic-bezier(.2, .9, .3, 1.1)",
  });
}

function enter(child) {
  if (child.dataset.source === "generated") child.animate([{ opacity: 0, transform: "scale(.4) rotate(-8deg)" }, {}], POP);
  else if (child.dataset.source) child.animate([{ opacity: 0, transform: "scale(.9)" }, {}], ENTER);
}

function start(child, dx) {
  if (Math.abs(dx) <= 1) return;
  const animation = child.animate([{ transform: `translateX(${dx}px)` }, { transform: "none" }], GLIDE);
  gliding.set(child, animation);
  // What glides cannot be clicked: nobody should pick what slid under the pointer.
  child.classList.add("is-gliding");
  const end = () => gliding.get(child) === animation && child.classList.remove("is-gliding");
  animation.finished.then(end, end);
}
