// Searches while you type; without script the form does the same. What is typed never comes into the address.
"use strict";
const form = document.querySelector(".find");
const list = document.getElementById("treff");
const said = document.getElementById("status");
let asking = new AbortController();
let waiting = 0;

const show = async () => {
  clearTimeout(waiting);
  asking.abort();
  asking = new AbortController();
  if ((form.elements.q.value.match(/\d/g) ?? []).length >= 11) {
    said.textContent = form.dataset.person;
    return;
  }
  const answer = await fetch(`${form.action}?${new URLSearchParams(new FormData(form))}`, { signal: asking.signal });
  if (!answer.ok) throw new Error();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  list.replaceChildren(...page.getElementById("treff").childNodes);
  said.textContent = page.getElementById("status").textContent;
};
// Another page than the list has come, or none: the session is over. Let the browser go there.
const carefully = () => show().catch((error) => error.name === "AbortError" || form.submit());

if (form && list) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(carefully, 120);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await carefully();
    list.querySelector("article .bottom :is(a, button)")?.focus();
  });
}
