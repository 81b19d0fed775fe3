import { announce, listen, related } from "./steps.js";
import { themeOf } from "./theme.js";

const instances = new WeakMap();

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function build(s) {
  const head = document.createElement("tr");
  for (const column of s.data.columns) {
    const cell = element("th", column);
    cell.scope = "col";
    head.append(cell);
  }
  s.head.replaceChildren(head);
  s.rows = s.data.rows.map((row) => {
    const line = document.createElement("tr");
    line.dataset.node = row.node;
    line.append(...row.cells.map((cell) => element("td", cell)));
    line.onclick = () => announce("goto", { group: s.data.group, node: row.node });
    return line;
  });
  s.body.replaceChildren(...s.rows);
}

function fill(s) {
  s.data.rows.forEach((row, i) => row.cells.forEach((cell, j) => {
    const shown = s.rows[i].children[j];
    if (shown.textContent !== cell) shown.textContent = cell;
  }));
}

function mark(s) {
  const { position, node } = s.step ?? { position: Infinity, node: null };
  s.data.rows.forEach((row, i) => {
    s.rows[i].classList.toggle("later", row.known_at > position);
    s.rows[i].classList.toggle("here", row.node === node);
  });
}

function create(parent) {
  const find = (selector) => parent.querySelector(selector);
  const s = { parent, frame: find(".scroll"), caption: find("caption"), head: find("thead"), body: find("tbody") };
  s.unlisten = listen("step", (detail) => {
    if (related(detail.group, s.data.group)) { s.step = detail; mark(s); }
  });
  return s;
}

export function render({ data, parentElement }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = create(parentElement);
    instances.set(parentElement, s);
  }
  s.data = data;
  if (s.step && !related(s.step.group, data.group)) s.step = null;
  s.frame.style.setProperty("--accent", themeOf(parentElement).palette[data.colour]);
  s.frame.setAttribute("aria-label", data.caption);
  s.caption.textContent = data.caption;
  const shape = JSON.stringify([data.columns, data.rows.map((row) => [row.node, row.cells.length])]);
  if (shape === s.shape) fill(s);
  else { s.shape = shape; build(s); }
  mark(s);
}

export function dispose(parent) {
  instances.get(parent)?.unlisten();
  instances.delete(parent);
}
