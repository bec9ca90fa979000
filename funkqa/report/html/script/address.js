// What the page shows stands in its address, so that a link leads to it: #q=sort&state=missing&function=BZ2_compress
const address = {
  read: () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : ""),
  // True for #images and the like, which the browser follows by itself.
  isAnchor: () => location.hash.length > 1 && !location.hash.includes("="),
  write(values) {
    const text = new URLSearchParams(values.filter(([, value]) => value !== "")).toString();
    if (!text && !location.hash.includes("=")) return;
    history.replaceState(null, "", text ? `#${text}` : "#functions");
  },
};

const linkageOf = (model, row) => (model.linkage[row] || model.name[row]).split("\n", 1)[0];

// A function by its image and linkage name; "at" counts those that agree in both, from 1.
function linkTo(model, row) {
  const image = model.images[model.imageOf[row]];
  const name = linkageOf(model, row);
  let at = 1;
  for (let other = image.first; other < row; other++) if (linkageOf(model, other) === name) at++;
  return [["image", image.key], ["function", name], ["at", at > 1 ? String(at) : ""]];
}

// The row that a link means, or -1. Without an image it is the first of that name; a demangled name will do.
function linkedRow(model, link) {
  const name = link.get("function");
  if (name === null) return -1;
  let left = Number(link.get("at") ?? 1);
  const image = link.get("image");
  let demangled = -1;
  for (let row = 0; row < model.count; row++) {
    if (image !== null && model.images[model.imageOf[row]].key !== image) continue;
    if (model.linkage[row] ? model.linkage[row].split("\n").includes(name) : model.name[row] === name) {
      if (--left === 0) return row;
    } else if (demangled < 0 && (model.name[row] === name || model.name[row].startsWith(`${name}(`))) demangled = row;
  }
  return demangled;
}
