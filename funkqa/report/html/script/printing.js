// On paper: light colours, and as many rows as are worth paper.
const MOST_PRINTED = 200;

function preparePrinting(scrollers) {
  let theme = "";
  const most = () => Math.max(...scrollers.map((each) => each.count));
  const note = make("p", { class: "muted small", hidden: "" }, `Tables show their first ${MOST_PRINTED} rows here.`);
  one("#functions h2").after(note);
  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    dispatchEvent(new Event("themechange"));
    note.hidden = most() <= MOST_PRINTED;
    for (const scroller of scrollers) scroller.unroll(MOST_PRINTED);
  });
  addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event("themechange"));
    note.hidden = true;
    for (const scroller of scrollers) scroller.unroll(0);
  });
}
