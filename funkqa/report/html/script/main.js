// Puts the parts together once the page stands.
function start(model) {
  let texts = null;
  const orderOf = orders(model);
  const table = new FunctionTable(model, { onsort: (column) => filters.sortBy(column), onchoose: choose });
  const filters = new Filters(model, { onchange: () => { find(); remember(); } });
  const source = model.sources ? new SourceText(model, { onchoose: visit }) : null;
  const found = one(".found");

  function find() {
    performance.mark("search");
    if (filters.wanted.q) texts ??= searchable(model);
    const rows = matching(model, texts, filters.wanted, orderOf(filters.wanted));
    table.show(rows, filters.wanted);
    const every = plural(model.count, "function");
    found.textContent = rows.length === model.count ? every : `${grouped(rows.length)} of ${every}`;
    performance.measure("funkqa-search", "search");
  }

  function remember() {
    const link = table.chosen >= 0 ? linkTo(model, table.chosen) : [];
    address.write([...filters.toAddress(), ...link]);
  }

  function choose(row) {
    showDetail(model, row, {
      onstep: (step) => filters.change({ step, marks: [] }),
      onsource: showSource,
      onclose: () => { table.chosen = -1; hideDetail(); remember(); table.box.focus(); },
    });
    remember();
  }

  // From elsewhere on the page: filters that hide the function give way.
  function visit(row) {
    table.chosen = row;
    if (!table.aim(row)) {
      filters.change(NEUTRAL);
      table.aim(row);
    }
    look();
  }

  // From an address: it says what is searched, and a function that this hides was chosen all the same.
  function restore(row) {
    table.chosen = row;
    if (!table.aim(row)) choose(row);
    look();
  }

  function look() {
    one("#functions").scrollIntoView();
    table.box.focus({ preventScroll: true });
  }

  function showSource(row) {
    // Where the window is narrow the panel lies over the source.
    if (getComputedStyle(one(".detail")).position === "fixed") hideDetail();
    source.open(model.file[row] - 1, model.line[row]);
    one("#source").scrollIntoView();
  }

  function follow() {
    const link = address.read();
    filters.fromAddress(link);
    table.chosen = -1;
    hideDetail();
    find();
    const row = linkedRow(model, link);
    if (row >= 0) restore(row);
    // The section of an anchor may have been hidden when the browser looked for it.
    else if (address.isAnchor()) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    else if ([...link.keys()].length) one("#functions").scrollIntoView();
  }

  function filterBy(values) {
    filters.change({ ...NEUTRAL, ...values });
    one("#functions").scrollIntoView();
  }

  linkNumbers(model, filterBy, visit);
  const pictures = () => {
    new SourceMap(sourceTree(model), model, { onchoose: visit });
    new Strips(model);
    whenIdle(() => (texts ??= searchable(model)));
  };
  // Pictures have their height only once they are there: a link that aims below them waits for them.
  if (location.hash.length > 1) pictures();
  else whenIdle(pictures);
  follow();
  addEventListener("hashchange", () => address.isAnchor() || follow());
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      one("#search").focus();
    }
    if (event.key === "Escape" && !one(".detail").hidden) one(".detail header button").click();
  });
  const log = showExecutions(model);
  preparePrinting([table.scroller, ...(log ? [log] : [])]);
}

// Numbers and names of the printed tables become links into the table of functions.
function linkNumbers(model, filterBy, visit) {
  const link = (cell, values, follow) => {
    const click = (event) => { event.preventDefault(); follow(); };
    cell.replaceChildren(make("a", { href: `#${new URLSearchParams(values)}`, onclick: click }, cell.textContent));
  };
  for (const cell of all("[data-step]")) {
    const step = Number(cell.dataset.step);
    const marks = "only" in cell.dataset ? ["only"] : [];
    if (cell.textContent.trim() === "0") continue;
    link(cell, [["step", step + 1], ...marks.map((mark) => ["state", mark])], () => filterBy({ step, marks }));
  }
  for (const cell of all("[data-image]")) {
    const image = model.images.findIndex((each) => each.key === cell.dataset.image);
    if (image >= 0) link(cell, [["in", cell.dataset.image]], () => filterBy({ image }));
  }
  for (const cell of all("[data-row]")) {
    const row = Number(cell.dataset.row);
    link(cell, linkTo(model, row).filter(([, value]) => value), () => visit(row));
  }
  for (const cell of all("[data-updated]")) {
    const marks = Object.keys(UPDATED).filter((mark) => model.update[mark].length);
    link(cell, [["state", marks.join(",")]], () => filterBy({ marks }));
  }
  for (const cell of all("[data-function]")) {
    const values = [["function", cell.dataset.function]];
    const row = linkedRow(model, new URLSearchParams(values));
    if (row >= 0) link(cell, values, () => visit(row));
  }
}

(async () => {
  try {
    performance.mark("unpack");
    const model = modelled(await unpacked("payload"));
    for (const part of all("[data-scripted]")) part.hidden = false;
    performance.measure("funkqa-unpack", "unpack");
    performance.mark("start");
    start(model);
    performance.measure("funkqa-start", "start");
    document.documentElement.dataset.ready = "";
  } catch (error) {
    const box = one("#trouble");
    box.hidden = false;
    box.textContent = `The table can't be shown: ${error.message}. `
      + "It needs Chromium 105, Firefox 113 or Safari 16.4, or a later one.";
    throw error;
  }
})();
