// The page's theme, read from the variables that Streamlit sets on every component.
export function themeOf(parent) {
  const style = getComputedStyle(parent.host ?? parent);
  const value = (name) => style.getPropertyValue("--st-" + name).trim();
  const list = (name) => value(name).split(",").map((colour) => colour.trim());
  return {
    palette: list("chart-categorical-colors"),
    sequential: list("chart-sequential-colors"),
    diverging: list("chart-diverging-colors"),
    text: value("text-color"),
    primary: value("primary-color"),
    background: value("background-color"),
    panel: value("secondary-background-color"),
    grid: value("border-color"),
    font: value("font"),
    code: value("code-font"),
  };
}
