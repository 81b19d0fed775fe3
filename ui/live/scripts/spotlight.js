import { dropParam, writeParam } from "./address.js";
import { themeOf } from "./theme.js";

// Marks the element a tour speaks of and keeps the tour's bar in view. Streamlit gives keyed
// containers the class st-key-NAME.
const instances = new WeakMap();
const HEADER = "3.75rem";

const keyed = (key) => (key ? document.querySelector(".st-key-" + CSS.escape(key)) : null);

function unmark(s) {
  if (s.element) s.element.style.outline = s.element.style.outlineOffset = s.element.style.borderRadius = "";
  s.element = null;
}

function stick(bar, theme) {
  if (!bar) return 0;
  // The wrapper is what scrolls within the page's column; the bar fills it.
  const wrapper = bar.closest('[data-testid="stLayoutWrapper"]') ?? bar;
  Object.assign(wrapper.style, { position: "sticky", top: HEADER, zIndex: 50, background: theme.background });
  bar.style.borderColor = theme.primary;
  return wrapper.offsetHeight;
}

function mark(s, data, theme) {
  unmark(s);
  const height = stick(data.step ? keyed(data.bar) : null, theme);
  s.element = keyed(data.target);
  if (!s.element) return;
  s.element.style.outline = `3px solid ${theme.primary}`;
  s.element.style.outlineOffset = "6px";
  s.element.style.borderRadius = "4px";
  s.element.style.scrollMarginTop = `calc(${HEADER} + ${height + 16}px)`;
  if (s.step !== data.step) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    s.element.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
}

// In presenter mode the arrow keys, and a presenter's Page keys, walk the tour from anywhere on
// the page that has no use for them itself.
const STEPS = { ArrowRight: "Next", PageDown: "Next", ArrowLeft: "Back", PageUp: "Back" };

function walk(s, event) {
  const name = STEPS[event.key];
  const presenting = ["1", "true"].includes(new URL(location.href).searchParams.get("present"));
  const focused = event.composedPath()[0];
  const busy = focused.closest?.("input, textarea, select, [role=slider], [role=radiogroup], .player, .scroll");
  if (!name || !presenting || busy || event.altKey || event.ctrlKey || event.metaKey) return;
  const key = keyed(`${s.param}--bar`) ? name : "start";
  const button = keyed(`${s.param}--${key}`)?.querySelector("button");
  if (button && !button.disabled) { event.preventDefault(); button.click(); }
}

function create() {
  const s = {};
  s.walk = (event) => walk(s, event);
  document.addEventListener("keydown", s.walk);
  return s;
}

export function render({ data, parentElement }) {
  const s = instances.get(parentElement) ?? create();
  instances.set(parentElement, s);
  const theme = themeOf(parentElement);
  // What it marks may be drawn after this in the same run.
  clearTimeout(s.timer);
  s.timer = setTimeout(() => { mark(s, data, theme); s.step = data.step; }, s.step === data.step ? 0 : 250);
  s.param = data.param;
  writeParam(data.param, data.step, 0);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (!s) return;
  clearTimeout(s.timer);
  document.removeEventListener("keydown", s.walk);
  unmark(s);
  dropParam(s.param);
  instances.delete(parent);
}
