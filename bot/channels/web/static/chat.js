// The chat page: what is typed goes to the outbox, from there one by one to the desk; what the desk says goes to the log.

import { Connection } from "./connection.js";
import { Log } from "./log.js";
import { Menu } from "./menu.js";
import { Outbox, frameOf } from "./outbox.js";

const CONFIRMED_WITHIN_MS = 30000;
const OFFLINE_SHOWS_AFTER_MS = 8000;
const TYPING_SHOWS_AFTER_MS = 350;
const TYPING_ENDS_AFTER_MS = 60000;
const MAX_TRIES = 6; // of a message while the desk says "try again"

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { labels } = data;
const input = byId("input");
const outbox = new Outbox();
const tries = new Map(); // client message id -> times the desk said "try again"

const log = new Log({
  element: byId("log"),
  scroller: byId("scroller"),
  jump: byId("jump"),
  welcome: byId("welcome"),
  language: data.language,
  labels,
  onPress: press,
  onRetry: retry,
});
const connection = new Connection({ language: data.language, onFrame: hear, onState: showState });
const menu = new Menu(byId("menu-button"), byId("menu"), (command) => {
  say(`/${command}`);
  input.focus();
});

let underWay = null; // id of the message that waits for its confirmation
let confirmation = 0;
let status = "bot";
let offline = 0;
let typing = 0;
let unread = 0;
let isCaughtUp = false; // what was said before this page was opened is no news

// Sending

function say(text) {
  log.addPending(outbox.add({ text }));
  pump();
}

function press(line, index) {
  if (line.buttons[index].kind === "data") return download();
  const button = { message_id: line.id, index };
  log.markPressed(button);
  log.addPending(outbox.add({ text: line.buttons[index].label, button }));
  pump();
}

// What is stored of this customer, as a file; the page's own secret opens it, in the body, so that no log has it.
async function download() {
  let answer = null;
  try {
    const body = JSON.stringify({ token: connection.token });
    const headers = { "Content-Type": "application/json" };
    answer = await fetch(new URL("data", document.baseURI), { method: "POST", headers, body });
  } catch {
    // the same as an answer that says no
  }
  byId("hint").textContent = answer?.ok ? "" : labels.no_data;
  if (!answer?.ok) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = "my-data.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// One at a time: so they keep their order, whatever happens on the way.
function pump() {
  const entry = outbox.next();
  if (underWay || !entry || !connection.isReady) return;
  underWay = entry.id;
  log.setDelivery(entry.id, "sending");
  connection.send(frameOf(entry));
  confirmation = setTimeout(() => refuse(entry), CONFIRMED_WITHIN_MS);
}

function settle(id) {
  if (underWay !== id) return;
  clearTimeout(confirmation);
  underWay = null;
}

function refuse(entry) {
  entry.isRefused = true;
  settle(entry.id);
  log.setDelivery(entry.id, "failed");
  if (entry.button) log.markPressed(entry.button, false);
  pump();
}

function retry(id) {
  const entry = outbox.find(id);
  if (!entry) return;
  delete entry.isRefused;
  tries.delete(id);
  if (entry.button) log.markPressed(entry.button);
  log.setDelivery(id, "sending");
  connection.connect();
  pump();
}

// Hearing

function hear(frame) {
  if (frame.type === "typing") showTyping(frame.is_typing);
  else if (frame.type === "error") hearError(frame);
  else if (frame.type === "transcript") hearTranscript(frame);
}

function hearTranscript(frame) {
  if (frame.is_restart) log.clear();
  showTyping(false);
  showStatus(frame.status);
  for (const line of frame.messages) {
    const id = line.client_message_id;
    const isNew = log.add(line);
    if (id && outbox.find(id)) {
      outbox.remove(id);
      settle(id);
    }
    if (isNew && line.speaker !== "customer" && isCaughtUp) notice();
  }
  byId("log").setAttribute("aria-busy", "false");
  pump();
}

function hearError({ error, client_message_id: id }) {
  const entry = id && outbox.find(id);
  if (!entry) return;
  settle(id);
  showTyping(false);
  const tried = (tries.get(id) ?? 0) + 1;
  tries.set(id, tried);
  if (!error.retry_after_s || tried >= MAX_TRIES) return refuse(entry);
  underWay = id; // keeps its place in front
  confirmation = setTimeout(() => {
    underWay = null;
    pump();
  }, error.retry_after_s * 1000);
}

// Showing

function showState(isReady) {
  const state = byId("state");
  const text = isReady ? labels.online : labels.connecting;
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle("connecting", !isReady);
  if (isReady) {
    clearTimeout(offline);
    offline = 0;
    isCaughtUp = true;
    for (const { id, isRefused } of outbox.entries) if (!isRefused) log.setDelivery(id, "sending");
    pump();
    return;
  }
  showTyping(false);
  clearTimeout(confirmation);
  underWay = null;
  offline ||= setTimeout(() => outbox.entries.forEach(({ id }) => log.setDelivery(id, "failed")), OFFLINE_SHOWS_AFTER_MS);
}

function isWithPeople() {
  return status === "waiting" || status === "person";
}

function showStatus(current) {
  status = current;
  const isPerson = isWithPeople();
  byId("custody").hidden = !isPerson;
  document.querySelector("[data-command=bot]").hidden = !isPerson;
  document.querySelector("[data-command=human]").hidden = isPerson;
}

function showTyping(isTyping) {
  clearTimeout(typing);
  const show = (isShown) => {
    const wasAtEnd = log.isAtEnd();
    byId("typing").hidden = !isShown;
    if (wasAtEnd) log.toEnd();
  };
  if (!isTyping || isWithPeople()) {
    show(false);
    return;
  }
  typing = setTimeout(() => {
    show(true);
    typing = setTimeout(() => show(false), TYPING_ENDS_AFTER_MS);
  }, TYPING_SHOWS_AFTER_MS);
}

// Something was said while nobody looked.
function notice() {
  const isSeen = data.is_embedded ? isOpen : !document.hidden;
  if (isSeen) return;
  unread += 1;
  document.title = `(${unread}) ${data.title}`;
  tellPage({ kefu: "unread", count: unread });
}

function seen() {
  unread = 0;
  document.title = data.title;
  tellPage({ kefu: "unread", count: 0 });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) seen();
});

