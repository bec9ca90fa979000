// The values of the page, as funkqa/report/html/columns.py packs them: JSON, deflated, in base64.
async function unpacked(id) {
  const encoded = atob(document.getElementById(id).textContent.trim());
  const bytes = new Uint8Array(encoded.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = encoded.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

const SIGNS = {
  covered: "●", missing: "○", incidental: "◐", skipped: "⊘", glue: "·", excluded: "–", inlined: "≡",
};
// What an update did to a function, as a number.
const UPDATED = { changed: 1, new: 2 };
const COUNTED = ["covered", "missing", "incidental", "skipped"];

// The document with typed columns, and what follows from it for each row.
function modelled({ rows, ...model }) {
  const count = rows.name.length;
  const imageOf = new Uint32Array(count);
  let row = 0;
  model.images.forEach((image, index) => {
    imageOf.fill(index, row, row + image.rows);
    image.first = row;
    row += image.rows;
  });
  const expected = new Uint8Array(count);
  for (const each of model.expected) expected[each] = 1;
  const updated = new Uint8Array(count);
  for (const mark in UPDATED) for (const each of model.update[mark]) updated[each] = UPDATED[mark];
  const execute = model.steps.map((step) => step.phase === "execute");
  const counted = model.sets.map((set) => set.filter((step) => execute[step]));
  return {
    ...model,
    count,
    imageOf,
    expected,
    updated,
    execute,
    name: rows.name,
    linkage: rows.linkage,
    file: Uint32Array.from(rows.file),
    line: Uint32Array.from(rows.line),
    unit: Uint32Array.from(rows.unit),
    size: Float64Array.from(rows.size),
    stateIndex: Uint16Array.from(rows.state),
    setIndex: Uint32Array.from(rows.steps),
    stateNames: model.states.map(([state]) => state),
    // The one step that matters to a set: no other execute step entered, or nothing else at all entered.
    onlyStep: model.sets.map((set, index) => [counted[index], set].find((each) => each.length === 1)?.[0] ?? -1),
    executeSteps: counted.map((set) => set.length),
  };
}

const stateOf = (model, row) => model.stateNames[model.stateIndex[row]];
const reasonOf = (model, row) => model.states[model.stateIndex[row]][1];
const stepsOf = (model, row) => model.sets[model.setIndex[row]];
const fileOf = (model, row) => model.files[model.file[row]];
// Files whose text the page has come first, after the empty name.
const hasSource = (model, row) => model.file[row] > 0 && model.file[row] <= model.sources && model.line[row] > 0;

const updateOf = (model, row) => Object.keys(UPDATED).find((mark) => UPDATED[mark] === model.updated[row]);

function placeOf(model, row) {
  const file = fileOf(model, row);
  return file && model.line[row] ? `${file}:${model.line[row]}` : file;
}
