import { dropParam, writeParam } from "./address.js";
import { announce, listen, related } from "./steps.js";
import { themeOf } from "./theme.js";
import { buildGraph, paintFrame, paintTexts } from "./graph_drawing.js";

// A graph whose frames are played in the browser: no message goes to the server while it plays.
const instances = new WeakMap();

function create(parent) {
  const find = (selector) => parent.querySelector(selector);
  const s = {
    parent, svg: find("svg"), stage: find(".stage"), scrub: find("input"), note: find(".note"),
    count: find(".count"), playButton: find("[data-do=play]"), speed: find("select"),
    position: null, playing: false, shape: null,
  };
  for (const button of parent.querySelectorAll("button")) button.onclick = () => act(s, button.dataset.do);
  s.scrub.oninput = () => { pause(s); show(s, +s.scrub.value); };
  find(".player").onkeydown = (event) => key(s, event);
  s.observer = new ResizeObserver(() => s.data && rebuildIfTurned(s));
  s.observer.observe(s.stage);
  s.unlisten = listen("goto", (detail) => {
    if (related(detail.group, s.data.group)) { pause(s); show(s, frameOf(s, detail.node)); }
  });
  return s;
}

const frameOf = (s, node) => {
  const at = s.data.frames.findIndex((frame) => frame.node === node);
  return at < 0 ? s.position : at + 1;
};

function key(s, event) {
  if (event.target.tagName === "SELECT") return;
  const action = { " ": "play", ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last" }[event.key];
  const native = event.target.tagName === "BUTTON" && event.key === " ";
  if (!action || native || event.target === s.scrub && event.key !== " ") return;
  event.preventDefault();
  act(s, action);
}

function act(s, action) {
  if (action === "play") return s.playing ? pause(s) : play(s);
  pause(s);
  const last = s.data.frames.length;
  show(s, { first: 0, back: s.position - 1, forward: s.position + 1, last }[action]);
}

function drawPlayButton(s, path, label) {
  s.playButton.querySelector("path").setAttribute("d", path);
  s.playButton.setAttribute("aria-label", label);
}

function play(s) {
  s.playing = true;
  drawPlayButton(s, "M6 4h4v16H6zM14 4h4v16h-4z", "Pause");
  if (s.position >= s.data.frames.length) show(s, 0);
  s.clock = performance.now();
  s.owed = 0;
  const tick = (now) => {
    if (!s.playing) return;
    s.owed += ((now - s.clock) / 1000) * +s.speed.value;
    s.clock = now;
    if (s.owed >= 1) {
      const steps = Math.floor(s.owed);
      s.owed -= steps;
      show(s, s.position + steps);
      if (s.position >= s.data.frames.length) return s.data.thumbnail ? rest(s) : pause(s);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

// A thumbnail shows the finished picture for a while and begins again.
function rest(s) {
  pause(s);
  s.timer = setTimeout(() => play(s), 2500);
}

function startThumbnail(s) {
  const player = s.parent.querySelector(".player");
  player.classList.add("thumbnail");
  player.removeAttribute("tabindex");
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) s.timer = setTimeout(() => play(s), 600);
}

function pause(s) {
  s.playing = false;
  drawPlayButton(s, "M7 4v16l13-8z", "Play");
}

function show(s, position) {
  const last = s.data.frames.length;
  s.position = Math.max(0, Math.min(last, position));
  paintFrame(s);
  const frame = s.data.frames[s.position - 1];
  s.scrub.value = s.position;
  s.scrub.setAttribute("aria-valuetext", `step ${s.position} of ${last}`);
  s.count.textContent = `${s.position} / ${last}`;
  s.note.textContent = frame ? frame.note : s.data.intro;
  announce("step", { group: s.data.group, position: s.position, node: frame ? frame.node : null });
  if (s.data.param && !s.playing) writeParam(s.data.param, s.position, last);
}

function paintHeadline(s) {
  const root = s.parent.querySelector(".headline");
  s.data.headline.forEach(([name, value], i) => {
    const pair = root.children[i] ?? root.appendChild(document.createElement("div"));
    if (pair.dataset.name !== name) {
      pair.dataset.name = name;
      pair.replaceChildren(Object.assign(document.createElement("b"), { textContent: name }), " = ", document.createElement("span"));
    }
    pair.lastChild.textContent = value;
  });
  while (root.children.length > s.data.headline.length) root.lastChild.remove();
}

function rebuildIfTurned(s) {
  const upright = s.stage.clientWidth < 560;
  if (upright !== s.upright) rebuild(s);
}

function rebuild(s) {
  s.upright = s.stage.clientWidth < 560;
  buildGraph(s, (node) => {
    announce("goto", { group: s.data.group, node });
    s.setTriggerValue("picked", node);
  });
  paintTexts(s);
  show(s, s.position);
}

function firstPosition(data) {
  const asked = data.param ? new URL(location.href).searchParams.get(data.param) : null;
  const position = asked === null ? NaN : Number(asked);
  return Number.isInteger(position) && position >= 0 ? position : data.frames.length;
}

export function render({ data, parentElement, setTriggerValue }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = create(parentElement);
    instances.set(parentElement, s);
  }
  const before = s.data;
  s.data = data;
  s.setTriggerValue = setTriggerValue;
  s.stage.parentElement.style.setProperty("--accent", themeOf(parentElement).palette[data.colour]);
  s.svg.setAttribute("aria-label", data.alt);
  paintHeadline(s);
  s.scrub.max = data.frames.length;
  if (s.position === null) s.position = firstPosition(data);
  else if (data.cue && data.cue[0] !== s.cue) s.position = data.cue[1];
  else if (before.frames.length !== data.frames.length || before.mode !== data.mode) {
    pause(s);
    s.position = data.frames.length;
  }
  s.cue = data.cue ? data.cue[0] : null;
  if (data.frames.length > 200 && !s.fast) { s.fast = true; s.speed.value = "60"; }
  const shape = JSON.stringify([data.nodes, data.edges]);
  if (shape !== s.shape) { s.shape = shape; rebuild(s); }
  else { paintTexts(s); show(s, s.position); }
  if (!before && data.thumbnail) startThumbnail(s);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (!s) return;
  pause(s);
  clearTimeout(s.timer);
  s.observer.disconnect();
  s.unlisten();
  if (s.data.param) dropParam(s.data.param);
  instances.delete(parent);
}
