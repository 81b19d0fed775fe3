import { writeParam } from "./address.js";

// One message is in flight at a time: the server's `ack` counter says when the next may go.
const STALE_MS = 3000;
const instances = new WeakMap();

function create(parent) {
  const range = parent.querySelector("input[type=range]");
  const number = parent.querySelector("input[type=number]");
  return { range, number, label: parent.querySelector("label"), count: 0, busySince: 0, next: null };
}

function paint(s, value) {
  const { min, max } = s.data;
  const share = max > min ? ((value - min) / (max - min)) * 100 : 0;
  s.range.style.setProperty("--filled", Math.min(100, Math.max(0, share)) + "%");
  if (s.number.getRootNode().activeElement !== s.number) s.number.value = tidy(value);
  s.range.setAttribute("aria-valuetext", tidy(value));
}

const tidy = (value) => String(+Number(value).toPrecision(7));

function send(s, value) {
  const busy = s.busySince && performance.now() - s.busySince < STALE_MS;
  if (busy) { s.next = value; return; }
  s.busySince = performance.now();
  s.next = null;
  s.count += 1;
  s.setStateValue("move", { value, count: s.count });
}

function acknowledge(s) {
  if (s.data.ack !== s.count) return;
  s.busySince = 0;
  if (s.next !== null) send(s, s.next);
}

function move(s, value) {
  paint(s, value);
  send(s, value);
}

function commit(s, value) {
  s.dragging = false;
  writeParam(s.data.param, +tidy(value), s.data.default);
}

function listen(s) {
  s.range.oninput = () => { s.dragging = true; move(s, +s.range.value); };
  s.range.onchange = () => commit(s, +s.range.value);
  s.number.onchange = () => {
    const typed = Number(s.number.value);
    const fits = s.number.value !== "" && Number.isFinite(typed);
    const value = fits ? Math.min(s.data.max, Math.max(s.data.min, typed)) : s.value;
    s.number.value = tidy(value);
    s.range.value = value;
    move(s, value);
    commit(s, value);
  };
}

export function render({ data, parentElement, setStateValue }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = create(parentElement);
    s.count = data.ack;
    instances.set(parentElement, s);
    listen(s);
  }
  s.data = data;
  s.value = data.value;
  s.setStateValue = setStateValue;
  s.label.textContent = data.label;
  s.range.setAttribute("aria-label", data.label);
  s.number.setAttribute("aria-label", data.label + ", exact value");
  for (const [name, value] of [["min", data.min], ["max", data.max]]) {
    s.range[name] = value;
    s.number[name] = value;
  }
  s.range.step = data.step;
  s.number.step = "any";
  acknowledge(s);
  if (!s.dragging && !s.busySince) {
    s.range.value = data.value;
    paint(s, data.value);
    writeParam(data.param, +tidy(data.value), data.default);
  }
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (s) writeParam(s.data.param, null);
}
