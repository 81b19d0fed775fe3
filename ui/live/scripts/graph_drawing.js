// Drawing of graph_player: builds the SVG once per graph, then only changes what a frame changes.
const NS = "http://www.w3.org/2000/svg";
const CROWDED = 150;
const CHARACTER = 7.3;

function add(parent, tag, attributes, text) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function metrics(data, upright) {
  if (data.nodes.length > CROWDED) return { width: 12, height: 12, gapX: 10, gapY: 8, crowded: true };
  const longest = Math.max(...data.nodes.map((node) => node.label.length));
  const width = Math.min(190, Math.max(84, longest * CHARACTER + 22));
  return { width, height: 62, gapX: upright ? 14 : 44, gapY: upright ? 34 : 16, crowded: false };
}

function places(data, m, upright) {
  const alongX = m.width + m.gapX, alongY = m.height + m.gapY;
  return data.nodes.map((node) => upright
    ? { x: node.order * alongX, y: node.level * alongY }
    : { x: node.level * alongX, y: node.order * alongY });
}

function curve(a, b, m, upright) {
  if (upright) {
    const x1 = a.x + m.width / 2, y1 = a.y + m.height, x2 = b.x + m.width / 2, y2 = b.y - 3;
    const bend = Math.max(12, (y2 - y1) / 2);
    return `M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`;
  }
  const x1 = a.x + m.width, y1 = a.y + m.height / 2, x2 = b.x - 3, y2 = b.y + m.height / 2;
  const bend = Math.max(16, (x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}

function addNode(layer, node, at, m, pick) {
  const group = add(layer, "g", { transform: `translate(${at.x},${at.y})`, class: `node ${node.kind}` });
  add(group, "title", {}, node.label);
  const box = m.crowded
    ? add(group, "circle", { cx: m.width / 2, cy: m.height / 2, r: m.width / 2 })
    : add(group, "rect", { width: m.width, height: m.height, rx: 9 });
  const parts = { group, box };
  if (!m.crowded) {
    const limit = Math.floor((m.width - 14) / CHARACTER);
    const label = node.label.length > limit ? node.label.slice(0, limit - 1) + "…" : node.label;
    const middle = { x: m.width / 2, "text-anchor": "middle" };
    parts.label = add(group, "text", { ...middle, y: 19, class: "label" }, label);
    parts.value = add(group, "text", { ...middle, y: 36, class: "value" });
    parts.mark = add(group, "text", { ...middle, y: 53, class: "mark" });
  }
  group.onclick = pick;
  return parts;
}

export function buildGraph(s, pick) {
  const { data, svg, upright } = s;
  const m = metrics(data, upright), at = places(data, m, upright);
  const width = Math.max(...at.map((p) => p.x)) + m.width + 12;
  const height = Math.max(...at.map((p) => p.y)) + m.height + 12;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `-6 -6 ${width} ${height}`);
  const room = s.stage.clientWidth || width;
  const scale = m.crowded ? Math.min(1, room / width) : Math.min(1.15, Math.max(0.72, room / width));
  svg.style.width = width * scale + "px";
  svg.style.height = height * scale + "px";
  s.scale = scale;
  s.places = at;
  const edges = add(svg, "g", { class: "edges" });
  s.edges = data.edges.map(([from, to]) => add(edges, "path", { d: curve(at[from], at[to], m, upright) }));
  const nodes = add(svg, "g", {});
  s.nodes = data.nodes.map((node, i) => addNode(nodes, node, at[i], m, () => pick(i)));
  s.crowded = m.crowded;
  s.painted = null;
}

export function paintTexts(s) {
  s.painted = null;
  if (s.crowded) return;
  s.data.values.forEach((value, i) => {
    if (s.nodes[i].value.textContent !== value) s.nodes[i].value.textContent = value;
  });
}

// What every node shows after `position` frames; kept between calls and moved on frame by frame.
function replay(s, position) {
  let p = s.painted;
  if (!p || p.at > position) p = s.painted = { at: 0, marks: new Map(), fresh: true };
  const changed = p.fresh ? new Set(s.nodes.keys()) : new Set();
  p.fresh = false;
  for (; p.at < position; p.at++) {
    for (const [node, text, state] of s.data.frames[p.at].marks) {
      p.marks.set(node, [text, state]);
      changed.add(node);
    }
  }
  return changed;
}

export function paintFrame(s) {
  const changed = replay(s, s.position);
  const frame = s.data.frames[s.position - 1];
  for (const i of changed) {
    const [text, state] = s.painted.marks.get(i) ?? ["", "waiting"];
    s.nodes[i].group.dataset.state = state;
    if (s.nodes[i].mark && s.nodes[i].mark.textContent !== text) s.nodes[i].mark.textContent = text;
  }
  for (const element of s.lit ?? []) element.classList.remove("lit");
  s.lit = [];
  if (!frame) return;
  s.lit = [s.nodes[frame.node]?.group, ...frame.edges.map((edge) => s.edges[edge])].filter(Boolean);
  for (const element of s.lit) element.classList.add("lit");
  if (s.playing || s.position < s.data.frames.length) follow(s, frame.node);
}

function follow(s, node) {
  if (s.stage.scrollWidth <= s.stage.clientWidth || !s.places[node]) return;
  s.stage.scrollLeft = s.places[node].x * s.scale - s.stage.clientWidth / 2;
}
