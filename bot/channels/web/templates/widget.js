// A button on somebody's page that opens the chat in a frame. One script tag:
// <script src="https://desk.example/widget.js" data-colour="#17695b" data-title="Ask us" data-language="en" async></script>
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || document.querySelector("kefu-widget")) return;

  const LABELS = {{ labels|tojson }};
  const READY_WITHIN_MS = 8000;
  const PHONE = "(max-width: 480px), (max-height: 420px)";
  const OPENED = "kefu.open"; // in the page's session: the chat stays open from page to page

  const desk = new URL(".", script.src);
  const { colour, color, title, language } = script.dataset;
  const accent = hex(colour ?? color) ?? "#17695b";
  const ink = inkOn(accent);
  const spoken = languageOf(language ?? document.documentElement.lang) ?? languageOf(navigator.language) ?? "en";
  const labels = LABELS[spoken];
  const isPhone = matchMedia(PHONE);

  const CSS = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    button { cursor: pointer; }
    .launcher {
      position: fixed; z-index: 2147483000; right: max(20px, env(safe-area-inset-right)); bottom: max(20px, env(safe-area-inset-bottom));
      display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%;
      background: ${accent}; color: ${ink}; box-shadow: 0 6px 24px rgb(0 0 0 / 25%); transition: transform 0.15s;
    }
    .launcher:hover { transform: scale(1.05); }
    .launcher:focus-visible { outline: 3px solid #2f6fed; outline-offset: 3px; }
    .launcher svg { width: 28px; height: 28px; }
    .launcher .cross, .launcher[aria-expanded="true"] .speech { display: none; }
    .launcher[aria-expanded="true"] .cross { display: block; }
    .badge {
      position: absolute; top: -2px; right: -2px; min-width: 22px; height: 22px; padding: 0 6px; border: 2px solid #fff; border-radius: 11px;
      background: #b3261e; color: #fff; font: 600 12px/18px system-ui, sans-serif; text-align: center;
    }
    .panel {
      position: fixed; z-index: 2147483000; right: max(20px, env(safe-area-inset-right)); bottom: 96px;
      width: 392px; height: min(640px, calc(100dvh - 120px)); border-radius: 18px; overflow: hidden;
      background: Canvas; box-shadow: 0 16px 56px rgb(0 0 0 / 28%); animation: rise 0.2s ease-out;
    }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .note { position: absolute; inset: 0; display: grid; place-content: center; gap: 12px; padding: 24px; background: #fff; color: #1c2422; font: 16px/1.5 system-ui, sans-serif; text-align: center; }
    .note a { color: #0c5a4d; }
    [hidden] { display: none !important; }
    @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    @media ${PHONE} {
      .panel { inset: 0; width: 100%; height: 100dvh; border-radius: 0; }
      .launcher[aria-expanded="true"] { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
  `;

  const host = document.createElement("kefu-widget");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // not bound to the page's own rules for styles
  sheet.replaceSync(CSS);
  shadow.adoptedStyleSheets = [sheet];
  const launcher = make("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" });
  launcher.append(icon("speech", "M4 5h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z", true));
  launcher.append(icon("cross", "M6 6l12 12M18 6L6 18", false));
  const badge = make("span", { class: "badge", hidden: "", "aria-hidden": "true" });
  launcher.append(badge);
  const panel = make("div", { class: "panel", role: "dialog", "aria-label": title ?? labels.chat, hidden: "" });
  shadow.append(panel, launcher);

  let frame = null;
  let isReady = false;
  name(0);
  launcher.addEventListener("click", () => (panel.hidden ? open() : close()));
  shadow.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== desk.origin) return;
    const { kefu, count } = event.data ?? {};
    if (kefu === "ready") {
      isReady = true;
      tell();
    } else if (kefu === "close") close();
    else if (kefu === "unread") name(Number(count) || 0);
  });
  if (document.body) show();
  else addEventListener("DOMContentLoaded", show, { once: true });

  function show() {
    document.body.append(host);
    if (!isPhone.matches && session() === "yes") open();
  }

  function open() {
    if (!frame) load();
    panel.hidden = false;
    launcher.setAttribute("aria-expanded", "true");
    session("yes");
    name(0);
    frame.focus();
    tell();
  }

  function close() {
    panel.hidden = true;
    launcher.setAttribute("aria-expanded", "false");
    session("no");
    name(0);
    tell();
    launcher.focus();
  }

  // The frame is loaded when it is first wanted: pages stay as fast as they were.
  function load() {
    const address = new URL("embed", desk);
    const asked = { lang: spoken, accent, ink, ...(title ? { title } : {}) };
    for (const [key, value] of Object.entries(asked)) address.searchParams.set(key, value);
    frame = make("iframe", { src: address, title: title ?? labels.chat });
    panel.append(frame);
    setTimeout(() => isReady || apologise(), READY_WITHIN_MS);
  }

  // A page that isn't among the desk's allowed origins may not frame it, but may link to it.
  function apologise() {
    const note = make("div", { class: "note" });
    const link = make("a", { href: desk, target: "_blank", rel: "noopener" });
    link.textContent = labels.new_tab;
    note.append(labels.elsewhere, link);
    panel.append(note);
  }

  function tell() {
    if (isReady) frame.contentWindow.postMessage({ kefuOpen: !panel.hidden }, desk.origin);
  }

  function name(unread) {
    badge.hidden = unread === 0;
    badge.textContent = unread > 9 ? "9+" : unread;
    const what = panel.hidden ? labels.open : labels.close;
    launcher.setAttribute("aria-label", unread ? `${what} (${labels.unread}: ${unread})` : what);
  }

  function session(value) {
    try {
      if (value) sessionStorage.setItem(OPENED, value);
      return sessionStorage.getItem(OPENED);
    } catch {
      return null; // the page forbids it
    }
  }

  function make(tag, attributes) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  function icon(className, path, isFilled) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("d", path);
    const paint = isFilled ? { fill: "currentColor" } : { fill: "none", stroke: "currentColor", "stroke-width": "2.2", "stroke-linecap": "round" };
    for (const [key, value] of Object.entries(paint)) shape.setAttribute(key, value);
    svg.append(shape);
    return svg;
  }

  function languageOf(tag) {
    const code = (tag ?? "").toLowerCase().split("-")[0];
    return Object.hasOwn(LABELS, code) ? code : null;
  }

  function hex(value) {
    return /^#[0-9a-f]{6}$/i.test(value ?? "") ? value : null;
  }

  // Black or white, whichever is easier to read on the colour (WCAG's relative luminance).
  function inkOn(value) {
    const linear = [1, 3, 5].map((at) => {
      const part = parseInt(value.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
  }
})();
