// Filters the list while you type; without script the whole list stands.
"use strict";
const plain = (text) => text.toLocaleLowerCase("nb").normalize("NFC").trim();
const box = document.querySelector(".find");
if (box) {
  const field = box.querySelector("input");
  const said = box.querySelector("[role=status]");
  const cards = [...document.querySelectorAll("[data-search]")].map((card) => ({
    item: card.closest("li"),
    words: plain(`${card.textContent} ${card.dataset.search}`),
  }));
  const filter = () => {
    const wanted = plain(field.value).split(/\s+/);
    for (const { item, words } of cards) item.hidden = !wanted.every((word) => words.includes(word));
    for (const group of document.querySelectorAll(".group")) group.hidden = !group.querySelector("li:not([hidden]) > article");
    for (const fold of document.querySelectorAll("main details")) fold.open = Boolean(field.value.trim());
    const hits = cards.filter(({ item }) => !item.hidden).length;
    said.textContent = !field.value.trim() ? "" : hits ? `${said.dataset.some} ${hits}` : said.dataset.none;
  };
  field.addEventListener("input", filter);
  box.querySelector("[type=reset]").addEventListener("click", () => {
    field.value = "";
    filter();
    field.focus();
  });
  box.hidden = false;
}
