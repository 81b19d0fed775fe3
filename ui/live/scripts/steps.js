// How a player and the tables beside it stay at the same step without asking the server.
export function announce(kind, detail) {
  document.dispatchEvent(new CustomEvent("suite-" + kind, { detail }));
}

export function listen(kind, act) {
  const handler = (event) => act(event.detail);
  document.addEventListener("suite-" + kind, handler);
  return () => document.removeEventListener("suite-" + kind, handler);
}

// "ad" concerns everything whose group begins with it, "ad-Forward" only its own sweep.
export function related(a, b) {
  return a.startsWith(b) || b.startsWith(a);
}
