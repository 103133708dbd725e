// Follows the patient of this page: dims it when the journal has turned to another one, empties it when it was closed.
const banner = document.querySelector(".patient");
const main = document.querySelector("main");
// Every page of a patient lies below the patient's own address.
const state = location.pathname.replace(/^(\/k\/[^/]+\/).*/, "$1state");
let asking = false;

const close = () => {
  clearInterval(every);
  main.replaceChildren(banner.querySelector("template").content);
  banner.remove();
  main.focus();
};
const show = ({ newer, live, until }) => {
  if (!live) return close();
  banner.dataset.newer = newer;
  banner.dataset.color = newer ? "danger" : "warning";
  banner.querySelector("[role=alert]").hidden = !newer;
  banner.querySelector("[data-until]").textContent = until;
  return undefined;
};
const look = async () => {
  if (document.hidden || asking || !banner.isConnected) return;
  asking = true;
  try {
    const answer = await fetch(state, { redirect: "manual", signal: AbortSignal.timeout(5000) });
    if (answer.ok) show(await answer.json());
    else if (answer.status === 404) close();
    // A way to the login: the session is over.
    else if (answer.type === "opaqueredirect" || answer.status === 401) location.replace("/logout?utlopt");
  } catch {
    // No network, or a server that starts anew: the next look tells.
  } finally {
    asking = false;
  }
};

const every = setInterval(look, 2000);
for (const [where, what] of [[window, "focus"], [window, "pageshow"], [document, "visibilitychange"]]) {
  where.addEventListener(what, look);
}
