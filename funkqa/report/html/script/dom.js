// Elements. Texts of the report become text nodes and attributes, never markup.
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// make("li", {class: "name", onclick: f}, "text", child)
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function shape(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const grouped = (number) => number.toLocaleString("en");
const plural = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

// As the rest of the report rounds: 100 % only if nothing is missing, 0 % only if nothing ran.
function percent(part, whole) {
  if (!whole) return "-";
  if (part === whole) return "100.0%";
  if (!part) return "0.0%";
  return `${Math.min(99.9, Math.max(0.1, (100 * part) / whole)).toFixed(1)}%`;
}

// The bar of the printed tables, for counts by state.
function bar(counts) {
  const order = ["covered", "incidental", "missing", "skipped"];
  const whole = order.reduce((sum, state) => sum + (counts[state] ?? 0), 0) || 1;
  let x = 0;
  const parts = order.filter((state) => counts[state]).map((state) => {
    const width = (100 * counts[state]) / whole;
    const part = shape("rect", { class: state, x: `${x}%`, width: `${width}%`, height: "100%" });
    x += width;
    return part;
  });
  return shape("svg", { class: "bar", "aria-hidden": "true" }, ...parts);
}

// When the browser has nothing better to do; Safari has no requestIdleCallback.
const whenIdle = (work) =>
  globalThis.requestIdleCallback ? requestIdleCallback(work, { timeout: 400 }) : setTimeout(work, 30);

// A canvas in device pixels; drawn in CSS pixels.
function brush(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

function palette() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
