// The journal may hand over in the fragment, which no server and no log sees; send it on.
"use strict";
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const sendOn = async () => {
  if (!given.get("code")) return null;
  // Not a form: `form-action` would follow it through the login at HelseID and stop it there.
  const answer = await fetch("/start", { method: "POST", body: given, headers: { Accept: "application/json" } });
  return answer.ok ? (await answer.json()).next : null;
};
sendOn()
  .catch(() => null)
  .then((next) => {
    if (next) location.replace(next);
    else document.getElementById("mangler").hidden = false;
  });