// Writing

function fit() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
  const isTooLong = input.value.length > data.max_text;
  const limit = data.max_text.toLocaleString(data.language);
  byId("hint").textContent = isTooLong ? labels.too_long.replace("{limit}", limit) : "";
  byId("send").disabled = isTooLong || !input.value.trim();
}

function submit() {
  if (byId("send").disabled) return;
  say(input.value.trim());
  input.value = "";
  fit();
}

input.addEventListener("input", fit);
input.addEventListener("keydown", (event) => {
  // Enter also ends the choice of Chinese characters: that one is not ours.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  input.focus();
});
byId("back").addEventListener("click", () => {
  say("/bot");
  input.focus();
});
byId("suggestions")?.addEventListener("click", (event) => {
  const chosen = event.target.closest("button");
  if (!chosen) return;
  say(chosen.textContent);
  input.focus();
});

// In the widget's frame

let isOpen = false;

function tellPage(message) {
  if (data.is_embedded) parent.postMessage(message, "*"); // says nothing that a page may not know
}

function close() {
  isOpen = false;
  tellPage({ kefu: "close" });
}

function dress() {
  const asked = new URLSearchParams(location.search);
  for (const name of ["accent", "ink"]) {
    const colour = asked.get(name) ?? "";
    if (/^#[0-9a-f]{6}$/i.test(colour)) document.documentElement.style.setProperty(`--${name}`, colour);
  }
}

if (data.is_embedded) {
  addEventListener("message", (event) => {
    if (event.source !== parent || typeof event.data?.kefuOpen !== "boolean") return;
    isOpen = event.data.kefuOpen;
    if (!isOpen) return;
    seen();
    log.toEnd();
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !menu.isOpen) close();
  });
  byId("close").addEventListener("click", close);
  tellPage({ kefu: "ready" });
}

dress();
showStatus("bot");
byId("log").setAttribute("aria-busy", "true");
outbox.entries.forEach((entry) => log.addPending(entry));
fit();
if (!data.is_embedded && matchMedia("(pointer: fine)").matches) input.focus();
connection.connect();
