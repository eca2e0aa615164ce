// What is seen of the conversation. Texts become text nodes and links, never markup.

const LINK = /https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef]+/g;
const AFTER_LINK = /[.,;:!?)\]}]+$/;
const NEAR_END_PX = 80;
const TOGETHER_MS = 60000; // lines closer than this share one time, that of the last

export class Log {
  // onPress(line, index) when a button is pressed, onRetry(id) for a message that wasn't sent.
  constructor({ element, scroller, jump, welcome, language, labels, onPress, onRetry }) {
    Object.assign(this, { element, scroller, jump, welcome, labels, onPress, onRetry });
    this.lines = new Map(); // message id -> { line, item }
    this.pending = new Map(); // client message id -> item
    this.last = null; // { at, item } of the last confirmed line
    // Of one language, the customer's own country: 15:04 or 3:04 PM.
    const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
    this.clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
    this.calendar = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    jump.addEventListener("click", () => this.toEnd());
    scroller.addEventListener("scroll", () => {
      if (this.isAtEnd()) jump.hidden = true;
    });
  }

  // Everything but what waits to be sent.
  clear() {
    for (const child of [...this.element.children]) {
      if (child !== this.welcome && ![...this.pending.values()].includes(child)) child.remove();
    }
    this.lines.clear();
    this.last = null;
    this.showWelcome();
  }

  // A line the desk has; true where it is new here.
  add(line) {
    if (this.lines.has(line.id)) return false;
    const wasAtEnd = this.isAtEnd();
    const waiting = this.pending.get(line.client_message_id);
    this.pending.delete(line.client_message_id);
    if (line.pressed && this.isReaction(line.pressed)) {
      waiting?.remove();
      this.markPressed(line.pressed);
      this.lines.set(line.id, { line, item: null });
      return true;
    }
    if (line.pressed) this.markPressed(line.pressed);
    const at = new Date(line.at);
    const item = waiting ?? this.itemOf(line);
    item.querySelector("time").replaceChildren(this.clock.format(at));
    item.querySelector("time").dateTime = line.at;
    if (line.speaker === "customer") this.say(item, "sent");
    if (!waiting) this.insert(item);
    this.addDay(at, item);
    this.join(at, item);
    this.lines.set(line.id, { line, item });
    this.showWelcome();
    if (wasAtEnd || line.speaker === "customer") this.toEnd();
    else this.jump.hidden = false;
    return true;
  }

  // A message on its way.
  addPending(entry) {
    if (entry.button && this.isReaction(entry.button)) return;
    const item = this.itemOf({ speaker: "customer", text: entry.text, buttons: [] });
    item.querySelector("time").append(this.clock.format(new Date(entry.at)));
    this.say(item, "sending", entry.id);
    this.pending.set(entry.id, item);
    this.element.append(item);
    this.showWelcome();
    this.toEnd();
  }

  // "sending" or "failed".
  setDelivery(id, state) {
    const item = this.pending.get(id);
    if (item) this.say(item, state, id);
  }

  markPressed({ message_id, index }, isPressed = true) {
    const item = this.lines.get(message_id)?.item;
    const pressed = item?.querySelector(`[data-index="${index}"]`);
    if (!pressed) return;
    for (const button of pressed.parentElement.children) button.disabled = isPressed;
    pressed.classList.toggle("pressed", isPressed);
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jump.hidden = true;
  }

  isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  showWelcome() {
    this.welcome.hidden = this.lines.size > 0 || this.pending.size > 0;
  }

  // Helpful and not helpful show as a pressed button, not as something said.
  isReaction({ message_id, index }) {
    const button = this.lines.get(message_id)?.line.buttons[index];
    return button !== undefined && button.kind.endsWith("helpful");
  }

  // Above what waits to be sent.
  insert(item) {
    const [first] = this.pending.values();
    this.element.insertBefore(item, first ?? null);
  }

  addDay(at, item) {
    const day = at.toDateString();
    const today = new Date();
    const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
    if (day === (this.last?.at ?? today).toDateString()) return;
    const text =
      day === today.toDateString() ? this.labels.today
      : day === yesterday.toDateString() ? this.labels.yesterday
      : this.calendar.format(at);
    const separator = made("div", "day", text);
    this.element.insertBefore(separator, item);
  }

  join(at, item) {
    if (this.last && at - this.last.at < TOGETHER_MS) this.last.item.classList.add("continued");
    this.last = { at, item };
  }

  itemOf(line) {
    const item = made("div", `line ${line.speaker}`);
    const bubble = made("div", "bubble");
    const speaker = { customer: this.labels.you, bot: this.labels.assistant, person: this.labels.person }[line.speaker];
    bubble.append(made("span", "unseen", `${speaker}: `), paragraph(this.wordsOf(line), line.speaker !== "customer"));
    const meta = made("div", "meta");
    if (line.speaker === "person") meta.append(made("span", "speaker", speaker));
    meta.append(made("time"));
    if (line.speaker === "customer") meta.append(made("span", "delivery"));
    item.append(bubble);
    this.addButtons(item, meta, line);
    item.append(meta);
    return item;
  }

  // What the menu sends reads as words.
  wordsOf(line) {
    const command = line.speaker === "customer" && line.text.match(/^\/(human|bot|language|privacy|forget)$/);
    return command ? this.labels[command[1]] : line.text;
  }

  addButtons(item, meta, line) {
    const choices = made("div", "choices");
    const reactions = made("div", "reactions");
    line.buttons.forEach(({ label, kind }, index) => {
      const isChoice = !kind.endsWith("helpful");
      const button = made("button", isChoice ? "choice" : `reaction ${kind}`, label);
      button.type = "button";
      button.dataset.index = index;
      button.addEventListener("click", () => this.onPress(line, index));
      (isChoice ? choices : reactions).append(button);
    });
    if (choices.hasChildNodes()) item.append(choices);
    if (reactions.hasChildNodes()) meta.append(reactions);
  }

  say(item, state, id) {
    const delivery = item.querySelector(".delivery");
    item.dataset.delivery = state;
    delivery.replaceChildren(this.labels[state]);
    if (state !== "failed") return;
    const retry = made("button", "retry", this.labels.retry);
    retry.type = "button";
    retry.addEventListener("click", () => this.onRetry(id));
    delivery.append(" · ", retry);
  }
}

function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// Line breaks are CSS's (pre-wrap); addresses of the desk's own texts can be followed.
function paragraph(text, hasLinks) {
  const result = made("p");
  let from = 0;
  for (const match of hasLinks ? text.matchAll(LINK) : []) {
    const address = match[0].replace(AFTER_LINK, "");
    const link = made("a", "", address);
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    result.append(text.slice(from, match.index), link);
    from = match.index + address.length;
  }
  result.append(text.slice(from));
  return result;
}
