// A strip per step: all functions that count, in the order of their images, and which of them the step entered.
class Strips {
  constructor(model) {
    this.model = model;
    this.canvases = all("canvas[data-strip]");
    this.rows = [];
    for (let row = 0; row < model.count; row++) if (COUNTED.includes(stateOf(model, row))) this.rows.push(row);
    // Strips out of sight wait until they are seen: a recipe may have hundreds of steps.
    this.watch = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) this.draw(target);
    }, { rootMargin: "300px" });
    for (const canvas of this.canvases) this.watch.observe(canvas);
    addEventListener("themechange", () => this.again());
    addEventListener("resize", () => this.again());
    addEventListener("beforeprint", () => this.canvases.forEach((canvas) => this.draw(canvas)));
  }

  again() {
    for (const canvas of this.canvases) {
      this.watch.unobserve(canvas);
      this.watch.observe(canvas);
    }
  }

  draw(canvas) {
    if (!canvas.clientWidth || !this.rows.length) return;
    const step = Number(canvas.dataset.strip);
    const { context, width, height } = brush(canvas);
    const colour = palette();
    const { model, rows } = this;
    const entered = model.sets.map((set) => set.includes(step));
    const alone = model.onlyStep.map((only) => only === step);
    context.fillStyle = colour("raised");
    context.fillRect(0, 0, width, height);
    // Where several functions share a column, its colour is as dense as they were entered, and as far dark as alone.
    const columns = Math.min(Math.floor(width), rows.length);
    const wide = width / columns;
    for (let column = 0; column < columns; column++) {
      const first = Math.floor((column * rows.length) / columns);
      const last = Math.max(first + 1, Math.floor(((column + 1) * rows.length) / columns));
      let hits = 0;
      let own = 0;
      for (let index = first; index < last; index++) {
        const set = model.setIndex[rows[index]];
        hits += entered[set];
        own += alone[set];
      }
      if (!hits) continue;
      const thick = Math.max(1, wide - (wide > 3 ? 0.75 : 0));
      context.globalAlpha = 0.4 + (0.6 * hits) / (last - first);
      context.fillStyle = colour(model.execute[step] ? "covered" : "incidental");
      context.fillRect(column * wide, 0, thick, height);
      context.globalAlpha = 1;
      context.fillStyle = colour("only");
      context.fillRect(column * wide, height * (1 - own / hits), thick, (height * own) / hits);
    }
  }
}
