"use strict";
(() => {
  const sheet = document.getElementById("sheet");
  const rater = document.getElementById("rater");
  const items = [...sheet.querySelectorAll(".item")];
  const columns = sheet.dataset.columns.split(" ");
  const store = "asygrammar-sheet-" + sheet.dataset.sheet;

  function read(item) {
    const row = { picture: item.dataset.picture, comment: item.querySelector("textarea").value };
    for (const chosen of item.querySelectorAll("input:checked")) {
      row[chosen.dataset.question] = chosen.value;
    }
    return row;
  }

  function show(item, row) {
    item.querySelector("textarea").value = row.comment || "";
    for (const input of item.querySelectorAll("input")) {
      input.checked = row[input.dataset.question] === input.value;
    }
  }

  // A browser may keep nothing for pages opened from a file: then the marks live in the page alone.
  function keep() {
    try {
      localStorage.setItem(store, JSON.stringify({ rater: rater.value, rows: items.map(read) }));
    } catch { /* see above */ }
    tell();
  }

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(store));
      if (!kept) return;
      rater.value = kept.rater;
      const rows = new Map(kept.rows.map((row) => [row.picture, row]));
      items.forEach((item) => show(item, rows.get(item.dataset.picture) || {}));
    } catch { /* see above */ }
  }

  function tell() {
    const done = items.filter((item) => {
      const asked = new Set([...item.querySelectorAll("input")].map((it) => it.name));
      return item.querySelectorAll("input:checked").length === asked.size;
    });
    document.getElementById("progress").textContent = `${done.length} of ${items.length} rated`;
  }

  function csv() {
    const quote = (text) => '"' + String(text ?? "").replaceAll('"', '""') + '"';
    const rows = items.map((item) => {
      const row = { sheet: sheet.dataset.sheet, rater: rater.value.trim(), ...read(item) };
      return columns.map((name) => quote(row[name])).join(",");
    });
    // The byte order mark tells spreadsheets that this is UTF-8.
    return "\ufeff" + [columns.join(","), ...rows].join("\r\n") + "\r\n";
  }

  function save() {
    const who = rater.value.trim().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = `ratings-${sheet.dataset.sheet}${who ? "-" + who : ""}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  document.addEventListener("input", keep);
  document.getElementById("save").addEventListener("click", save);
  recall();
  tell();
})();
