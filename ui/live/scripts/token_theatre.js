import { createTransport, go, pause, play, setLength } from "./transport.js";

// Sequences of tokens that condense out of noise: one frame a denoising step, played at the eye's
// pace however fast they were computed.
const instances = new WeakMap();

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function paintChip(chip, cell, kinds) {
  const [token, certainty, others] = cell;
  chip.textContent = token;
  chip.dataset.kind = kinds[token] ?? "number";
  chip.style.opacity = String(0.15 + 0.85 * certainty);
  chip.style.filter = certainty < 0.5 ? `blur(${((0.5 - certainty) * 3).toFixed(2)}px)` : "";
  chip.title = others;
}

function paintRow(row, data, kinds) {
  while (row.chips.children.length < data.cells.length) row.chips.append(element("span", "chip"));
  while (row.chips.children.length > data.cells.length) row.chips.lastChild.remove();
  data.cells.forEach((cell, i) => paintChip(row.chips.children[i], cell, kinds));
  row.formula.textContent = data.formula;
  row.formula.classList.toggle("invalid", !data.valid);
}

function createRow(root) {
  const line = element("div", "row"), chips = element("div", "chips"), formula = element("div", "formula");
  line.append(chips, formula);
  root.append(line);
  return { line, chips, formula };
}

function show(s) {
  const frame = s.data.frames[Math.max(0, s.transport.position - 1)];
  if (!frame) return;
  while (s.rows.length < frame.rows.length) s.rows.push(createRow(s.root));
  while (s.rows.length > frame.rows.length) s.rows.pop().line.remove();
  frame.rows.forEach((row, i) => paintRow(s.rows[i], row, s.data.kinds));
  s.note.textContent = frame.note;
}

export function render({ data, parentElement }) {
  let s = instances.get(parentElement);
  if (!s) {
    const find = (selector) => parentElement.querySelector(selector);
    s = { root: find(".rows"), note: find(".note"), rows: [] };
    s.transport = createTransport(find(".player"), () => show(s));
    s.transport.speed.value = "4";
    instances.set(parentElement, s);
  }
  const t = s.transport, fresh = data.run !== s.run;
  s.data = data;
  s.run = data.run;
  setLength(t, data.frames.length);
  if (fresh) { pause(t); t.position = 0; }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (fresh && data.frames.length && !calm) play(t);
  else go(t, fresh ? t.length : t.position);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (s) pause(s.transport);
  instances.delete(parent);
}
