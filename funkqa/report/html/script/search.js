// Which rows are wanted, and in which order. Nothing here touches the page.
function searchable(model) {
  const files = model.files.map((file) => file.toLowerCase());
  return model.name.map((name, row) => `${name}\n${model.linkage[row]}`.toLowerCase() + `\n${files[model.file[row]]}`);
}

// wanted: {q, marks: Set of states, "expected", "only", "changed" and "new", image, step, sort, down}; numbers are -1 for any.
function matching(model, texts, wanted, order) {
  const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
  const marks = new Set(wanted.marks);
  const expected = marks.delete("expected");
  const only = marks.delete("only");
  const updated = Object.keys(UPDATED).filter((mark) => marks.delete(mark)).map((mark) => UPDATED[mark]);
  const states = model.stateNames.map((state) => !marks.size || marks.has(state));
  const sets = model.sets.map((set, index) =>
    wanted.step >= 0
      ? only ? model.onlyStep[index] === wanted.step : set.includes(wanted.step)
      : !only || model.executeSteps[index] === 1);
  const { first, rows } = wanted.image >= 0 ? model.images[wanted.image] : { first: 0, rows: model.count };
  const meant = new Uint8Array(model.count);
  let count = 0;
  for (let row = first; row < first + rows; row++) {
    if (!states[model.stateIndex[row]] || !sets[model.setIndex[row]] || (expected && !model.expected[row])) continue;
    if (updated.length && !updated.includes(model.updated[row])) continue;
    if (words.every((word) => texts[row].includes(word))) count += meant[row] = 1;
  }
  // Texts are read in the order in which they lie in memory, which is several times faster than in that of the result.
  const found = new Uint32Array(count);
  let at = 0;
  for (let place = 0; at < count; place++) if (meant[order[place]]) found[at++] = order[place];
  return found;
}

// Columns as numbers that sort like their values; made when first asked for.
const ORDER = { missing: 0, incidental: 1, skipped: 2, covered: 3, inlined: 4, glue: 5, excluded: 6 };

function ranks(model) {
  const known = new Map();
  const alphabetic = (texts) => {
    const compare = (a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : a - b);
    const order = Uint32Array.from(texts.keys()).sort(compare);
    const rank = new Float64Array(texts.length);
    order.forEach((index, place) => (rank[index] = place));
    return rank;
  };
  const makers = {
    name: () => alphabetic(model.name),
    place() {
      const files = alphabetic(model.files);
      const none = model.files.length;
      return Float64Array.from(model.file, (file, row) => (file ? files[file] : none) * 1e8 + model.line[row]);
    },
    weight() {
      const order = model.stateNames.map((state) => ORDER[state] * 2 ** 48);
      return Float64Array.from(model.size, (size, row) => order[model.stateIndex[row]] - Math.min(size, 2 ** 47));
    },
    size: () => model.size,
    state: () => Float64Array.from(model.stateIndex, (state) => ORDER[model.stateNames[state]]),
    steps: () => Float64Array.from(model.setIndex, (set) => model.sets[set].length),
  };
  return (column) => known.get(column) ?? known.set(column, makers[column]()).get(column);
}

// All rows in the order that is asked for, sorted once for each: searching then only walks them. Without a column to
// sort by, what is missing comes first, and the largest of it.
function orders(model) {
  const rankOf = ranks(model);
  const known = new Map();
  return ({ sort, down }) => {
    const key = `${sort || "weight"} ${down}`;
    if (!known.has(key)) {
      const rank = rankOf(sort || "weight");
      const sign = down ? -1 : 1;
      const rows = Uint32Array.from(rank.keys());
      known.set(key, rows.sort((a, b) => sign * (rank[a] - rank[b]) || a - b));
    }
    return known.get(key);
  };
}
