// A list of any length: only the rows in sight are elements. Rows are all as high as --row says, and browsers lay out
// at least 16 million pixels: 280,000 rows of 58 pixels; beyond that rows get their places in proportion.
const TALLEST = 16e6;

class Scroller {
  constructor(box, { draw, label = () => {} }) {
    this.box = box;
    this.draw = draw;
    this.label = label;
    this.window = make("div", { class: "window", role: "presentation" });
    this.spacer = make("div", { class: "spacer", role: "presentation" }, this.window);
    box.append(this.spacer);
    this.count = 0;
    this.whole = false;
    let asked = 0;
    box.addEventListener("scroll", () => {
      asked ||= requestAnimationFrame(() => {
        asked = 0;
        this.refresh();
      });
    }, { passive: true });
    new ResizeObserver(() => this.show(this.count)).observe(box);
  }

  show(count) {
    this.count = count;
    this.row = parseFloat(getComputedStyle(this.box).getPropertyValue("--row")) || 32;
    this.head = this.spacer.offsetTop;
    this.height = Math.min(count * this.row, TALLEST);
    this.spacer.style.height = this.whole ? "auto" : `${this.height}px`;
    this.refresh();
  }

  // How many rows fit in sight below the head of the table.
  get seen() {
    return Math.max(1, Math.floor((this.box.clientHeight - this.head) / this.row));
  }

  get first() {
    const most = this.count - this.seen;
    const path = this.height - this.seen * this.row;
    return most > 0 && path > 0 ? Math.min(most, (this.box.scrollTop / path) * most) : 0;
  }

  refresh() {
    const first = this.whole ? 0 : Math.max(0, Math.floor(this.first) - 8);
    const last = Math.min(this.count, this.whole ? this.whole : first + this.seen + 18);
    const rows = [];
    for (let index = first; index < last; index++) rows.push(this.draw(index));
    const top = this.whole ? 0 : this.box.scrollTop - (this.first - first) * this.row;
    this.window.style.transform = `translateY(${Math.max(0, top)}px)`;
    this.window.replaceChildren(...rows);
    this.label(first, last);
  }

  // Brings a row into sight, in the middle if it wasn't there yet.
  reveal(index) {
    const first = this.first;
    if (index >= Math.ceil(first) && index < Math.floor(first) + this.seen) return this.refresh();
    const path = this.height - this.seen * this.row;
    const most = this.count - this.seen;
    const near = index >= first - 2 && index <= first + this.seen + 1;
    const wanted = near ? (index < first ? index : index - this.seen + 1) : index - this.seen / 2;
    if (most > 0) this.box.scrollTop = (Math.min(most, Math.max(0, wanted)) / most) * path;
    this.refresh();
  }

  // All rows as elements, but no more than so many; 0 goes back to those in sight.
  unroll(most) {
    this.whole = most;
    this.window.style.position = most ? "static" : "";
    this.show(this.count);
  }
}
