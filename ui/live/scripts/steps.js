// How a player and the tables beside it stay at the same step without asking the server.
export function announce(kind, detail) {
  document.dispatchEvent(new CustomEvent("suite-" + kind, { detail }));
}

export function listen(kind, act) {
  const handler = (event) => act(event.detail);
  document.addEventListener("suite-" + kind, handler);
  return () => document.removeEventListener("suite-" + kind, handler);
}
