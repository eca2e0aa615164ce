// Messages that the desk hasn't confirmed yet. They outlive a reload: an id is answered once, however often it is sent.

const PREFIX = "kefu.outbox.";

export class Outbox {
  constructor() {
    this.entries = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(PREFIX)) this.entries.push(JSON.parse(localStorage.getItem(key)));
      }
    } catch {
      // no storage here: then only what is written from now on
    }
    this.entries.sort((one, other) => one.at - other.at);
  }

  // { text } or { text, button: { message_id, index } }; the entry that will be sent.
  add(said) {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const entry = { id, at: Date.now(), ...said };
    this.entries.push(entry);
    this.store(entry);
    return entry;
  }

  find(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  // The oldest one that wasn't refused.
  next() {
    return this.entries.find((entry) => !entry.isRefused);
  }

  remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
    try {
      localStorage.removeItem(PREFIX + id);
    } catch {
      // no storage here
    }
  }

  store(entry) {
    try {
      localStorage.setItem(PREFIX + entry.id, JSON.stringify(entry));
    } catch {
      // no storage, or it is full: the entry lives as long as the tab
    }
  }
}

export function frameOf(entry) {
  const { id, text, button } = entry;
  return button
    ? { type: "press", client_message_id: id, button }
    : { type: "message", client_message_id: id, text };
}
