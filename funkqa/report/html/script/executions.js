// The programs that were started, in their order: all, or those of one program or step.
class Executions {
  constructor(model) {
    this.model = model;
    this.log = model.executions;
    this.box = one(".grid.executions");
    const head = (title, place = "") => make("div", { role: "columnheader", class: place }, title);
    this.box.append(make("div", { class: "row head", role: "row" },
      head("After", "number"), head("Step", "extra"), head("Program"), head("Arguments"),
      head("Process", "extra number"), head("Parent", "extra number"), head("User", "extra number"),
      head("Measured", "extra")));
    const { paths, rows } = this.log;
    const starts = new Map();
    for (const path of rows.path) starts.set(path, (starts.get(path) ?? 0) + 1);
    const order = paths.map((_, path) => path).sort((a, b) => starts.get(b) - starts.get(a) || a - b);
    this.program = options(one("#of-program"), "All programs",
      order.map((path) => [path, `${tail(paths[path])} (${grouped(starts.get(path))})`]));
    const steps = [...new Set(rows.step)].filter((step) => step !== null).sort((a, b) => a - b);
    this.step = options(one("#started-in"), "Any step", steps.map((step) => [step, tail(model.steps[step].name)]));
    this.program.addEventListener("change", () => this.show());
    this.step.addEventListener("change", () => this.show());
    this.scroller = new Scroller(this.box, { draw: (place) => this.draw(place) });
    this.show();
  }

  // Of one program, from elsewhere on the page.
  only(path) {
    this.program.value = String(this.log.paths.indexOf(path));
    this.step.value = "-1";
    this.show();
    this.program.scrollIntoView({ block: "center" });
    this.program.focus({ preventScroll: true });
  }

  show() {
    const { rows } = this.log;
    const program = Number(this.program.value);
    const step = Number(this.step.value);
    this.found = rows.path.flatMap((path, index) =>
      ((program < 0 || path === program) && (step < 0 || rows.step[index] === step) ? [index] : []));
    const every = plural(rows.path.length, "start");
    one(".found.started").textContent =
      this.found.length === rows.path.length ? every : `${grouped(this.found.length)} of ${every}`;
    this.box.setAttribute("aria-rowcount", this.found.length + 1);
    this.box.scrollTop = 0;
    this.scroller.show(this.found.length);
  }

  draw(place) {
    const { paths, commands, packages, rows } = this.log;
    const index = this.found[place];
    const step = rows.step[index];
    const owner = packages[rows.package[index]];
    const path = paths[rows.path[index]];
    const command = commands[rows.command[index]];
    const cell = (text, at = "", title = text) => make("div", { role: "cell", class: at, title }, text);
    return make("div", { class: "row", role: "row", "aria-rowindex": place + 2 },
      cell(`${(rows.after_ms[index] / 1000).toFixed(2)} s`, "number"),
      cell(step === null ? "" : this.model.steps[step].name, "extra"),
      cell(tail(path), "path", owner ? `${path} of ${owner}` : path),
      cell(shortened(command), "name", command.slice(0, 2000)),
      cell(String(rows.pid[index]), "extra number"),
      cell(String(rows.parent[index]), "extra number"),
      cell(String(rows.user[index]), "extra number"),
      cell(rows.measured[index] ? "● yes" : owner ? "○ no" : "– no package", "extra"));
  }
}

// The log, and numbers of starts that lead to it; null if nothing is on record.
function showExecutions(model) {
  if (!one(".grid.executions") || !model.executions.rows.step) return null;
  const log = new Executions(model);
  for (const cell of all("[data-program]")) {
    const click = (event) => { event.preventDefault(); log.only(cell.dataset.program); };
    cell.replaceChildren(make("a", { href: "#programs", onclick: click }, cell.textContent));
  }
  return log.scroller;
}
