// All that is known of one function, beside the table.
function showDetail(model, row, { onstep, onsource, onclose }) {
  const box = one(".detail");
  const state = stateOf(model, row);
  const image = model.images[model.imageOf[row]];
  const steps = stepsOf(model, row);
  const pairs = [];
  const pair = (title, ...content) => pairs.push(make("dt", {}, title), make("dd", {}, ...content));

  pair("State", make("span", { class: `state ${state}` }, `${SIGNS[state]} ${state}`), " ", explained(model, row));
  if (model.expected[row]) pair("Expected", "by the recipe");
  if (updateOf(model, row)) pair("Update", `▲ ${updateOf(model, row)}`);
  pair("Image", make("span", { class: "path" }, image.path));
  const names = model.linkage[row].split("\n").filter(Boolean);
  if (names.length) pair(names.length > 1 ? "Linkage names" : "Linkage name", ...names.map(nameLine));
  if (placeOf(model, row)) pair("Declared", make("span", { class: "path" }, placeOf(model, row)));
  if (model.unit[row]) pair("Unit", make("span", { class: "path" }, model.units[model.unit[row]]));
  if (model.size[row]) pair("Size", `${grouped(model.size[row])} bytes of code`);
  if (steps.length) pair(plural(steps.length, "step"), stepList(model, steps, onstep));
  const link = new URLSearchParams(linkTo(model, row).filter(([, value]) => value));
  pair("Link", make("a", { href: `#${link}` }, "to this function"));

  const close = make("button", { type: "button", class: "plain", "aria-label": "Close", onclick: onclose }, "✕");
  const parts = [
    make("header", {}, make("h3", { class: "name" }, model.name[row]), close),
    make("dl", { class: "pairs" }, ...pairs),
  ];
  if (hasSource(model, row)) {
    parts.push(make("button", { type: "button", onclick: () => onsource(row) }, "Show its source"));
  }
  box.replaceChildren(...parts);
  box.hidden = false;
  box.scrollTop = 0;
  box.parentElement.classList.add("with-detail");
}

function hideDetail() {
  one(".detail").hidden = true;
  one(".browse").classList.remove("with-detail");
}

const nameLine = (name) => make("div", { class: "name" }, name);

function stepList(model, steps, onstep) {
  return make("ul", {}, ...steps.map((step) => make("li", {},
    make("button", { type: "button", onclick: () => onstep(step) }, model.steps[step].name,
      model.execute[step] ? "" : ` (${model.steps[step].phase})`))));
}

function explained(model, row) {
  const only = model.onlyStep[model.setIndex[row]];
  switch (stateOf(model, row)) {
    case "covered": return model.executeSteps[model.setIndex[row]] === 1 ? `only by ${model.steps[only].name}` : "";
    case "missing": return "no step entered it";
    case "incidental": return "only prepare or finish entered it, which doesn't count";
    case "skipped": return reasonOf(model, row) || "no reason is on record";
    case "glue": return "of the compiler or the loader, outside the ratio";
    case "excluded": return "by the recipe's filters, outside the ratio";
    default: return "it has no code of its own, outside the ratio";
  }
}
