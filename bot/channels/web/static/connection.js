// The socket: says who is there, comes back by itself, and notices when nobody answers any more.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15000;
const PING_EVERY_MS = 25000;
const ANSWER_WITHIN_MS = 10000;
const TOKEN = "kefu.token";

// The secret that opens this browser's conversation. It travels in the first frame only, never in an address.
function conversationToken() {
  const stored = remembered(TOKEN);
  if (stored) return stored;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const token = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  remember(TOKEN, token);
  return token;
}

// A frame on a foreign page may be kept from storage: then the conversation lasts as long as the tab.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // nothing to be done
  }
}

export class Connection {
  // onFrame(frame) for each frame; onState(isReady) when the conversation is there, and when it is lost.
  constructor({ language, onFrame, onState }) {
    this.language = language;
    this.onFrame = onFrame;
    this.onState = onState;
    this.token = conversationToken();
    this.after = 0; // the last message we have
    this.isReady = false;
    this.tries = 0;
    addEventListener("online", () => this.connect());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.connect();
    });
  }

  // Now, unless there is a connection already.
  connect() {
    clearTimeout(this.retry);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const address = new URL("ws", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = "";
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => {
      this.send({ type: "hello", token: this.token, after: this.after, language: this.language });
      this.watch();
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.comeBack();
    };
  }

  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  hear(frame) {
    this.watch();
    if (frame.type === "pong") return;
    if (frame.type === "transcript") {
      const last = frame.messages.at(-1);
      if (frame.is_restart) this.after = 0;
      if (last) this.after = last.id;
      this.tries = 0;
    }
    this.onFrame(frame);
    if (frame.type === "transcript" && !this.isReady) {
      this.isReady = true;
      this.onState(true);
    }
  }

  // Somebody was there just now; if the next ping stays without an answer, the line is dead.
  watch() {
    clearTimeout(this.pulse);
    this.pulse = setTimeout(() => {
      this.send({ type: "ping" });
      this.pulse = setTimeout(() => this.drop(), ANSWER_WITHIN_MS);
    }, PING_EVERY_MS);
  }

  // A dead line may take minutes to close: it is given up at once.
  drop() {
    const dead = this.socket;
    this.socket = null;
    dead.close();
    this.comeBack();
  }

  comeBack() {
    clearTimeout(this.pulse);
    this.isReady = false;
    this.onState(false);
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait);
  }
}
