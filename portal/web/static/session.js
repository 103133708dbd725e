// Warns two minutes before the session ends, and lets it go on by one key; other tabs may have used it meanwhile.
"use strict";
const dialog = document.getElementById("okt");
const WARNING = 120;
const CLOCK = new Intl.DateTimeFormat("nb", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Oslo" });
let timer = 0;

const plan = ({ idle, ends }) => {
  clearTimeout(timer);
  const left = Math.min(idle, ends);
  if (left <= 0) return location.replace("/logout?utlopt");
  if (left > WARNING) {
    if (dialog.open) dialog.close();
    timer = setTimeout(look, (left - WARNING) * 1000);
    return undefined;
  }
  for (const part of dialog.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== (ends <= idle ? "ends" : "idle");
  const end = CLOCK.format(Date.now() + left * 1000);
  for (const at of dialog.querySelectorAll("[data-at]")) at.textContent = end;
  if (!dialog.open) dialog.showModal();
  timer = setTimeout(look, Math.min(left, 10) * 1000);
  return undefined;
};
const ask = async (method) => {
  const answer = await fetch("/mine/okt", { method, headers: { Accept: "application/json" }, redirect: "manual" });
  // Another answer than the times, or a way to the login: the session is over.
  if (answer.ok) plan(await answer.json());
  else plan({ idle: 0, ends: 0 });
};
// No network, or a server that starts anew: look again soon.
const retry = () => { timer = setTimeout(look, 10000); };
const look = () => ask("GET").catch(retry);

plan({ idle: Number(dialog.dataset.idle), ends: Number(dialog.dataset.ends) });
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("POST").catch(retry);
});
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (!dialog.querySelector("form").hidden) ask("POST").catch(retry);
});
// A laptop that slept has not counted the minutes.
document.addEventListener("visibilitychange", () => document.hidden || look());
