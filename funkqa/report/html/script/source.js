// Source text, with the bodies of functions marked by what became of them.
const BEST = ["covered", "incidental", "missing", "skipped", "excluded", "glue", "inlined"];

class SourceText {
  constructor(model, { onchoose }) {
    this.model = model;
    this.onchoose = onchoose;
    this.box = one(".grid.listing");
    this.file = -1;
    this.aimed = 0;
    this.lines = [];
    this.marks = [];
    this.scroller = new Scroller(this.box, { draw: (index) => this.draw(index) });
    this.select = one("#of-file");
    const names = model.files.slice(1, model.sources + 1);
    this.select.append(...names.map((name, value) => make("option", { value }, tail(name))));
    this.select.addEventListener("change", () => this.open(Number(this.select.value), 1));
    one("#source .legend").append(...["covered", "incidental", "missing", "skipped"].map((state) =>
      make("li", {}, make("span", { class: `state ${state}` }, `${SIGNS[state]} ${state}`))));
    // Unpacking waits until somebody comes near.
    new IntersectionObserver((seen, watch) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      watch.disconnect();
      if (this.file < 0) this.open(0, 1);
    }, { rootMargin: "400px" }).observe(this.box);
  }

  texts() {
    return (this.unpacking ??= unpacked("sources"));
  }

  async open(file, line) {
    this.file = file;
    const { files } = await this.texts();
    if (this.file !== file) return;
    this.select.value = String(file);
    this.lines = files[file].text.split("\n");
    this.marks = [];
    for (const [first, last, rows] of files[file].bodies) {
      const state = BEST.find((each) => rows.some((row) => stateOf(this.model, row) === each));
      for (let at = first; at <= last; at++) this.marks[at] = { state, row: -1 };
      this.marks[first].row = rows.find((row) => stateOf(this.model, row) === state);
    }
    this.aimed = line;
    this.box.scrollLeft = 0;
    this.scroller.show(this.lines.length);
    this.scroller.reveal(Math.max(0, line - 1));
  }

  draw(index) {
    const mark = this.marks[index + 1];
    const sign = make("span", { class: "sign" });
    if (mark?.row >= 0) {
      const label = `${mark.state}: ${shortened(this.model.name[mark.row])}`;
      const open = { type: "button", title: label, "aria-label": label, onclick: () => this.onchoose(mark.row) };
      sign.append(make("button", open, SIGNS[mark.state]));
    }
    const aimed = index + 1 === this.aimed && this.aimed > 1 ? "aimed" : "";
    return make("div", { class: `code ${mark?.state ?? ""} ${aimed}` },
      make("span", { class: "at" }, String(index + 1)), sign, make("code", {}, this.lines[index]));
  }
}
