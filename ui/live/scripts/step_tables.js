import { announce, listen, related } from "./steps.js";
import { themeOf } from "./theme.js";

const instances = new WeakMap();

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function line(row, group) {
  const made = element("tr", undefined, { "data-node": row.node });
  made.append(...row.cells.map((cell) => element("td", cell)));
  made.onclick = () => announce("goto", { group, node: row.node, position: row.known_at });
  return made;
}

function build(data) {
  const frame = element("div", undefined, { class: "scroll", tabindex: "0", role: "region" });
  const table = element("table"), head = element("thead"), body = element("tbody");
  const titles = element("tr");
  titles.append(...data.columns.map((column) => element("th", column, { scope: "col" })));
  head.append(titles);
  const rows = data.rows.map((row) => line(row, data.group));
  body.append(...rows);
  table.append(element("caption", data.caption), head, body);
  frame.append(table);
  return { frame, rows, caption: table.caption };
}

function fill(t, data) {
  t.data = data;
  t.caption.textContent = data.caption;
  t.frame.setAttribute("aria-label", data.caption);
  data.rows.forEach((row, i) => row.cells.forEach((cell, j) => {
    const shown = t.rows[i].children[j];
    if (shown.textContent !== cell) shown.textContent = cell;
  }));
}

function mark(t, step) {
  const here = step && related(step.group, t.data.group) ? step : { position: Infinity, node: null };
  t.data.rows.forEach((row, i) => {
    t.rows[i].classList.toggle("later", row.known_at > here.position);
    // A naive order may come to one node several times; such rows know their own step.
    const current = row.known_at ? row.known_at === here.position : row.node === here.node;
    t.rows[i].classList.toggle("here", current);
  });
}

function create(parent) {
  const s = { root: parent.querySelector(".tables"), step: null, shape: null };
  s.unlisten = listen("step", (detail) => {
    s.step = detail;
    for (const t of s.tables) mark(t, detail);
  });
  return s;
}

const shapeOf = (tables) => JSON.stringify(tables.map(({ columns, rows, group }) =>
  [columns, group, rows.map((row) => [row.node, row.cells.length])]));

export function render({ data, parentElement }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = create(parentElement);
    instances.set(parentElement, s);
  }
  const shape = shapeOf(data.tables);
  if (shape !== s.shape) {
    s.shape = shape;
    s.tables = data.tables.map(build);
    s.root.replaceChildren(...s.tables.map((t) => t.frame));
  }
  const palette = themeOf(parentElement).palette;
  data.tables.forEach((table, i) => {
    s.tables[i].frame.style.setProperty("--accent", palette[table.colour]);
    fill(s.tables[i], table);
    mark(s.tables[i], s.step);
  });
}

export function dispose(parent) {
  instances.get(parent)?.unlisten();
  instances.delete(parent);
}
