import { themeOf } from "./theme.js";

// A pad to put points on: click for one, drag for many; the points go to the server when let go.
const instances = new WeakMap();
const SPACING = 9;

function toData(s, event) {
  const box = s.canvas.getBoundingClientRect(), { xRange, yRange } = s.data;
  const share = (value, from, size) => Math.min(1, Math.max(0, (value - from) / size));
  const x = share(event.clientX, box.left, box.width), y = share(event.clientY, box.top, box.height);
  return [xRange[0] + x * (xRange[1] - xRange[0]), yRange[1] - y * (yRange[1] - yRange[0])];
}

function add(s, event) {
  const far = !s.last || Math.hypot(event.clientX - s.last[0], event.clientY - s.last[1]) >= SPACING;
  if (!far || s.points.length >= s.data.most) return;
  s.last = [event.clientX, event.clientY];
  s.points.push(toData(s, event));
  draw(s);
}

function commit(s) {
  s.setStateValue("points", s.points.map((point) => point.map((value) => +value.toPrecision(5))));
}

function listen(s) {
  s.canvas.onpointerdown = (event) => {
    s.canvas.setPointerCapture(event.pointerId);
    s.drawing = true;
    s.last = null;
    add(s, event);
  };
  s.canvas.onpointermove = (event) => { if (s.drawing) add(s, event); };
  s.canvas.onpointerup = () => { s.drawing = false; commit(s); };
  s.clear.onclick = () => { s.points = []; draw(s); commit(s); };
  s.undo.onclick = () => { s.points.pop(); draw(s); commit(s); };
}

function grid(g, s, width, height, theme) {
  g.strokeStyle = theme.grid;
  g.fillStyle = theme.text;
  g.font = `12px ${theme.font}`;
  g.lineWidth = 1;
  const { xRange, yRange } = s.data;
  for (let i = 0; i <= 4; i++) {
    const x = (i / 4) * width, y = (i / 4) * height;
    g.beginPath(); g.moveTo(x, 0); g.lineTo(x, height); g.moveTo(0, y); g.lineTo(width, y); g.stroke();
    g.textAlign = i === 4 ? "right" : "left";
    g.fillText(String(xRange[0] + (i / 4) * (xRange[1] - xRange[0])), x + (i === 4 ? -3 : 3), height - 4);
    if (i < 4) { g.textAlign = "left"; g.fillText(String(yRange[1] - (i / 4) * (yRange[1] - yRange[0])), 3, y + 13); }
  }
}

function draw(s) {
  const ratio = devicePixelRatio || 1, width = s.canvas.clientWidth || 600, height = s.data.height;
  s.canvas.style.height = height + "px";
  s.canvas.width = width * ratio;
  s.canvas.height = height * ratio;
  const g = s.canvas.getContext("2d"), theme = themeOf(s.parent);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  grid(g, s, width, height, theme);
  const { xRange, yRange } = s.data;
  g.fillStyle = theme.palette[0];
  for (const [x, y] of s.points) {
    const px = ((x - xRange[0]) / (xRange[1] - xRange[0])) * width;
    const py = ((yRange[1] - y) / (yRange[1] - yRange[0])) * height;
    g.beginPath(); g.arc(px, py, 4, 0, 6.2832); g.fill();
  }
  s.count.textContent = `${s.points.length} points` + (s.points.length >= s.data.most ? " (the most there can be)" : "");
}

export function render({ data, parentElement, setStateValue }) {
  let s = instances.get(parentElement);
  if (!s) {
    const find = (selector) => parentElement.querySelector(selector);
    s = { parent: parentElement, canvas: find("canvas"), clear: find(".clear"), undo: find(".undo"), count: find("output") };
    s.points = data.points;
    instances.set(parentElement, s);
    listen(s);
    s.observer = new ResizeObserver(() => draw(s));
    s.observer.observe(s.canvas);
  }
  if (data.version !== s.version) { s.points = data.points; s.version = data.version; }
  s.data = data;
  s.setStateValue = setStateValue;
  s.canvas.setAttribute("aria-label", data.label);
  draw(s);
}

export function dispose(parent) {
  instances.get(parent)?.observer.disconnect();
  instances.delete(parent);
}
