// Small comforts over pages that work without them.
{
  const root = document.documentElement;
  root.classList.add('js');

  // A form that came back with mistakes: begin there.
  document.querySelector('.error-summary')?.focus();

  // "Send again" waits for its moment. `data-now`, when given, is the server's clock: a phone's own is often wrong.
  for (const line of document.querySelectorAll('[data-again-at]')) {
    const until = Date.parse(line.dataset.againAt);
    const now = Date.parse(line.dataset.now) || Date.now();
    const button = line.parentElement.querySelector('[data-again-button]');
    const text = line.dataset.text || '{s}';
    if (Number.isNaN(until)) continue;
    const end = performance.now() + (until - now);
    let timer = 0;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      const waiting = left > 0;
      line.hidden = !waiting;
      if (button) button.hidden = waiting;
      if (waiting) line.textContent = text.replace('{s}', String(left));
      else clearInterval(timer);
    };
    timer = setInterval(tick, 1000);
    tick();
  }

  // A choice that narrows the next one. From a keyboard every arrow is a change, so there the button
  // (shown when focused) is left to the person.
  let keyed = false;
  addEventListener('keydown', () => { keyed = true; }, true);
  addEventListener('pointerdown', () => { keyed = false; }, true);
  addEventListener('change', (event) => {
    if (keyed || !event.target.matches('select[data-narrows]')) return;
    event.target.form?.querySelector('button[name="narrow"]')?.click();
  });

  // The pressed button says that it heard. Nothing is disabled: the server takes a second press as the first.
  addEventListener('submit', (event) => {
    if (!event.defaultPrevented) event.submitter?.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => {
    for (const button of document.querySelectorAll('button[aria-busy]')) button.removeAttribute('aria-busy');
  });

  // Which city: asked of the browser only when pressed, and told to a tenth of a degree.
  for (const button of document.querySelectorAll('[data-locate]')) {
    if (!navigator.geolocation) continue;
    button.hidden = false;
    button.addEventListener('click', () => {
      button.setAttribute('aria-busy', 'true');
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => location.assign(`${button.dataset.locate}${coords.latitude.toFixed(1)},${coords.longitude.toFixed(1)}`),
        () => {
          button.removeAttribute('aria-busy');
          document.querySelector('[data-locate-status]').textContent = button.dataset.failed;
        },
        { timeout: 15000, maximumAge: 600000 },
      );
    });
  }

  // A slip's QR code leads to the page that asks for the number: it stands behind the #, which no server is sent.
  const number = document.querySelector('[data-number-from-hash] [name=number]');
  if (number && !number.value && /^#[0-9A-Z]{13}$/.test(location.hash)) number.value = location.hash.slice(1);

  for (const button of document.querySelectorAll('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
}
