// The programs that were started, in their order.
function showExecutions(model) {
  const box = one(".grid.executions");
  const { paths, commands, packages, rows } = model.executions;
  if (!box || !rows.step) return;
  const head = (title, place = "") => make("div", { role: "columnheader", class: place }, title);
  box.append(make("div", { class: "row head", role: "row" },
    head("After", "number"), head("Step", "extra"), head("Program"), head("Arguments"), head("Measured", "extra")));
  box.setAttribute("aria-rowcount", rows.step.length + 1);
  const cell = (text, place = "", title = text) => make("div", { role: "cell", class: place, title }, text);
  const scroller = new Scroller(box, {
    draw(index) {
      const step = rows.step[index];
      const owner = packages[rows.package[index]];
      const path = paths[rows.path[index]];
      const command = commands[rows.command[index]];
      const task = `process ${rows.pid[index]}, child of ${rows.parent[index]}, user ${rows.user[index]}`;
      return make("div", { class: "row", role: "row", "aria-rowindex": index + 2 },
        cell(`${(rows.after_ms[index] / 1000).toFixed(2)} s`, "number", task),
        cell(step === null ? "" : model.steps[step].name, "extra"),
        cell(tail(path), "path", owner ? `${path} of ${owner}` : path),
        cell(shortened(command), "name", command.slice(0, 2000)),
        cell(rows.measured[index] ? "● yes" : owner ? "○ no" : "– no package", "extra"));
    },
  });
  scroller.show(rows.step.length);
  return scroller;
}
