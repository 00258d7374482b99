// Small drawings of the lab, as SVG that says in words what it shows.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function picture(label, width, height, ...children) {
  const attributes = { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label };
  return svg("svg", attributes, ...children);
}

/** An interval [lower, upper] around `value`, on the same scale from `from` to `to` in every row. */
export function interval(value, lower, upper, [from, to]) {
  const width = 320;
  const x = (each) => ((each - from) / (to - from || 1)) * (width - 16) + 8;
  return picture(
    `${number(value)}, from ${number(lower)} to ${number(upper)}`,
    width,
    34,
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: 34 }),
    svg("line", { class: "whisker", x1: x(lower), x2: x(upper), y1: 17, y2: 17 }),
    svg("circle", { class: "dot", cx: x(value), cy: 17, r: 4.5 }),
  );
}

/** A bar up to `value` and a mark at `limit`, of at most `most`. */
export function bar(value, limit, most, hasDrifted) {
  const width = 320;
  const x = (each) => Math.min(each / most, 1) * (width - 4);
  return picture(
    `${number(value)} of ${number(limit)}`,
    width,
    24,
    svg("rect", { class: hasDrifted ? "bar has-drifted" : "bar", x: 0, y: 7, height: 10, width: Math.max(x(value), 1), rx: 3 }),
    svg("line", { class: "limit", x1: x(limit) + 1, x2: x(limit) + 1, y1: 3, y2: 21 }),
  );
}

/** A curve through `values`, one an iteration. */
export function curve(name, values) {
  const [width, height, left, bottom] = [300, 150, 46, 20];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i) => left + (i / Math.max(values.length - 1, 1)) * (width - left - 8);
  const y = (value) => 8 + (1 - (value - low) / (high - low || 1)) * (height - bottom - 12);
  const ticks = [...new Set([low, high])].map((value) =>
    svg("text", { class: "tick", x: left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  return picture(
    `${name}: from ${number(values[0])} to ${number(values.at(-1))} in ${values.length} iterations`,
    width,
    height,
    svg("path", { class: "axis", fill: "none", d: `M${left} 6V${height - bottom}H${width - 8}` }),
    ...ticks,
    svg("text", { class: "tick", x: left, y: height - 6 }, "1"),
    svg("text", { class: "tick", x: width - 8, y: height - 6, "text-anchor": "end" }, `iteration ${values.length}`),
    values.length > 1
      ? svg("path", { class: "line", d: values.map((value, i) => `${i ? "L" : "M"}${x(i)} ${y(value)}`).join("") })
      : svg("circle", { class: "dot", cx: x(0), cy: y(values[0]), r: 4 }),
  );
}

/** The lineage beside a table: a dot a row, and a line from each row down to its parent's. */
export function lineage(parents, served, rowHeight) {
  const height = parents.length * rowHeight;
  const y = (row) => (row + 0.5) * rowHeight;
  const edges = parents.flatMap((parent, row) => (parent < 0 ? [] : [edge(row, parent, y)]));
  const dots = parents.map((_, row) =>
    svg("circle", { class: served[row] ? "dot" : "dot is-open", cx: 10, cy: y(row), r: 5 }));
  const drawn = picture("lineage of the versions; the column “after” names each one's parent", 40, height, ...edges, ...dots);
  drawn.setAttribute("width", 40);
  drawn.setAttribute("height", height);
  return drawn;
}

function edge(row, parent, y) {
  if (parent === row + 1) return svg("path", { class: "edge", d: `M10 ${y(row)}V${y(parent)}` });
  const bulge = Math.min(12 + 5 * (parent - row), 34);
  return svg("path", { class: "edge", d: `M10 ${y(row)}C${bulge} ${y(row)} ${bulge} ${y(parent)} 10 ${y(parent)}` });
}

/** A signed number as one reads it. */
export function number(value) {
  return (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(4)).replace("-", "−");
}

function short(value) {
  return Number(value.toPrecision(3)).toString().replace("-", "−");
}
