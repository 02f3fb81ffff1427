"use strict";
(() => {
  // What can be copied gets a button; without a script there would be nothing behind it.
  const said = document.getElementById("dito");
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        said.textContent = "Copiado.";
      } catch {
        // Plain HTTP to another machine has no clipboard: the text is selected, ready for the keys that copy.
        getSelection().selectAllChildren(source);
        said.textContent = "Selecionado: copie com o teclado.";
      }
    });
  }

  // Choices that change the page are followed at once.
  for (const select of document.querySelectorAll("select[data-follow]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  // The list of requests renews itself, unless somebody reads: then it waits.
  const list = document.querySelector("[data-reload]");
  if (list) {
    const pause = document.getElementById("pausa");
    let paused = false;
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Continuar a atualizar" : "Parar de atualizar";
    });
    const renew = async () => {
      if (!paused && !document.hidden && !list.contains(document.activeElement)) {
        try {
          const answer = await fetch(list.dataset.reload, { cache: "no-store" });
          const text = answer.ok ? await answer.text() : list.innerHTML;
          if (text !== list.dataset.seen && !paused) { list.innerHTML = text; list.dataset.seen = text; }
        } catch { /* the simulators are away: the next look tries again */ }
      }
      setTimeout(renew, 1500);
    };
    setTimeout(renew, 1500);
  }
})();
