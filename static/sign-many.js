// Many contracts signed in one go: NCALayer is asked once for all of them, then each signature is sent by itself and its
// line says what became of it. Without this script the form's file field does the same.
//   form[data-sign-many]  the conversation with NCALayer; data-text-… is said while sending
//   form[data-many]       one a contract: its action takes the signature, the attribute is the address of the exact bytes
//   [data-many-way]       a way to sign: gone once nothing is left to be signed
//   [data-many-end]       where to go then
import { signs } from './ncalayer.js';

const form = document.querySelector('form[data-sign-many]');
const waiting = () => [...document.querySelectorAll('form[data-many]')].filter((one) => !('done' in one.dataset));
if (form) signs(form, () => waiting().map((one) => one.dataset.many), sendAll);

function say(text, facts) {
  let sentence = form.getAttribute(`data-text-${text}`);
  for (const [name, value] of Object.entries(facts)) sentence = sentence.replace(`%${name}`, String(value));
  const line = document.createElement('p');
  line.className = 'banner';
  line.textContent = sentence;
  const status = form.querySelector('[data-sign-status]');
  status.dataset.state = text;
  status.replaceChildren(line);
}

/** One after another; a contract that is refused does not stop the next. */
async function sendAll(signatures) {
  const contracts = waiting();
  const progress = form.querySelector('[data-many-progress]');
  progress.hidden = false;
  progress.max = contracts.length;
  let signed = 0;
  for (const [at, one] of contracts.entries()) {
    say('sending', { n: at + 1, all: contracts.length });
    if (await send(one, signatures[at])) signed += 1;
    progress.value = at + 1;
  }
  say('done', { n: signed, all: contracts.length });
  if (waiting().length === 0) end();
}

/** A button that would sign nothing is no button. */
function end() {
  for (const way of document.querySelectorAll('[data-many-way]')) way.hidden = true;
  document.querySelector('[data-many-end]').focus();
}

async function send(one, signature) {
  const data = new FormData(one);
  data.set('signature', signature);
  const password = form.querySelector('[name="password_again"]');
  if (password) data.set('password_again', password.value);
  let good = false;
  let text = form.dataset.textLost;
  try {
    const response = await fetch(one.action, { method: 'POST', body: data, credentials: 'same-origin' });
    const done = response.ok ? new URL(response.url).searchParams.get('done') : null;
    // A signature that the authority has not yet spoken of has come, too: the page says what it waits for.
    good = done === 'signed' || done === 'signature_waits';
    text = done === 'signed' ? form.dataset.textSigned : reason(await response.text()) ?? text;
  } catch (error) {
    console.warn('sending:', error);
  }
  if (good) one.dataset.done = '';
  const state = one.parentElement.querySelector('[data-many-state]');
  state.className = good ? 'tag tag--good' : 'tag tag--act';
  state.textContent = text;
  return good;
}

/** Why, from the page that came back: the form with its mistakes, or the page of an error. */
function reason(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const told = ['.error-summary li', 'main .error', 'main .lead'].map((place) => page.querySelector(place));
  return told.find((it) => it !== null)?.textContent.trim() || null;
}
