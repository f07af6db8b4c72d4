"use strict";
// Sorting and filtering of the tables marked data-tool. Without it every row stands there, in the order in which it was written.
(() => {
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const plain = (cell) => [...cell.childNodes].filter((node) => node.nodeName !== "SMALL").map((node) => node.textContent).join("").trim();
  const key = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.sort ?? plain(cell);
  };
  const compare = (a, b) => {
    const left = Number(a), right = Number(b);
    if (a !== "" && b !== "" && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
    return a.localeCompare(b, "en", { numeric: true });
  };
  const equip = (table) => {
    const body = table.tBodies[0], head = table.tHead.rows[0], rows = [...body.rows], brief = Number(table.dataset.brief ?? 0);
    const choices = [];
    let words = "", all = brief === 0;
    const status = make("span", { role: "status" });
    const more = make("button", { type: "button" });
    const show = () => {
      const asked = words !== "" || choices.some((choice) => choice.box.value !== "");
      let matching = 0;
      for (const row of body.rows) {
        const fits = row.textContent.toLowerCase().includes(words)
          && choices.every(({ box, place }) => box.value === "" || plain(row.cells[place]) === box.value);
        matching += fits ? 1 : 0;
        row.hidden = !fits || (!all && !asked && matching > brief);
      }
      const visible = rows.filter((row) => !row.hidden).length;
      status.textContent = visible === rows.length ? `${rows.length} rows` : `${visible} of ${rows.length} rows`;
      more.hidden = brief === 0 || asked;
      more.textContent = all ? `Show the first ${brief}` : "Show all";
    };
    const sort = (place, heading) => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of head.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const sign = ascending ? 1 : -1;
      const ordered = rows.map((row, at) => ({ row, at, by: key(row, place) })).sort((a, b) => {
        const lacking = (a.by === "") - (b.by === "");
        return lacking || sign * compare(a.by, b.by) || a.at - b.at;
      });
      body.append(...ordered.map(({ row }) => row));
      show();
    };
    [...head.cells].forEach((heading, place) => {
      const name = heading.textContent;
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => sort(place, heading));
      heading.replaceChildren(button);
      heading.setAttribute("aria-sort", "none");
      if (!("choice" in heading.dataset)) return;
      const values = [...new Set(rows.map((row) => plain(row.cells[place])))].sort(compare);
      const box = make("select", {}, new Option("all", ""), ...values.map((value) => new Option(value)));
      box.addEventListener("change", show);
      choices.push({ box, place, name });
    });
    const search = make("input", { type: "search", autocomplete: "off" });
    search.addEventListener("input", () => { words = search.value.trim().toLowerCase(); show(); });
    more.addEventListener("click", () => { all = !all; show(); });
    const tools = make("div", { className: "tools" }, make("label", {}, "Filter ", search),
      ...choices.map(({ box, name }) => make("label", {}, `${name} `, box)), more, status);
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", `Filter of: ${table.caption.firstChild.textContent.trim()}`);
    table.parentElement.before(tools);
    show();
  };
  for (const table of document.querySelectorAll("table[data-tool]")) if (table.tBodies[0].rows.length > 1) equip(table);
})();
