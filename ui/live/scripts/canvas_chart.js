import { themeOf } from "./theme.js";

const instances = new WeakMap();
const MARGIN = { left: 56, right: 12, top: 34, bottom: 40 };

function decode(bytes) {
  const buffer = bytes.slice().buffer;
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  for (const series of header.series) {
    for (const axis of ["x", "y"]) {
      series[axis] = new Float32Array(buffer, at, series.points);
      at += 4 * series.points;
    }
  }
  return header;
}

function extent(arrays) {
  let low = Infinity, high = -Infinity;
  for (const values of arrays) for (const v of values) {
    if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
  }
  if (low > high) return [0, 1];
  const pad = low === high ? Math.abs(low) * 0.1 || 1 : 0;
  return [low - pad, high + pad];
}

function ticks([low, high], count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const out = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-6 ? 0 : +v.toPrecision(12));
  return out;
}

const short = (v) => (v !== 0 && (Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3) ? v.toExponential(1) : String(+v.toPrecision(4)));

function axes(g, chart, box, theme) {
  g.font = `12px ${theme.font}`;
  g.fillStyle = theme.text;
  g.strokeStyle = theme.grid;
  g.lineWidth = 1;
  g.textAlign = "center";
  for (const v of ticks(chart.xRange, Math.max(2, box.width / 90))) g.fillText(short(v), box.x(v), box.bottom + 16);
  g.textAlign = "right";
  for (const v of ticks(chart.yRange, 4)) {
    g.beginPath(); g.moveTo(box.left, box.y(v)); g.lineTo(box.right, box.y(v)); g.stroke();
    g.fillText(short(v), box.left - 6, box.y(v) + 4);
  }
  g.textAlign = "center";
  g.fillText(chart.xLabel, (box.left + box.right) / 2, box.bottom + 34);
  g.save(); g.translate(12, (box.top + box.bottom) / 2); g.rotate(-Math.PI / 2); g.fillText(chart.yLabel, 0, 0); g.restore();
}

function line(g, series, box, colour) {
  g.strokeStyle = g.fillStyle = colour;
  g.lineWidth = 2;
  g.beginPath();
  let drawing = false;
  for (let i = 0; i < series.points; i++) {
    const x = box.x(series.x[i]), y = box.y(series.y[i]);
    if (!Number.isFinite(y)) { drawing = false; continue; }
    if (series.dots) { g.moveTo(x + 2.5, y); g.arc(x, y, 2.5, 0, 6.2832); }
    else if (drawing) g.lineTo(x, y);
    else g.moveTo(x, y);
    drawing = true;
  }
  if (series.dots) g.fill(); else g.stroke();
}

function legend(g, chart, theme, left) {
  let x = left;
  g.textAlign = "left";
  g.font = `600 13px ${theme.font}`;
  g.fillStyle = theme.text;
  if (chart.title) { g.fillText(chart.title, x, 16); x += g.measureText(chart.title).width + 16; }
  g.font = `13px ${theme.font}`;
  for (const series of chart.series) {
    g.fillStyle = theme.palette[series.colour];
    g.fillRect(x, 8, 14, 4);
    g.fillStyle = theme.text;
    g.fillText(series.name, x + 19, 16);
    x += g.measureText(series.name).width + 34;
  }
}

function layout(chart, width) {
  const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: chart.height - MARGIN.bottom };
  box.width = box.right - box.left;
  chart.xRange = extent(chart.series.map((s) => s.x));
  chart.yRange = chart.yRange ?? extent(chart.series.map((s) => s.y));
  const map = ([low, high], from, to) => (v) => from + ((v - low) / (high - low)) * (to - from);
  box.x = map(chart.xRange, box.left, box.right);
  box.y = map(chart.yRange, box.bottom, box.top);
  return box;
}

function draw(s) {
  s.pending = false;
  const { canvas, chart } = s, width = canvas.clientWidth || 600, ratio = devicePixelRatio || 1;
  canvas.style.height = chart.height + "px";
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(chart.height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(chart.height * ratio);
  }
  const g = canvas.getContext("2d"), theme = themeOf(s.parent);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, chart.height);
  const box = layout(chart, width);
  axes(g, chart, box, theme);
  g.save();
  g.beginPath(); g.rect(box.left, box.top - 3, box.width, box.bottom - box.top + 6); g.clip();
  for (const series of chart.series) line(g, series, box, theme.palette[series.colour]);
  g.restore();
  legend(g, chart, theme, box.left);
  canvas.dataset.draws = String(+(canvas.dataset.draws || 0) + 1);
}

function schedule(s) {
  if (!s.pending) { s.pending = true; requestAnimationFrame(() => draw(s)); }
}

export function render({ data, parentElement }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = { parent: parentElement, canvas: parentElement.querySelector("canvas") };
    s.observer = new ResizeObserver(() => s.chart && schedule(s));
    s.observer.observe(s.canvas);
    s.canvas.setAttribute("role", "img");
    instances.set(parentElement, s);
  }
  s.chart = decode(data);
  s.canvas.setAttribute("aria-label", s.chart.alt);
  schedule(s);
}

export function dispose(parent) {
  instances.get(parent)?.observer.disconnect();
  instances.delete(parent);
}
