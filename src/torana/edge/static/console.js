"use strict";
// The first page of the gateway: health, the models of a key, a chat. The key lives in `state` and nowhere else.

const byId = (id) => document.getElementById(id);
const state = { key: "", model: "", talk: [], running: null };
const HEALTH_EVERY_MS = 15000;

// --- health

async function showHealth() {
  let kind = "bad";
  let text = "Not reachable";
  try {
    const answer = await fetch("/health/ready", { cache: "no-store" });
    const { status } = await answer.json();
    kind = answer.ok ? "good" : "warn";
    text = status === "ok" ? "Ready" : status === "draining" ? "Draining" : "Not ready";
  } catch {
    // no answer: what it says above
  }
  byId("health").className = `health ${kind}`;
  if (byId("health-text").textContent !== text) byId("health-text").textContent = text;
}

// --- the gateway

function refusal(status, body, requestId) {
  const error = body?.error ?? {};
  const code = body?.error_code ?? error.code;
  const parts = [error.message ?? body?.message ?? `The gateway answered ${status}.`];
  if (code) parts.push(`(${code})`);
  if (requestId) parts.push(`Request ${requestId}.`);
  return new Error(parts.join(" "));
}

async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${state.key}`, ...options.headers };
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => null);
  throw refusal(answer.status, body, answer.headers.get("x-request-id"));
}

// One event per blank line; lines that start with a colon are comments, ours begin with "torana ".
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ?? "";
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (line.startsWith(": torana ")) yield { facts: JSON.parse(line.slice(9)) };
      else if (line.startsWith("data:")) yield { data: line.slice(5).trim() };
    }
    if (done) return;
  }
}

// --- key and models

byId("key-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  state.key = byId("key").value.trim();
  byId("key-error").hidden = true;
  try {
    const { data } = await (await ask("/v1/models")).json();
    showModels(data);
    if (matchMedia("(min-width: 960px)").matches) byId("prompt").focus(); // on a phone it would open the keyboard
  } catch (error) {
    state.key = "";
    showModels([]);
    byId("models-empty").textContent = "Enter a key to see what it may use.";
    byId("key-error").textContent = error.message;
    byId("key-error").hidden = false;
    byId("key").focus();
  }
});

function facts(model) {
  const known = [];
  if (model.owned_by) known.push(model.owned_by);
  const context = model.context_tokens ?? model.context_length ?? model.context_window;
  if (context) known.push(`${Number(context).toLocaleString()} tokens`);
  if (Array.isArray(model.capabilities)) known.push(...model.capabilities);
  return known.join(" · ");
}

function showModels(models) {
  const chat = models.filter((model) => !/embed/i.test(model.id));
  byId("models").replaceChildren(...models.map((model) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.model = model.id;
    for (const [kind, text] of [["name", model.id], ["facts", facts(model)]]) {
      if (!text) continue;
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      button.append(part);
    }
    button.addEventListener("click", () => choose(model.id));
    item.append(button);
    return item;
  }));
  byId("model").replaceChildren(...(chat.length ? chat : models).map((model) => new Option(model.id, model.id)));
  byId("models-empty").hidden = models.length > 0;
  byId("models-empty").textContent = "This key may use no model. Ask whoever gave it to you.";
  byId("model-count").hidden = models.length === 0;
  byId("model-count").textContent = String(models.length);
  const usable = models.length > 0;
  for (const id of ["model", "prompt", "send"]) byId(id).disabled = !usable;
  if (usable) choose((chat[0] ?? models[0]).id);
  else {
    state.model = "";
    byId("model").replaceChildren(new Option("no model"));
  }
}

function choose(id) {
  state.model = id;
  if (![...byId("model").options].some((option) => option.value === id)) byId("model").append(new Option(id, id));
  byId("model").value = id;
  for (const button of byId("models").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.model === id));
  }
  showCurl();
}

byId("model").addEventListener("change", () => choose(byId("model").value));

// --- first call

function showCurl() {
  const body = JSON.stringify({ model: state.model || "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] });
  byId("curl").textContent =
    `curl ${location.origin}/v1/chat/completions \\\n  -H "Authorization: Bearer $TORANA_KEY" \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
}

byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(byId("curl").textContent);
    byId("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId("curl"));
    byId("copy").textContent = "Selected: copy it with your keyboard";
  }
  setTimeout(() => { byId("copy").textContent = "Copy"; }, 2000);
});

// --- chat

function say(role, text) {
  byId("talk-empty").hidden = true;
  const turn = document.createElement("div");
  turn.className = `turn ${role}`;
  turn.textContent = text;
  byId("talk").append(turn);
  stayBelow(true);
  return turn;
}

function note(text) {
  const line = document.createElement("p");
  line.className = "facts-line";
  line.textContent = text;
  byId("talk").append(line);
  stayBelow(true);
}

function stayBelow(always) {
  const talk = byId("talk");
  if (always || talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80) talk.scrollTop = talk.scrollHeight;
}

function running(is) {
  byId("send").hidden = is;
  byId("stop").hidden = !is;
  byId("clear").disabled = is || state.talk.length === 0;
}

function summary(answer, ending, ms) {
  const known = [answer.headers.get("x-torana-provider")];
  if (ending.input_tokens !== undefined) known.push(`${ending.input_tokens} in, ${ending.output_tokens} out`);
  if (ending.cost) known.push(`${ending.cost} ${ending.currency}`);
  known.push(`${(ms / 1000).toFixed(2)} s`);
  const overhead = answer.headers.get("x-torana-overhead-ms");
  if (overhead) known.push(`gateway ${overhead} ms`);
  return known.filter(Boolean).join(" · ");
}

async function converse(turn) {
  const began = performance.now();
  let ending = {};
  const body = JSON.stringify({
    model: state.model, messages: state.talk, stream: true, stream_options: { include_usage: true },
  });
  const headers = { "content-type": "application/json" };
  const answer = await ask("/v1/chat/completions", { method: "POST", headers, body, signal: state.running.signal });
  for await (const event of events(answer.body)) {
    if (event.facts) ending = event.facts;
    if (!event.data || event.data === "[DONE]") continue;
    const chunk = JSON.parse(event.data);
    if (chunk.error) throw refusal(answer.status, chunk, answer.headers.get("x-request-id"));
    turn.textContent += chunk.choices?.[0]?.delta?.content ?? "";
    stayBelow(false);
  }
  return summary(answer, ending, performance.now() - began);
}

byId("chat-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = byId("prompt").value.trim();
  if (!text || !state.model || state.running) return;
  byId("prompt").value = "";
  say("user", text);
  state.talk.push({ role: "user", content: text });
  const turn = say("assistant running", "");
  state.running = new AbortController();
  running(true);
  try {
    note(await converse(turn));
  } catch (error) {
    if (error.name === "AbortError") note("Stopped.");
    else {
      turn.classList.add("failed");
      turn.textContent += (turn.textContent ? "\n\n" : "") + error.message;
    }
  } finally {
    turn.classList.remove("running");
    if (turn.classList.contains("failed") || !turn.textContent) state.talk.pop();
    else state.talk.push({ role: "assistant", content: turn.textContent });
    if (!turn.textContent) turn.remove();
    state.running = null;
    running(false);
    byId("prompt").focus();
  }
});

byId("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("chat-form").requestSubmit();
});

byId("stop").addEventListener("click", () => state.running?.abort());

byId("clear").addEventListener("click", () => {
  state.talk = [];
  byId("talk").replaceChildren(byId("talk-empty"));
  byId("talk-empty").hidden = false;
  byId("clear").disabled = true;
  byId("prompt").focus();
});

showCurl();
showHealth();
setInterval(showHealth, HEALTH_EVERY_MS);
