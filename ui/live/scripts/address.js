// Keeps values of our own controls in the page's address, without adding to the browser's history.
//
// Streamlit writes its bound widgets into the address from a copy of its own, which does not know
// of ours; so whatever it pushes, our values are put back right after.
const kept = new Map();
const replace = history.replaceState.bind(history);

function apply() {
  const url = new URL(location.href);
  for (const [name, text] of kept) {
    if (text === null) url.searchParams.delete(name);
    else url.searchParams.set(name, text);
  }
  if (url.href !== location.href) replace(history.state, "", url);
}

for (const method of ["pushState", "replaceState"]) {
  const original = history[method].bind(history);
  history[method] = (...args) => {
    original(...args);
    queueMicrotask(apply);
  };
}

// A value equal to the default, or null, leaves the address.
export function writeParam(name, value, defaultValue) {
  const text = value === null || String(value) === String(defaultValue) ? null : String(value);
  if (kept.has(name) && kept.get(name) === text && new URL(location.href).searchParams.get(name) === text) return;
  kept.set(name, text);
  apply();
}

// The control is gone: its value leaves the address and is no longer put back.
export function dropParam(name) {
  writeParam(name, null);
  kept.delete(name);
}
