// Many contracts signed in one go: NCALayer is asked once for all of them, then each signature is sent by itself and its
// line says what became of it. Without this script the form's file field does the same.
//   form[data-sign-many]  data-ncalayer, data-lang, data-text-…; inside: the hidden [data-many-browser] with its button
//   form[data-many]       one a contract: its action takes the signature, the attribute is the address of the exact bytes

/** NCALayer greets at once; silence means that something else has the port. */
const GREETING_MS = 10_000;
const SIGNING_KEY = '1.3.6.1.5.5.7.3.4';
const ORGANISATION = '1.2.398.3.3.4.1.2';

class NotSigned extends Error {
  constructor(text, cause) {
    super(text, { cause });
    this.text = text;
  }
}

const form = document.querySelector('form[data-sign-many]');
if (form && 'WebSocket' in window) {
  form.querySelector('[data-many-browser]').hidden = false;
  form.querySelector('[data-many-start]').addEventListener('click', (event) => signAll(event.currentTarget));
}

async function signAll(start) {
  if (start.getAttribute('aria-disabled') === 'true') return;
  start.setAttribute('aria-disabled', 'true');
  const waiting = [...document.querySelectorAll('form[data-many]')].filter((one) => !('done' in one.dataset));
  try {
    say('connecting');
    const texts = await Promise.all(waiting.map((one) => download(one.dataset.many)));
    const signatures = await askNcalayer(texts);
    await sendAll(waiting, signatures);
  } catch (error) {
    console.warn('signing:', error);
    say(error instanceof NotSigned ? error.text : 'failed');
  }
  start.removeAttribute('aria-disabled');
}

function say(text, facts = {}) {
  let sentence = form.getAttribute(`data-text-${text}`) ?? '';
  for (const [name, value] of Object.entries(facts)) sentence = sentence.replace(`%${name}`, String(value));
  form.querySelector('[data-many-status]').textContent = sentence;
}

/** The stored bytes in base64. */
async function download(address) {
  const response = await fetch(address, { credentials: 'same-origin', cache: 'no-store' });
  // A redirect is the sign-in page: its bytes must never be signed in a contract's place.
  if (!response.ok || response.redirected) throw new NotSigned('failed', `HTTP ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** One after another; a contract that is refused does not stop the next. */
async function sendAll(waiting, signatures) {
  const progress = form.querySelector('[data-many-progress]');
  progress.hidden = false;
  progress.max = waiting.length;
  let signed = 0;
  for (const [at, one] of waiting.entries()) {
    say('sending', { n: at + 1, all: waiting.length });
    if (await send(one, signatures[at])) signed += 1;
    progress.value = at + 1;
  }
  say('done', { n: signed, all: waiting.length });
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
    good = response.ok && new URL(response.url).searchParams.get('done') === 'signed';
    text = good ? form.dataset.textSigned : reason(await response.text()) ?? text;
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
  return page.querySelector('.error-summary li, main .lead')?.textContent.trim() || null;
}

/** One greeting, one request for all texts, one reply. */
async function askNcalayer(texts) {
  const url = new URL(form.dataset.ncalayer, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  try {
    const greeting = await heard(socket, 'not-running', GREETING_MS);
    if (!greeting?.result?.version) throw new NotSigned('not-running', 'no greeting');
    say('waiting');
    socket.send(JSON.stringify(request(texts)));
    // No time limit: the person looks for the key file and types its password in NCALayer's own window.
    return signaturesIn(await heard(socket, 'failed'), texts.length);
  } finally {
    socket.close();
  }
}

/** The next message; `lost` is what to say when the connection ends before it. */
function heard(socket, lost, patience = 0) {
  return new Promise((resolve, reject) => {
    const impatience = patience ? setTimeout(() => socket.close(), patience) : 0;
    socket.onmessage = ({ data }) => {
      clearTimeout(impatience);
      try {
        resolve(JSON.parse(data));
      } catch {
        resolve(null);
      }
    };
    socket.onclose = () => {
      clearTimeout(impatience);
      reject(new NotSigned(lost, 'the connection is closed'));
    };
  });
}

function request(texts) {
  return {
    module: 'kz.gov.pki.knca.basics',
    method: 'sign',
    args: {
      allowedStorages: null,
      format: 'cms',
      data: texts,
      signingParams: { decode: true, encapsulate: false, digested: false },
      signerParams: { extKeyUsageOids: [SIGNING_KEY, ORGANISATION] },
      locale: form.dataset.lang === 'kk' ? 'kk' : 'ru',
    },
  };
}

/** As many signatures as there were texts, in their order, in bare base64. */
function signaturesIn(reply, count) {
  if (reply?.status !== true) throw new NotSigned('failed', reply?.code ?? reply?.errorCode ?? 'unreadable reply');
  const result = reply.body?.result ?? null;
  // Closing NCALayer's window is a success without a result.
  if (result === null) throw new NotSigned('cancelled');
  const all = [result?.signatures ?? result].flat();
  if (all.length !== count || !all.every((one) => typeof one === 'string')) {
    throw new NotSigned('failed', 'not as many signatures as contracts');
  }
  return all.map((one) => one.replace(/-----[^-]*-----/g, '').replace(/\s+/g, ''));
}
