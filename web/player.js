// One sound at a time: the page's only audio element, lent to whatever shows a sound.

const audio = document.getElementById("player");
let host = null;

/** Play the sound at `url`, or pause it; `element` shows it as `data-playing` and `--played` from 0 to 1. */
export function toggleSound(url, element) {
  if (host === element && !audio.paused) {
    audio.pause();
    return;
  }
  if (host !== element) {
    release();
    host = element;
    audio.src = url;
  }
  delete element.dataset.broken;
  audio.play().catch((error) => {
    if (error.name !== "AbortError") element.dataset.broken = "true";
  });
}

/** Stop what `element` plays. */
export function stopSound(element) {
  if (host === element) release();
}

function release() {
  audio.pause();
  if (!host) return;
  delete host.dataset.playing;
  host.style.removeProperty("--played");
  host = null;
}

function follow() {
  if (!host || audio.paused) return;
  if (Number.isFinite(audio.duration)) host.style.setProperty("--played", audio.currentTime / audio.duration);
  requestAnimationFrame(follow);
}

audio.addEventListener("playing", () => {
  if (host) host.dataset.playing = "true";
  follow();
});
audio.addEventListener("pause", () => host && delete host.dataset.playing);
audio.addEventListener("ended", release);
