// What only a script can try: that it runs, whether the machine's clock is right, and whether a frame is round the page.
const page = document.querySelector("[data-now]");
const line = document.getElementById("linje");

const show = (id, mark, note = mark) => {
  for (const answer of document.querySelectorAll(`[data-row=${id}]`)) answer.hidden = answer.dataset.mark !== mark;
  line.value = line.value.replace(new RegExp(`${id}=\\S+`), `${id}=${note}`);
};

show("script", "ok");
const ahead = Math.round(Date.now() / 1000 - Number(page.dataset.now));
show("clock", Math.abs(ahead) > 60 ? "bad" : "ok", `${ahead}s`);
const framed = window.top !== window;
show("window", framed ? "bad" : "ok", framed ? "framed" : "top");
