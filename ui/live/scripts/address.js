// Keeps one control's value in the page's address without adding to the browser's history.
export function writeParam(name, value, defaultValue) {
  const url = new URL(location.href);
  const text = String(value);
  if (value === null || text === String(defaultValue)) url.searchParams.delete(name);
  else url.searchParams.set(name, text);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
