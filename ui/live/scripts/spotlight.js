import { dropParam, writeParam } from "./address.js";

// Marks the element a tour speaks of; Streamlit gives keyed containers the class st-key-NAME.
const instances = new WeakMap();

function unmark(s) {
  if (s.element) s.element.style.outline = s.element.style.outlineOffset = s.element.style.borderRadius = "";
  s.element = null;
}

function mark(s, data, colour) {
  unmark(s);
  s.element = data.target ? document.querySelector(".st-key-" + CSS.escape(data.target)) : null;
  if (!s.element) return;
  s.element.style.outline = `3px solid ${colour}`;
  s.element.style.outlineOffset = "6px";
  s.element.style.borderRadius = "4px";
  if (s.step !== data.step) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    s.element.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }
}

export function render({ data, parentElement }) {
  const s = instances.get(parentElement) ?? {};
  instances.set(parentElement, s);
  const colour = getComputedStyle(parentElement.host ?? parentElement).getPropertyValue("--st-primary-color");
  // The element may be drawn after this one in the same run.
  setTimeout(() => { mark(s, data, colour); s.step = data.step; }, s.step === data.step ? 0 : 250);
  s.param = data.param;
  writeParam(data.param, data.step, 0);
}

export function dispose(parent) {
  const s = instances.get(parent);
  if (!s) return;
  unmark(s);
  dropParam(s.param);
}
