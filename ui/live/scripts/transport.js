// The buttons, the scrubber and the clock of a player: nothing is asked of the server while it
// plays. `show(position)` paints position 0 (before the first step) to `length` (after the last).
const PLAY = "M7 4v16l13-8z", PAUSE = "M6 4h4v16H6zM14 4h4v16h-4z";
const KEYS = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last" };

export function createTransport(root, show) {
  const find = (selector) => root.querySelector(selector);
  const t = {
    root, show, length: 0, position: null, playing: false, loop: false,
    scrub: find(".bar input"), count: find(".count"), speed: find(".bar select"), button: find("[data-do=play]"),
  };
  for (const button of root.querySelectorAll(".bar button")) button.onclick = () => act(t, button.dataset.do);
  t.scrub.oninput = () => { pause(t); go(t, +t.scrub.value); };
  root.addEventListener("keydown", (event) => key(t, event));
  return t;
}

function key(t, event) {
  const { target } = event, action = KEYS[event.key];
  const native = target.tagName === "SELECT" || (target.tagName === "BUTTON" && event.key === " ");
  if (!action || native || (target === t.scrub && event.key !== " ")) return;
  event.preventDefault();
  act(t, action);
}

function act(t, action) {
  if (action === "play") return t.playing ? pause(t) : play(t);
  pause(t);
  go(t, { first: 0, back: t.position - 1, forward: t.position + 1, last: t.length }[action]);
}

function dress(t, path, label) {
  t.button.querySelector("path").setAttribute("d", path);
  t.button.setAttribute("aria-label", label);
}

export function play(t) {
  t.playing = true;
  dress(t, PAUSE, "Pause");
  if (t.position >= t.length) go(t, 0);
  let clock = performance.now(), owed = 0;
  const tick = (now) => {
    if (!t.playing) return;
    owed += ((now - clock) / 1000) * +t.speed.value;
    clock = now;
    if (owed >= 1) {
      const steps = Math.floor(owed);
      owed -= steps;
      go(t, t.position + steps);
      if (t.position >= t.length) return t.loop ? rest(t) : pause(t);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

export function pause(t) {
  t.playing = false;
  clearTimeout(t.timer);
  dress(t, PLAY, "Play");
}

// A thumbnail shows the finished picture for a while and begins again.
function rest(t) {
  pause(t);
  t.timer = setTimeout(() => play(t), 2500);
}

export function startThumbnail(t) {
  t.loop = true;
  t.root.classList.add("thumbnail");
  t.root.removeAttribute("tabindex");
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) t.timer = setTimeout(() => play(t), 600);
}

export function go(t, position) {
  t.position = Math.max(0, Math.min(t.length, position));
  t.scrub.value = t.position;
  t.scrub.setAttribute("aria-valuetext", `step ${t.position} of ${t.length}`);
  t.count.textContent = `${t.position} / ${t.length}`;
  t.show(t.position);
}

export function setLength(t, length) {
  t.length = length;
  t.scrub.max = length;
  if (length > 200 && !t.hurried) {
    t.hurried = true;
    t.speed.value = "60";
  }
}
