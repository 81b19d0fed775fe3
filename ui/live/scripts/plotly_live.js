import { themeOf } from "./theme.js";

let plotly = null;
const instances = new WeakMap();

function library() {
  plotly ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = new URL("plotly.min.js", import.meta.url);
    tag.onload = () => resolve(window.Plotly);
    tag.onerror = reject;
    document.head.append(tag);
  });
  return plotly;
}

function opaque(colour, opacity) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  const hex = probe.fillStyle;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r},${g},${b},${opacity})`;
}

function resolve(text, theme) {
  return text.replace(/"@(c\d|text|grid|primary|background|sequential|diverging)(?:~([\d.]+))?"/g, (_, role, opacity) => {
    if (role === "sequential" || role === "diverging") return JSON.stringify(scale(theme[role]));
    const colour = role[0] === "c" && role.length === 2 ? theme.palette[+role[1]] : theme[role];
    return JSON.stringify(opacity ? opaque(colour, opacity) : colour);
  });
}

const scale = (colours) => colours.map((colour, i) => [i / (colours.length - 1), colour]);

const dressAxis = (theme, axis) => ({
  gridcolor: theme.grid, zerolinecolor: theme.grid, linecolor: theme.grid, automargin: true, ...axis,
});

function dress(figure, theme, height, width) {
  const layout = {
    uirevision: "keep", autosize: true, height, paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)", colorway: theme.palette, hovermode: "closest",
    margin: { l: 50, r: 15, t: 40, b: 45 },
    ...figure.layout,
  };
  layout.font = { color: theme.text, family: theme.font, size: width < 500 ? 11 : 13, ...figure.layout.font };
  layout.legend = { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, bgcolor: "rgba(0,0,0,0)", ...figure.layout.legend };
  layout.hoverlabel = { bgcolor: theme.background, font: { color: theme.text, family: theme.font } };
  const axes = new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((k) => /^[xy]axis\d*$/.test(k))]);
  for (const name of axes) layout[name] = dressAxis(theme, layout[name]);
  if (layout.scene) {
    for (const name of ["xaxis", "yaxis", "zaxis"]) layout.scene[name] = dressAxis(theme, layout.scene[name]);
  }
  return layout;
}

async function draw(s) {
  const Plotly = await library();
  if (s.disposed) return;
  const theme = themeOf(s.parent);
  const figure = JSON.parse(resolve(s.data.figure, theme));
  const layout = dress(figure, theme, s.data.height, s.plot.clientWidth);
  s.plot.style.minHeight = s.data.height + "px";
  s.plot.setAttribute("role", "img");
  s.plot.setAttribute("aria-label", s.data.alt);
  await Plotly.react(s.plot, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
  if (!s.listening) {
    s.listening = true;
    s.plot.on("plotly_click", ({ points: [p] }) => s.pick([p.curveNumber, p.pointNumber]));
  }
  s.plot.dataset.draws = String(+(s.plot.dataset.draws || 0) + 1);
}

async function drawNewest(s) {
  if (s.drawing) { s.again = true; return; }
  s.drawing = true;
  try {
    do { s.again = false; await draw(s); } while (s.again);
  } finally { s.drawing = false; }
}

export function render({ data, parentElement, setTriggerValue }) {
  let s = instances.get(parentElement);
  if (!s) {
    s = { parent: parentElement, plot: parentElement.querySelector(".plot") };
    instances.set(parentElement, s);
  }
  s.data = data;
  s.pick = (place) => { if (s.data.clickable) setTriggerValue("picked", place); };
  return drawNewest(s);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (!s) return;
  s.disposed = true;
  if (window.Plotly) window.Plotly.purge(s.plot);
  instances.delete(parent);
}
