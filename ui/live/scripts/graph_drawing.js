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
  const longest = Math.max(...data.nodes.map((node) => (node.kind === "hidden" ? 0 : node.label.length)));
  const width = Math.min(200, Math.max(132, longest * CHARACTER + 22));
  return { width, height: 62, gapX: upright ? 14 : 44, gapY: upright ? 34 : 16, crowded: false };
}

function placer(m, upright) {
  const alongX = m.width + m.gapX, alongY = m.height + m.gapY;
  return (level, order) => (upright
    ? { x: order * alongX, y: level * alongY }
    : { x: level * alongX, y: order * alongY });
}

// A smooth path from box to box through the lanes between; it runs along the levels.
function curve(a, b, lanes, m, upright) {
  const half = upright ? m.width / 2 : m.height / 2;
  const along = upright ? "y" : "x", across = upright ? "x" : "y", depth = upright ? m.height : m.width;
  const points = [[a[along] + depth, a[across] + half]];
  for (const lane of lanes) points.push([lane[along], lane[across] + half], [lane[along] + depth, lane[across] + half]);
  points.push([b[along] - 3, b[across] + half]);
  const at = ([u, v]) => (upright ? `${v},${u}` : `${u},${v}`);
  let path = "M" + at(points[0]);
  for (let i = 1; i < points.length; i++) {
    const [u1, v1] = points[i - 1], [u2, v2] = points[i], bend = Math.max(10, (u2 - u1) / 2);
    path += i % 2 ? ` C${at([u1 + bend, v1])} ${at([u2 - bend, v2])} ${at([u2, v2])}` : ` L${at([u2, v2])}`;
  }
  return path;
}

function addNode(layer, node, at, m, pick) {
  const group = add(node.kind === "hidden" ? document.createElementNS(NS, "g") : layer, "g", { transform: `translate(${at.x},${at.y})`, class: `node ${node.kind}` });
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
  const m = metrics(data, upright), place = placer(m, upright);
  const at = data.nodes.map((node) => place(node.level, node.order));
  const lanes = data.lanes.map((lane) => lane.map(([level, order]) => place(level, order)));
  const all = [...at.filter((_, i) => data.nodes[i].kind !== "hidden"), ...lanes.flat()];
  const width = Math.max(...all.map((p) => p.x)) + m.width + 12;
  const height = Math.max(...all.map((p) => p.y)) + m.height + 12;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `-6 -6 ${width} ${height}`);
  const room = s.stage.clientWidth - 26 || width;
  const least = m.crowded || data.thumbnail ? 0.1 : 0.66;
  const scale = Math.min(1.15, Math.max(least, room / width));
  svg.style.width = width * scale + "px";
  svg.style.height = height * scale + "px";
  s.scale = scale;
  s.textWidth = m.width - 12;
  s.places = at;
  const edges = add(svg, "g", { class: "edges" });
  s.edges = data.edges.map(([from, to], i) => add(edges, "path", { d: curve(at[from], at[to], lanes[i], m, upright) }));
  const nodes = add(svg, "g", {});
  s.nodes = data.nodes.map((node, i) => addNode(nodes, node, at[i], m, () => pick(i)));
  s.crowded = m.crowded;
  s.painted = null;
}

export function paintTexts(s) {
  s.painted = null;
  if (s.crowded) return;
  s.data.values.forEach((value, i) => {
    if (s.nodes[i].value.textContent !== value) write(s.nodes[i].value, value, s.textWidth);
  });
}

// Long numbers are squeezed rather than cut.
function write(element, text, width) {
  element.textContent = text;
  if (text.length * (CHARACTER + 0.4) > width) element.setAttribute("textLength", width);
  else element.removeAttribute("textLength");
  element.setAttribute("lengthAdjust", "spacingAndGlyphs");
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

export function paintFrame(s, position, playing) {
  const changed = replay(s, position);
  const frame = s.data.frames[position - 1];
  for (const i of changed) {
    const [text, state] = s.painted.marks.get(i) ?? ["", "waiting"];
    s.nodes[i].group.dataset.state = state;
    if (s.nodes[i].mark && s.nodes[i].mark.textContent !== text) write(s.nodes[i].mark, text, s.textWidth);
  }
  for (const element of s.lit ?? []) element.classList.remove("lit");
  s.lit = [];
  if (!frame) return;
  s.lit = [s.nodes[frame.node]?.group, ...frame.edges.map((edge) => s.edges[edge])].filter(Boolean);
  for (const element of s.lit) element.classList.add("lit");
  if (playing || position < s.data.frames.length) follow(s, frame.node);
}

function follow(s, node) {
  if (s.stage.scrollWidth <= s.stage.clientWidth || !s.places[node]) return;
  s.stage.scrollLeft = s.places[node].x * s.scale - s.stage.clientWidth / 2;
}
