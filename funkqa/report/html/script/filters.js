// What is searched, filtered and sorted: in the tools above the table, and in the address.
const CHIPS = [
  ["covered", "Covered"], ["missing", "Missing"], ["incidental", "Incidental"], ["skipped", "Skipped"],
  ["expected", "Expected ★"], ["changed", "Changed ▲"], ["new", "New ▲"], ["only", "By one step only"], ["inlined", "Only inlined"], ["glue", "Glue"],
  ["excluded", "Excluded"],
];
const NEUTRAL = { q: "", marks: [], image: -1, step: -1, sort: "", down: false };

class Filters {
  constructor(model, { onchange }) {
    this.model = model;
    this.onchange = onchange;
    this.wanted = { ...NEUTRAL };
    this.search = one("#search");
    this.image = choices(one("#of-image"), "All images", model.images.map((image) => image.path));
    this.step = choices(one("#of-step"), "Any step", model.steps.map((step) => step.name));
    this.reset = one("#reset");
    this.chips = new Map();
    for (const [mark, title] of CHIPS) {
      const count = countOf(model, mark);
      const press = { type: "button", "aria-pressed": "false", onclick: () => this.toggle(mark) };
      if (count) this.chips.set(mark, make("button", press, title, make("span", {}, grouped(count))));
    }
    one(".chips").append(...this.chips.values());
    this.search.addEventListener("input", () => this.change({ q: this.search.value }));
    this.image.addEventListener("change", () => this.change({ image: Number(this.image.value) }));
    this.step.addEventListener("change", () => this.change({ step: Number(this.step.value) }));
    this.reset.addEventListener("click", () => this.change(NEUTRAL));
  }

  toggle(mark) {
    const marks = new Set(this.wanted.marks);
    if (!marks.delete(mark)) marks.add(mark);
    this.change({ marks: [...marks] });
  }

  // A head asked for again turns the order round; sizes and steps begin with the largest.
  sortBy(column) {
    const { sort, down } = this.wanted;
    const largest = column === "size" || column === "steps";
    this.change(sort === column ? { sort, down: !down } : { sort: column, down: largest });
  }

  change(values) {
    this.wanted = { ...this.wanted, ...values };
    this.show();
    this.onchange(this.wanted);
  }

  show() {
    const { q, marks, image, step } = this.wanted;
    if (this.search.value !== q) this.search.value = q;
    this.image.value = String(image);
    this.step.value = String(step);
    for (const [mark, chip] of this.chips) chip.setAttribute("aria-pressed", String(marks.includes(mark)));
    this.reset.hidden = !q && !marks.length && image < 0 && step < 0;
  }

  toAddress() {
    const { q, marks, image, step, sort, down } = this.wanted;
    return [["q", q], ["state", marks.join(",")], ["in", image < 0 ? "" : this.model.images[image].key],
      ["step", step < 0 ? "" : String(step + 1)], ["sort", sort && (down ? `-${sort}` : sort)]];
  }

  fromAddress(link) {
    const marks = (link.get("state") ?? "").split(",").filter((mark) => this.chips.has(mark));
    const sort = link.get("sort") ?? "";
    const column = sort.replace(/^-/, "");
    const step = Number(link.get("step") ?? 0) - 1;
    this.wanted = {
      q: link.get("q") ?? "",
      marks,
      image: this.model.images.findIndex((image) => image.key === link.get("in")),
      step: step in this.model.steps ? step : -1,
      sort: COLUMNS.some(([key]) => key === column) ? column : "",
      down: sort.startsWith("-"),
    };
    this.show();
  }
}

function choices(select, none, names) {
  return options(select, none, names.map((name, index) => [index, tail(name)]));
}

// Values with their texts; -1 is for none of them.
function options(select, none, values) {
  select.append(...[[-1, none], ...values].map(([value, text]) => make("option", { value }, text)));
  return select;
}

function countOf(model, mark) {
  let count = 0;
  for (let row = 0; row < model.count; row++) {
    if (mark === "expected") count += model.expected[row];
    else if (mark in UPDATED) count += model.updated[row] === UPDATED[mark];
    else if (mark === "only") count += model.executeSteps[model.setIndex[row]] === 1;
    else count += model.stateNames[model.stateIndex[row]] === mark;
  }
  return count;
}
