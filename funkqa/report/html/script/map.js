// The map: a treemap of the code below one directory, and beside it what is in that, as buttons.
const MOST_LISTED = 100;

class SourceMap {
  constructor(root, model, { onchoose }) {
    this.model = model;
    this.onchoose = onchoose;
    this.node = root;
    this.canvas = one("#map canvas");
    this.hint = one("#map .hint");
    this.spots = [];
    this.canvas.addEventListener("pointermove", (event) => this.tell(this.under(event)));
    this.canvas.addEventListener("pointerleave", () => this.tell(null));
    this.canvas.addEventListener("click", (event) => {
      const spot = this.under(event);
      if (spot) this.enter(this.childOf(spot));
    });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    addEventListener("themechange", () => this.draw());
    this.list();
  }

  // The child of the shown node that a node lies in.
  childOf(node) {
    let at = node;
    while (at.parent && at.parent !== this.node) at = at.parent;
    return at;
  }

  enter(node, focus = false) {
    if (node.row >= 0) return this.onchoose(node.row);
    this.node = node;
    this.list();
    this.draw();
    if (focus) (one("#map .children button") ?? one("#map .crumbs button"))?.focus();
  }

  list() {
    const crumbs = [];
    for (let at = this.node; at; at = at.parent) {
      const here = at;
      crumbs.unshift(at === this.node
        ? make("span", { class: "name", "aria-current": "location" }, at.name)
        : make("button", { type: "button", class: "plain name", onclick: () => this.enter(here, true) }, at.name));
    }
    const slash = () => make("span", { "aria-hidden": "true" }, "/");
    one("#map .crumbs").replaceChildren(...crumbs.flatMap((crumb, at) => (at ? [slash(), crumb] : [crumb])));
    const children = this.node.children.slice(0, MOST_LISTED);
    const rest = this.node.children.length - children.length;
    one("#map .children").replaceChildren(
      make("ul", {}, ...children.map((child) => make("li", {}, this.button(child)))),
      ...(rest ? [make("p", { class: "muted small" }, `and ${grouped(rest)} smaller ones`)] : []));
  }

  button(child) {
    const { codes: counts, bytes } = child;
    const state = child.row >= 0 ? stateOf(this.model, child.row) : "";
    const size = state ? `${grouped(bytes)} B` : shareOf(counts.covered ?? 0, bytes);
    return make("button", { type: "button", onclick: () => this.enter(child, true) },
      make("span", { class: "name" }, `${state ? `${SIGNS[state]} ` : ""}${shortened(child.name)}`),
      make("span", { class: state ? "part" : "part share" }, size),
      bar(counts));
  }

  under({ offsetX: x, offsetY: y }) {
    for (let index = this.spots.length - 1; index >= 0; index--) {
      const spot = this.spots[index];
      if (x >= spot.x && y >= spot.y && x < spot.x + spot.width && y < spot.y + spot.height) return spot.node;
    }
    return null;
  }

  tell(node) {
    const told = node ?? this.node;
    const name = node ? shortened(node.name) : this.node.name;
    this.hint.textContent = told.row >= 0
      ? `${name}, ${grouped(told.bytes)} bytes, ${stateOf(this.model, told.row)}`
      : `${name}: ${shareOf(told.codes.covered ?? 0, told.bytes)} covered`;
  }

  draw() {
    if (!this.canvas.clientWidth) return;
    const { context, width, height } = brush(this.canvas);
    const colour = palette();
    this.paint = {
      context,
      fill: Object.fromEntries(COUNTED.map((state) => [state, colour(state)])),
      ink: colour("ink"), muted: colour("muted"), folder: colour("raised"), gap: colour("surface"),
    };
    this.spots = [];
    context.textBaseline = "middle";
    this.below(this.node, 0, 0, width, height, 0);
    this.tell(null);
  }

  below(node, x, y, width, height, depth) {
    squarify(node.children, x, y, width, height, (child, left, top, wide, high) => {
      if (wide < 0.4 || high < 0.4) return;
      this.spots.push({ node: child, x: left, y: top, width: wide, height: high });
      if (child.row >= 0) this.leaf(child, left, top, wide, high);
      else this.folder(child, left, top, wide, high, depth);
    });
  }

  leaf(node, x, y, width, height) {
    const { context, fill } = this.paint;
    const gap = width > 4 && height > 4 ? 1 : 0;
    context.fillStyle = fill[stateOf(this.model, node.row)];
    context.fillRect(x, y, width - gap, height - gap);
    // A second sign beside the colour: what isn't covered has a notch, where that isn't most of it.
    if (stateOf(this.model, node.row) === "covered" || Math.min(width, height) < 18) return;
    context.fillStyle = this.paint.gap;
    const size = 6;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size);
    context.fill();
  }

  folder(node, x, y, width, height, depth) {
    const { context, ink, folder, gap } = this.paint;
    const titled = width > 48 && height > 34;
    const head = titled ? 18 : 0;
    const border = width > 12 && height > 12 ? (depth ? 1.5 : 3) : 0;
    context.fillStyle = depth ? folder : gap;
    context.fillRect(x, y, width - border, height - border);
    const inside = [x, y + head, width - border, height - border - head];
    // Where functions would be specks, the file is filled from the left as far as it is covered.
    if (inside[2] * inside[3] < 9 * node.children.length && node.children[0].row >= 0) this.filled(node, ...inside);
    else this.below(node, ...inside, depth + 1);
    if (!titled) return;
    context.fillStyle = ink;
    context.font = `${depth ? 400 : 600} 11px system-ui, sans-serif`;
    context.fillText(fitted(context, node.name, width - border - 8), x + 3, y + head / 2);
  }

  filled(node, x, y, width, height) {
    let at = x;
    for (const state of COUNTED) {
      const part = (width * (node.codes[state] ?? 0)) / node.bytes;
      this.paint.context.fillStyle = this.paint.fill[state];
      this.paint.context.fillRect(at, y, part, height);
      at += part;
    }
  }
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = text.slice(0, 60);
  while (kept && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return kept ? `${kept}…` : "";
}

// ``96 of 120 kB, 80.0%``; in bytes where a part would read like the whole.
function shareOf(part, bytes) {
  if (part < bytes && sized(part) === sized(bytes)) {
    return `${grouped(part)} of ${grouped(bytes)} B, ${percent(part, bytes)}`;
  }
  const [whole, unit] = sized(bytes).split(" ");
  const [some, other] = sized(part).split(" ");
  return `${some}${other === unit ? "" : ` ${other}`} of ${whole} ${unit}, ${percent(part, bytes)}`;
}

function sized(bytes) {
  if (bytes < 1e4) return `${grouped(bytes)} B`;
  return bytes < 1e7 ? `${grouped(Math.round(bytes / 1e3))} kB` : `${grouped(Math.round(bytes / 1e6))} MB`;
}
