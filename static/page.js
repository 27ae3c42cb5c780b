// Small comforts; every page works without them.

// A wrong form: the reader is brought to the list of what to correct.
(document.getElementById("error-summary") || document.getElementById("trouble"))?.focus();

// Until a new code may be asked for, its button waits and counts the seconds by this device's own pace.
for (const form of document.querySelectorAll("form[data-again-at]")) {
  const button = form.querySelector("button");
  const words = button.textContent;
  const wait = Date.parse(form.dataset.againAt) - Date.parse(form.dataset.now);
  const end = performance.now() + wait;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${words} (${left})` : words;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
