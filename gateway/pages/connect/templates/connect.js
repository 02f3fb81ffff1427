"use strict";
(() => {
  const path = document.body.dataset.path;
  // The address that opened the page holds a token that is used up: it need not stand in the history.
  if (location.pathname !== path) history.replaceState(null, "", path);

  const first = document.querySelector("[autofocus]");
  if (first) first.focus();

  // Nothing is sent twice; the button comes back when the person returns to the page.
  for (const form of document.forms) {
    form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => { b.disabled = true; })));
  }
  addEventListener("pageshow", () => document.querySelectorAll("button").forEach((b) => { b.disabled = false; }));

  const ask = async (where, body) => {
    const answer = await fetch(path + where, { method: "POST", body, cache: "no-store", credentials: "omit" });
    return answer.ok ? answer.json() : null;
  };

  // A page that waits asks whether something has happened, and shows it.
  const waiting = document.getElementById("andamento");
  if (waiting) {
    const look = async () => {
      try {
        const found = await ask("/status", new FormData(waiting));
        if (found && found.stage !== waiting.dataset.stage) { waiting.submit(); return; }
      } catch { /* the network is away: the next look tries again */ }
      setTimeout(look, 1500);
    };
    look();
  }

  // Fields are checked when they are left, by the rules that hold when they are sent.
  const form = document.getElementById("conta") || document.getElementById("credenciais");
  const touched = new Set();
  const show = (name, text) => {
    const place = document.querySelector(`[data-error="${CSS.escape(name)}"]`);
    if (!place) return;
    place.textContent = text || "";
    place.hidden = !text;
    for (const each of form.querySelectorAll(`[aria-describedby~="${CSS.escape(place.id)}"]`)) {
      if (text) each.setAttribute("aria-invalid", "true"); else each.removeAttribute("aria-invalid");
    }
  };
  const bare = (input) => input.name.replace(/^[cf]\./, "");
  let turn = 0;
  const check = async () => {
    const mine = ++turn;
    const body = new FormData(form);
    body.set("form", form.id);
    let found = null;
    try { found = await ask("/check", body); } catch { return; }
    if (!found || mine !== turn) return;
    for (const name of touched) show(name, found.errors[name]);
  };
  if (form) {
    form.addEventListener("change", (event) => {
      if (!event.target.name || event.target.type === "checkbox") return;
      const name = bare(event.target);
      if (event.target.value === "") { touched.delete(name); show(name, ""); } else touched.add(name);
      if (event.target.type === "file") for (const each of form.querySelectorAll("input[type=file]")) if (each.files.length) touched.add(bare(each));
      if (touched.size) check();
    });
  }

  // Files that are dropped together go to their places by their names; the server looks into them in any case.
  const inputs = form ? [...form.querySelectorAll("input[type=file]")] : [];
  const put = (input, file) => {
    const one = new DataTransfer();
    one.items.add(file);
    input.files = one.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  for (const zone of document.querySelectorAll("[data-drop]")) {
    const own = document.getElementById(zone.dataset.drop);
    zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      const files = [...event.dataTransfer.files].slice(0, 4);
      for (const file of files) {
        const isKey = /\.key$|private|privada|chave/i.test(file.name);
        const place = files.length === 1 ? own : inputs.find((each) => /key/.test(each.name) === isKey) || own;
        put(place, file);
      }
    });
  }

  // Pages that frame this one, or have opened it, learn how it has ended; only those that the tenant allows.
  const end = document.getElementById("fim");
  if (end && end.dataset.session) {
    const message = { type: "extrato.connect", session: end.dataset.session, result: end.dataset.result, account: end.dataset.account || null };
    for (const other of [parent, opener]) {
      if (!other || other === window) continue;
      for (const origin of end.dataset.origins.split(" ").filter(Boolean)) other.postMessage(message, origin);
    }
  }
})();
