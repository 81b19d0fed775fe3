import { dropParam, writeParam } from "./address.js";
import { announce, listen, related } from "./steps.js";
import { themeOf } from "./theme.js";
import { createTransport, go, pause, setLength, startThumbnail } from "./transport.js";
import { buildGraph, paintFrame, paintTexts } from "./graph_drawing.js";

// A graph whose frames are played in the browser: no message goes to the server while it plays.
const instances = new WeakMap();

function create(parent) {
  const find = (selector) => parent.querySelector(selector);
  const s = { parent, svg: find("svg"), stage: find(".stage"), note: find(".note"), shape: null };
  s.transport = createTransport(find(".player"), () => show(s));
  s.observer = new ResizeObserver(() => s.data && rebuildIfTurned(s));
  s.observer.observe(s.stage);
  s.unlisten = listen("goto", (detail) => {
    if (related(detail.group, s.data.group)) { pause(s.transport); go(s.transport, detail.position || frameOf(s, detail.node)); }
  });
  return s;
}

const frameOf = (s, node) => {
  const at = s.data.frames.findIndex((frame) => frame.node === node);
  return at < 0 ? s.transport.position : at + 1;
};

function show(s) {
  const { position, length, playing } = s.transport;
  paintFrame(s, position, playing);
  const frame = s.data.frames[position - 1];
  s.note.textContent = frame ? frame.note : s.data.intro;
  announce("step", { group: s.data.group, position, node: frame ? frame.node : null });
  if (s.data.param && !playing) writeParam(s.data.param, position, length);
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
  buildGraph(s, (node) => announce("goto", { group: s.data.group, node }));
  paintTexts(s);
  show(s);
}

function firstPosition(data) {
  const asked = data.param ? new URL(location.href).searchParams.get(data.param) : null;
  const position = asked === null ? NaN : Number(asked);
  const last = data.frames.length;
  return Number.isInteger(position) && position >= 0 ? Math.min(position, last) : last;
}

// Where the player goes on: new numbers keep the position, another animation begins at its end.
function position(s, before, data) {
  if (!before) return firstPosition(data);
  if (data.cue && data.cue[0] !== before.cue?.[0]) return data.cue[1];
  const other = before.frames.length !== data.frames.length || before.mode !== data.mode;
  if (other) pause(s.transport);
  return other ? data.frames.length : s.transport.position;
}

export function render({ data, parentElement }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = create(parentElement);
    instances.set(parentElement, s);
  }
  const before = s.data, t = s.transport;
  s.data = data;
  s.stage.parentElement.style.setProperty("--accent", themeOf(parentElement).palette[data.colour]);
  s.svg.setAttribute("aria-label", data.alt);
  paintHeadline(s);
  setLength(t, data.frames.length);
  t.position = position(s, before, data);
  const shape = JSON.stringify([data.nodes, data.edges]);
  if (shape !== s.shape) { s.shape = shape; rebuild(s); }
  else paintTexts(s);
  go(t, t.position);
  if (!before && data.thumbnail) startThumbnail(t);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (!s) return;
  pause(s.transport);
  s.observer.disconnect();
  s.unlisten();
  if (s.data.param) dropParam(s.data.param);
  instances.delete(parent);
}
