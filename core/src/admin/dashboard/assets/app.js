// What the pages do beyond links and forms: decisions appear as they are taken.
"use strict";

const ROWS = 200; // A table does not grow without end.
const QUIET = 4000; // Who listens to the page is told at most this often. Milliseconds.

function watch(table) {
  const body = table.tBodies[0];
  const said = document.getElementById("live-state");
  const button = document.getElementById("live-pause");
  let fresh = 0, held = [], timer = null, paused = false, trouble = false;

  const tell = () => {
    timer = null;
    said.textContent = fresh === 1 ? "1 new decision" : `${fresh} new decisions`;
    fresh = 0;
  };
  const add = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html; // Made and escaped by the relay.
    const row = template.content.firstElementChild;
    row.classList.add("fresh");
    document.getElementById("nothing")?.remove();
    body.prepend(row);
    while (body.rows.length > ROWS) body.lastElementChild.remove();
    fresh += 1;
    timer ??= setTimeout(tell, trouble ? 0 : QUIET);
  };
  const hold = (html) => {
    held.push(html);
    if (held.length > ROWS) held.shift();
    said.textContent = `Paused: ${held.length} waiting`;
  };

  const source = new EventSource(table.dataset.live);
  source.addEventListener("open", () => { trouble = false; said.textContent = "Live"; table.dataset.state = "live"; });
  source.addEventListener("error", () => { trouble = true; said.textContent = "The relay does not answer: trying again"; });
  source.addEventListener("decision", (event) => (paused ? hold : add)(event.data));
  source.addEventListener("missed", (event) => { said.textContent = `${event.data} decisions came too fast to be shown`; });

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    button.setAttribute("aria-pressed", String(paused));
    said.textContent = paused ? "Paused" : "Live";
    if (!paused) held.splice(0).forEach(add);
  });
}

const table = document.querySelector("table[data-live]");
if (table && window.EventSource) watch(table);
