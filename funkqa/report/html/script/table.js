// The table of functions: rows in sight, sorting by its heads, one chosen row, the keyboard.
const COLUMNS = [
  ["state", "State", "of-state"],
  ["name", "Function", "name"],
  ["place", "File and line", "place"],
  ["size", "Bytes", "size number"],
  ["steps", "Steps", "steps-count number"],
];

class FunctionTable {
  constructor(model, { onsort, onchoose }) {
    this.model = model;
    this.box = one(".grid.functions");
    this.onsort = onsort;
    this.onchoose = onchoose;
    this.rows = new Uint32Array();
    this.cursor = -1;
    this.chosen = -1;
    this.heads = COLUMNS.map(([key, title, place]) =>
      make("div", { role: "columnheader", class: place.replace("name", "") },
        make("button", { type: "button", tabindex: -1, onclick: () => onsort(key) }, title)));
    this.box.append(make("div", { class: "row head", role: "row", "aria-rowindex": 1 }, ...this.heads));
    this.box.setAttribute("aria-colcount", COLUMNS.length);
    this.scroller = new Scroller(this.box, { draw: (index) => this.draw(index) });
    this.nothing = make("div", { role: "row", class: "empty", hidden: "" },
      make("div", { role: "gridcell" }, "No function matches."));
    this.box.append(this.nothing);
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-index]");
      if (row) this.choose(Number(row.dataset.index));
    });
  }

  show(rows, { sort, down }) {
    this.rows = rows;
    this.cursor = this.chosen >= 0 ? rows.indexOf(this.chosen) : -1;
    this.box.setAttribute("aria-rowcount", rows.length + 1);
    this.heads.forEach((head, index) => {
      if (COLUMNS[index][0] === sort) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.nothing.hidden = rows.length > 0;
    this.box.scrollTop = 0;
    this.scroller.show(rows.length);
    this.point();
  }

  draw(index) {
    const { model } = this;
    const row = this.rows[index];
    const state = stateOf(model, row);
    const steps = stepsOf(model, row).length;
    const cell = (place, ...children) => make("div", { role: "gridcell", class: place }, ...children);
    const place = placeOf(model, row);
    const update = updateOf(model, row);
    const title = state + (model.expected[row] ? ", expected by the recipe" : "")
      + (update ? `, ${update} by the update` : "");
    const sign = `${SIGNS[state]} ${state}${model.expected[row] ? " ★" : ""}${update ? " ▲" : ""}`;
    return make("div", {
      class: "row", role: "row", id: `row-${index}`, "data-index": index, "aria-rowindex": index + 2,
      "aria-selected": index === this.cursor ? "true" : "false",
    },
      cell("of-state", make("span", { class: `state ${state}`, title }, sign)),
      cell("name", shortened(model.name[row])),
      cell("place path", tail(place)),
      cell("size number", model.size[row] ? grouped(model.size[row]) : ""),
      cell("steps-count number", steps ? grouped(steps) : ""));
  }

  key(event) {
    if (event.target !== this.box || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = this.scroller.seen - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.move(Math.max(0, this.cursor) + (this.cursor < 0 ? 0 : moves[event.key]));
    else if ((event.key === "Enter" || event.key === " ") && this.cursor >= 0) this.choose(this.cursor);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.turn(event.key === "ArrowRight" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  // Left and right go through the columns to sort by.
  turn(by) {
    const sorted = this.heads.findIndex((head) => head.hasAttribute("aria-sort"));
    this.onsort(COLUMNS[(sorted + by + COLUMNS.length) % COLUMNS.length][0]);
  }

  move(index) {
    if (!this.rows.length) return;
    this.cursor = Math.min(this.rows.length - 1, Math.max(0, index));
    this.scroller.reveal(this.cursor);
    this.point();
  }

  choose(index) {
    this.move(index);
    this.chosen = this.rows[this.cursor];
    this.onchoose(this.chosen);
  }

  // Chooses a row of the model; false if the filters hide it.
  aim(row) {
    const index = this.rows.indexOf(row);
    if (index >= 0) this.choose(index);
    return index >= 0;
  }

  point() {
    if (this.cursor >= 0) this.box.setAttribute("aria-activedescendant", `row-${this.cursor}`);
    else this.box.removeAttribute("aria-activedescendant");
  }
}

// Rows are one line high: of a template that fills pages, the beginning will do.
const shortened = (name) => (name.length > 300 ? `${name.slice(0, 300)}…` : name);
// Of a long path the end says more.
const tail = (path) => (path.length > 64 ? `…${path.slice(-63)}` : path);
