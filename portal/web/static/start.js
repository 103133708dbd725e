// The journal may hand over in the fragment, which no server and no log sees; send it on.
"use strict";
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const sendOn = async () => {
  if (!given.get("code")) return false;
  // Not a form: `form-action` would follow it through the login at HelseID and stop it there.
  const answer = await fetch("/start", { method: "POST", body: given, redirect: "manual" });
  return answer.ok || answer.type === "opaqueredirect";
};
sendOn()
  .catch(() => false)
  .then((sent) => {
    if (sent) location.replace("/start/videre");
    else document.getElementById("mangler").hidden = false;
  });
