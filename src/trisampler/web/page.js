// A document that is pointed at is marked in both lists.
"use strict";
const rows = Array.from(document.querySelectorAll("li[data-doc]"));
for (const row of rows) {
  const mark = (on) => {
    for (const other of rows) {
      other.classList.toggle("pointed", on && other.dataset.doc === row.dataset.doc);
    }
  };
  row.addEventListener("mouseenter", () => mark(true));
  row.addEventListener("mouseleave", () => mark(false));
}
