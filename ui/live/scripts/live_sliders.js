import { dropParam, writeParam } from "./address.js";

// One message is in flight at a time: the server's `ack` counter says when the next may go.
const STALE_MS = 3000;
const instances = new WeakMap();

const tidy = (value) => String(+Number(value).toPrecision(7));

function element(tag, attributes) {
  return Object.assign(document.createElement(tag), attributes);
}

function createField(s, data) {
  const f = {
    data, value: data.value, dragging: false,
    root: element("div", { className: "field" }),
    label: element("label"),
    number: element("input", { type: "number", step: "any" }),
    range: element("input", { type: "range" }),
  };
  const top = element("div", { className: "top" });
  top.append(f.label, f.number);
  f.root.append(top, f.range);
  listen(s, f);
  return f;
}

function paint(f, value) {
  const { min, max } = f.data;
  const share = max > min ? ((value - min) / (max - min)) * 100 : 0;
  f.range.style.setProperty("--filled", Math.min(100, Math.max(0, share)) + "%");
  if (f.number.getRootNode().activeElement !== f.number) f.number.value = tidy(value);
  f.range.setAttribute("aria-valuetext", tidy(value));
}

function send(s, move) {
  const busy = s.busySince && performance.now() - s.busySince < STALE_MS;
  if (busy) { s.next = move; return; }
  s.busySince = performance.now();
  s.next = null;
  s.count += 1;
  s.setStateValue("move", { ...move, count: s.count });
}

function acknowledge(s, ack) {
  if (ack !== s.count) return;
  s.busySince = 0;
  if (s.next !== null) send(s, s.next);
}

function move(s, f, value) {
  f.value = value;
  paint(f, value);
  send(s, { param: f.data.param, value });
}

function commit(f, value) {
  f.dragging = false;
  writeParam(f.data.param, +tidy(value), f.data.default);
}

function listen(s, f) {
  f.range.oninput = () => { f.dragging = true; move(s, f, +f.range.value); };
  f.range.onchange = () => commit(f, +f.range.value);
  f.number.onchange = () => {
    const typed = Number(f.number.value);
    const fits = f.number.value !== "" && Number.isFinite(typed);
    const value = fits ? Math.min(f.data.max, Math.max(f.data.min, typed)) : f.value;
    f.number.value = tidy(value);
    f.range.value = value;
    move(s, f, value);
    commit(f, value);
  };
}

function update(s, f, data) {
  const same = JSON.stringify(data) === f.shown;
  f.shown = JSON.stringify(data);
  f.data = data;
  if (!same) {
    f.label.textContent = data.label;
    f.range.setAttribute("aria-label", data.label);
    f.number.setAttribute("aria-label", data.label + ", exact value");
    for (const input of [f.range, f.number]) {
      input.min = data.min;
      input.max = data.max;
    }
    f.range.step = data.step;
  }
  if (f.dragging || s.busySince) return;
  f.value = data.value;
  f.range.value = data.value;
  paint(f, data.value);
  writeParam(data.param, +tidy(data.value), data.default);
}

function rebuild(s, fields) {
  const params = fields.map((data) => data.param);
  for (const f of s.fields) if (!params.includes(f.data.param)) dropParam(f.data.param);
  const before = new Map(s.fields.map((f) => [f.data.param, f]));
  s.fields = fields.map((data) => before.get(data.param) ?? createField(s, data));
  s.root.replaceChildren(...s.fields.map((f) => f.root));
}

export function render({ data, parentElement, setStateValue }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = { root: parentElement.querySelector(".sliders"), fields: [], count: data.ack, busySince: 0, next: null };
    instances.set(parentElement, s);
  }
  s.setStateValue = setStateValue;
  const unchanged = data.fields.length === s.fields.length
    && data.fields.every((field, i) => field.param === s.fields[i].data.param);
  if (!unchanged) rebuild(s, data.fields);
  acknowledge(s, data.ack);
  data.fields.forEach((field, i) => update(s, s.fields[i], field));
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (s) for (const f of s.fields) dropParam(f.data.param);
  instances.delete(parent);
}
