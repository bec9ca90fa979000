// Treemap layout with rectangles near to squares (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
// nodes: [{bytes}, ...] with the largest first. Calls place(node, x, y, width, height) for each.
function squarify(nodes, x, y, width, height, place) {
  let left = 0;
  for (const node of nodes) left += node.bytes;
  let start = 0;
  while (start < nodes.length && left > 0 && width > 0 && height > 0) {
    const side = Math.min(width, height);
    const scale = (width * height) / left;
    let end = start;
    let sum = 0;
    let worst = Infinity;
    while (end < nodes.length) {
      const next = sum + nodes[end].bytes;
      const area = next * scale;
      const thin = (side * side * scale) / (area * area);
      const ratio = Math.max(nodes[start].bytes * thin, 1 / (nodes[end].bytes * thin));
      if (ratio > worst) break;
      worst = ratio;
      sum = next;
      end++;
    }
    const depth = (sum * scale) / side;
    let along = 0;
    for (; start < end; start++) {
      const length = (nodes[start].bytes / sum) * side;
      if (width >= height) place(nodes[start], x, y + along, depth, length);
      else place(nodes[start], x + along, y, length, depth);
      along += length;
    }
    if (width >= height) { x += depth; width -= depth; } else { y += depth; height -= depth; }
    left -= sum;
  }
}

// The functions that count, as a tree of directories and files. Folders that hold one folder only are one with it.
function sourceTree(model) {
  const node = (name) => ({ name, bytes: 0, counts: {}, codes: {}, children: new Map(), row: -1 });
  const root = node("All code");
  for (let row = 0; row < model.count; row++) {
    const state = stateOf(model, row);
    if (!COUNTED.includes(state)) continue;
    const bytes = Math.max(1, model.size[row]);
    const file = fileOf(model, row);
    const path = file ? parted(file) : ["no source file known", model.images[model.imageOf[row]].path];
    let at = root;
    const count = (each) => {
      each.bytes += bytes;
      each.counts[state] = (each.counts[state] ?? 0) + 1;
      each.codes[state] = (each.codes[state] ?? 0) + bytes;
    };
    count(at);
    for (const name of path) {
      if (!at.children.has(name)) at.children.set(name, node(name));
      at = at.children.get(name);
      count(at);
    }
    const leaf = node(model.name[row]);
    leaf.row = row;
    count(leaf);
    at.children.set(row, leaf);
  }
  return settled(root);
}

// Compilers write files as they were named to them: ../common/a.c lies beside what it was named from.
function parted(file) {
  const path = [];
  for (const part of file.split("/")) {
    if (part === "..") path.pop();
    else if (part && part !== ".") path.push(part);
  }
  return path;
}

function settled(node) {
  let children = [...node.children.values()];
  const [only] = children;
  if (children.length === 1 && only.row < 0 && [...only.children.values()].some((child) => child.row < 0)) {
    const name = node.parent === null ? `${node.name}/${only.name}` : node.name;
    return settled({ ...only, parent: node.parent, name });
  }
  children = children.map((child) => (child.row < 0 ? settled({ ...child, parent: null }) : child));
  children.sort((a, b) => b.bytes - a.bytes);
  const whole = { ...node, children };
  for (const child of children) child.parent = whole;
  return whole;
}
