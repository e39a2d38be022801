"use strict";
// The pages work without this: it saves reloads and shows what happens as it happens.
const csrf = document.querySelector("meta[name=csrf]")?.content;
const byId = (id) => document.getElementById(id);

function toast(text) {
  byId("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { byId("toast").textContent = ""; }, 6000);
}

async function send(form, submitter, more = {}) {
  const fields = new URLSearchParams(new FormData(form));
  if (submitter?.name) fields.set(submitter.name, submitter.value);
  for (const [key, value] of Object.entries(more)) fields.set(key, value);
  const reply = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json", "X-CSRF-Token": csrf } });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

// A typed turn: its reply grows word by word, until the whole turn takes its place.
async function say(form) {
  const fields = new URLSearchParams(new FormData(form));
  const reply = await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/event-stream", "X-CSRF-Token": csrf } });
  if (!reply.ok) throw new Error((await reply.json()).error);
  form.reset();
  const growing = Object.assign(document.createElement("li"), { className: "growing" });
  growing.setAttribute("aria-busy", "true");
  const said = document.createElement("p");
  growing.append(Object.assign(document.createElement("span"), { textContent: fields.get("text") }), said);
  byId("turns").prepend(growing);
  try {
    for await (const [name, values] of eventsOf(reply.body)) {
      if (name === "piece") said.textContent += values.text;
      if (name === "turn") {
        growing.remove();
        addTurn(values);
      }
    }
  } finally {
    growing.remove();
  }
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/);
      yield [name, JSON.parse(data)];
    }
  }
}

async function act(form, submitter, more) {
  const done = await send(form, submitter, more);
  if (done.ask) {
    if (confirm(done.reply)) await act(form, submitter, { confirmed: "yes" });
    return;
  }
  toast(done.reply);
  if (done.ok) setTimeout(() => location.reload(), 900);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const quiet = form.matches("[data-quiet], [data-act], [data-reload], #say-form");
  if (!quiet) return;
  event.preventDefault();
  try {
    if (form.matches("[data-act]")) await act(form, event.submitter);
    else if (form.id === "say-form") await say(form);
    else {
      const answer = await send(form, event.submitter);
      if (answer.reply) toast(answer.reply);
      if (form.matches("[data-reload]")) setTimeout(() => location.reload(), 900);
    }
  } catch (error) {
    toast(error.message);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]")) send(event.target.form).catch((error) => toast(error.message));
});

function addTurn(turn) {
  const list = byId("turns");
  if (list.querySelector(`a[href="/turns/${turn.id}"]`)) return; // the answer and the live stream both tell of it
  const item = document.createElement("li");
  if (turn.failed) item.className = "failed";
  const link = Object.assign(document.createElement("a"), { href: `/turns/${turn.id}`, textContent: turn.heard || "…" });
  const reply = Object.assign(document.createElement("p"), { textContent: turn.reply });
  const small = Object.assign(document.createElement("small"), { textContent: `${turn.at} · ${turn.source} · ${turn.ms} ms` });
  item.append(link, reply, small);
  list.prepend(item);
  while (list.children.length > 20) list.lastChild.remove();
}

function showTrouble({ subject, text }) {
  const list = byId("troubles");
  for (const item of [...list.children]) if (item.dataset.subject === subject) item.remove();
  if (!text) return;
  const item = Object.assign(document.createElement("li"), { textContent: `${subject}: ${text}` });
  item.dataset.subject = subject;
  list.append(item);
}

function showState({ state }) {
  byId("lamp").dataset.state = state;
  byId("state").textContent = byId("state").getAttribute(`data-${state}`);
  if (state === "idle") byId("partial").textContent = "";
}

if (document.querySelector("[data-live]")) {
  const shows = {
    state: showState,
    partial: ({ text }) => { byId("partial").textContent = text; },
    heard: ({ text }) => { byId("partial").textContent = text; },
    turn: addTurn,
    trouble: showTrouble,
    volume: ({ volume }) => { byId("volume").value = Math.round(volume * 100); },
    muted: ({ on }) => {
      byId("muted").hidden = !on;
      byId("mute").value = on ? "unmute" : "mute";
      byId("mute").textContent = byId("mute").dataset[on ? "unmute" : "mute"];
    },
  };
  const events = new EventSource("/events");
  for (const [name, show] of Object.entries(shows)) events.addEventListener(name, (event) => show(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
}

function showIndex({ name, done, total, problem }) {
  const list = byId("reading");
  let item = [...list.children].find((other) => other.dataset.name === name);
  if (!item) {
    item = document.createElement("li");
    item.dataset.name = name;
    item.append(Object.assign(document.createElement("span"), { className: "name", textContent: name }));
    list.append(item);
  }
  item.querySelector("progress, .problem")?.remove();
  if (problem) item.append(Object.assign(document.createElement("span"), { className: "problem", textContent: problem }));
  else if (done >= total) location.reload();
  else {
    const bar = Object.assign(document.createElement("progress"), { max: total, value: done });
    bar.setAttribute("aria-label", `${list.dataset.reads}: ${name}`);
    item.append(bar);
  }
}

// A document that was read before the stream was open: nobody tells of it any more.
async function missedIndex() {
  const names = (list) => [...list.children].map((item) => item.dataset.name);
  if (!names(byId("reading")).length) return;
  const reply = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  const now = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("reading");
  if (names(byId("reading")).some((name) => !names(now).includes(name))) location.reload();
}

if (byId("reading")) {
  const events = new EventSource("/events");
  events.addEventListener("state", missedIndex);
  events.addEventListener("index", (event) => showIndex(JSON.parse(event.data)));
  addEventListener("pagehide", () => events.close());
}

if (document.querySelector("[data-waits]")) {
  // The assistant may be away for a while: asked again and again until the order is no longer waiting.
  const look = async () => {
    try {
      const reply = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (reply.ok && !(await reply.text()).includes("data-waits")) return location.replace(location.pathname);
    } catch { /* not back yet */ }
    setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
}

if (document.querySelector("[data-meter]")) {
  const events = new EventSource("/events?level=1");
  events.addEventListener("level", (event) => {
    const { level, peak } = JSON.parse(event.data);
    byId("level").value = level;
    byId("level-text").textContent = `${level} dB${peak > -1 ? " ⚠" : ""}`;
  });
  events.addEventListener("woken", (event) => {
    const { word, trigger } = JSON.parse(event.data);
    byId("woken").textContent = `${word ?? trigger}, ${new Date().toLocaleTimeString()}`;
  });
  addEventListener("pagehide", () => events.close());
}
