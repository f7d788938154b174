// The search of the first page: filters what is already there, so that it works from a file and nothing is lost without it.
"use strict";
(function () {
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  const form = document.getElementById("recherche");
  const field = document.getElementById("mots");
  const count = document.getElementById("compte");
  const rows = [...document.querySelectorAll("[data-mots]")].map((row) => [row, " " + row.dataset.mots]);
  const themes = [...document.querySelectorAll(".theme")];
  let waiting = 0;

  function search() {
    const wanted = plain(field.value).split(" ").filter(Boolean);
    let found = 0;
    for (const [row, words] of rows) {
      // Each word asked for must start a word of the indicator.
      row.hidden = !wanted.every((word) => words.includes(" " + word));
      found += row.hidden ? 0 : 1;
    }
    for (const theme of themes) theme.hidden = !theme.querySelector("[data-mots]:not([hidden])");
    count.textContent = !wanted.length ? "" : found === 0 ? "Aucun indicateur : essayer un mot plus court." :
      found === 1 ? "1 indicateur" : found + " indicateurs";
    history.replaceState(null, "", wanted.length ? "#" + encodeURIComponent(field.value) : location.pathname + location.search);
  }

  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
    const first = rows.find(([row]) => !row.hidden);
    if (first && field.value) first[0].querySelector("a").focus();
  });
  form.hidden = false;
  if (location.hash.length > 1) { field.value = decodeURIComponent(location.hash.slice(1)); search(); }
})();
