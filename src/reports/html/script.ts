/**
 * The one script of the report: searches, filters, sorts and pages the rows that the page carries. It runs in the browser of whoever opens
 * the file, without a network; whatever it shows it shows as text.
 *
 * Rows come in blocks: the block's texts once each, and for each row the places of its cells among them.
 */
export const SCRIPT = `"use strict";
(() => {
  const PAGE = 200;
  const at = (id) => document.getElementById(id);
  const about = JSON.parse(at("about").textContent);
  const rows = [];
  const blocks = [];
  for (const element of document.querySelectorAll("script.rows")) {
    const { texts, rows: cells } = JSON.parse(element.textContent);
    element.remove();
    const block = { texts, lower: texts.map((text) => text.toLowerCase()) };
    blocks.push(block);
    for (const places of cells) rows.push({ block, places, order: rows.length });
  }
  let found = rows;
  let page = 0;
  let sorted = { column: -1, down: false };
  const number = (value) => value.toLocaleString("en-US");
  const text = (row, column) => row.block.texts[row.places[column]];

  const search = () => {
    const words = at("search").value.toLowerCase().split(/\\s+/).filter((word) => word !== "");
    const severity = at("severity") === null ? "" : at("severity").value;
    const hits = new Map(blocks.map((block) => [block, words.map((word) => block.lower.map((text) => text.includes(word)))]));
    found = rows.filter((row) =>
      (severity === "" || text(row, about.severity) === (severity === "none" ? "" : severity)) &&
      hits.get(row.block).every((hit) => row.places.some((place) => hit[place])));
    page = 0;
    sort();
  };

  const sort = () => {
    const { column, down } = sorted;
    const turn = down ? -1 : 1;
    const numeric = column >= 0 && about.columns[column].numeric;
    const grade = column >= 0 && column === about.severity;
    const key = (row) => {
      if (numeric) return text(row, column) === "" ? -Infinity : Number(text(row, column));
      if (grade) return (about.grades.indexOf(text(row, column)) + about.grades.length) % (about.grades.length + 1);
      return row.block.lower[row.places[column]];
    };
    if (column < 0) found.sort((one, other) => one.order - other.order);
    else {
      const keys = new Map(found.map((row) => [row, key(row)]));
      found.sort((one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        return a < b ? -turn : a > b ? turn : one.order - other.order;
      });
    }
    show();
  };

  const show = () => {
    const from = page * PAGE;
    const part = found.slice(from, from + PAGE);
    at("rows").replaceChildren(...part.map((row) => {
      const line = document.createElement("tr");
      for (let column = 0; column < about.columns.length; column += 1) {
        const cell = document.createElement("td");
        cell.dir = "auto";
        cell.textContent = text(row, column);
        cell.dataset.column = about.columns[column].name;
        if (column === about.severity) cell.dataset.grade = cell.textContent;
        if (cell.textContent.length > 30) cell.title = cell.textContent;
        line.append(cell);
      }
      return line;
    }));
    const shown = part.length === 0 ? "no rows" : "rows " + number(from + 1) + " to " + number(from + part.length);
    const all = about.rows > rows.length
      ? number(rows.length) + " rows in this page, the most severe first, of " + number(about.rows) + " in the run"
      : number(rows.length) + " rows";
    at("status").textContent = "Showing " + shown + " of " + number(found.length) + " found, of " + all;
    at("before").disabled = page === 0;
    at("after").disabled = from + PAGE >= found.length;
  };

  const header = about.columns.map(({ name }, column) => {
    const cell = document.createElement("th");
    const button = document.createElement("button");
    cell.scope = "col";
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      sorted = sorted.column !== column ? { column, down: false } : sorted.down ? { column: -1, down: false } : { column, down: true };
      for (const other of header) other.removeAttribute("aria-sort");
      if (sorted.column === column) cell.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      page = 0;
      sort();
    });
    cell.append(button);
    return cell;
  });
  at("head").replaceChildren(...header);
  at("search").addEventListener("input", search);
  for (const button of document.querySelectorAll("button.rule"))
    button.addEventListener("click", () => {
      at("search").value = button.textContent + ":";
      if (at("severity") !== null) at("severity").value = "";
      search();
      at("search").scrollIntoView();
    });
  if (at("severity") !== null) at("severity").addEventListener("change", search);
  at("before").addEventListener("click", () => { page -= 1; show(); });
  at("after").addEventListener("click", () => { page += 1; show(); });
  search();
})();
`;
