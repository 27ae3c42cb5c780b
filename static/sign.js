// Signing in the browser through NCALayer, the desktop program that holds the person's key.
//
// Enhances every `<form data-sign>`: without this script (or without NCALayer) the form's file field does the same.
//   data-document    address of the exact bytes to sign; they are fetched from the server, never read from the page
//   data-ncalayer    address of the program, wss://127.0.0.1:13579; a path means this server (the sandbox)
//   data-role        parent | kindergarten: which certificates NCALayer offers
//   data-lang        kk | ru
//   data-text-…      connecting, not-running, waiting, cancelled, failed, sending: what the status line says
// Inside: [data-sign-start] the hidden button, [data-sign-status] the live region, [name=signature] the hidden field.

/** NCALayer greets at once; silence means that something else has the port. */
const GREETING_MS = 10_000;

const SIGNING_KEY = '1.3.6.1.5.5.7.3.4';
const ROLES = {
  parent: '1.2.398.3.3.4.1.1',
  // Any key of an organisation: both the head and a deputy with the right to sign must be offered theirs.
  kindergarten: '1.2.398.3.3.4.1.2',
};

/** Why there is no signature; `text` names the message of the form that says so. */
class NotSigned extends Error {
  constructor(text, cause) {
    super(text, { cause });
    this.text = text;
  }
}

for (const form of document.querySelectorAll('form[data-sign]')) enhance(form);

function enhance(form) {
  const start = form.querySelector('[data-sign-start]');
  if (!start || !('WebSocket' in window)) return;
  start.hidden = false;
  start.addEventListener('click', () => sign(form, start));
  // "Back" may restore the page as it was while the form was being sent.
  window.addEventListener('pageshow', ({ persisted }) => persisted && start.removeAttribute('aria-disabled'));
}

async function sign(form, start) {
  if (start.getAttribute('aria-disabled') === 'true') return;
  // Not `disabled`: that would throw the keyboard's focus away in the middle of a conversation.
  start.setAttribute('aria-disabled', 'true');
  try {
    say(form, 'connecting');
    const contract = await download(form.dataset.document);
    const cms = await askNcalayer(form, contract);
    say(form, 'sending');
    form.querySelector('[name="signature"]').value = cms;
    // Not requestSubmit(): an empty required file field must not stop a form that has its signature.
    form.submit();
  } catch (error) {
    console.warn('signing:', error);
    say(form, error instanceof NotSigned ? error.text : 'failed');
    start.removeAttribute('aria-disabled');
  }
}

function say(form, text) {
  const status = form.querySelector('[data-sign-status]');
  if (status) status.textContent = form.getAttribute(`data-text-${text}`) ?? '';
}

/** The stored bytes in base64. */
async function download(address) {
  const response = await fetch(address, { credentials: 'same-origin', cache: 'no-store' });
  // A redirect is the sign-in page: its bytes must never be signed in the contract's place.
  if (!response.ok || response.redirected) throw new NotSigned('failed', `HTTP ${response.status}`);
  return base64(await response.blob());
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** One greeting, one request, one reply. */
async function askNcalayer(form, contract) {
  const ncalayer = await connect(form.dataset.ncalayer);
  try {
    say(form, 'waiting');
    ncalayer.send(JSON.stringify(request(form, contract)));
    // No time limit: the person looks for the key file and types its password in NCALayer's own window.
    return signatureIn(await ncalayer.next());
  } finally {
    ncalayer.close();
  }
}

function request(form, contract) {
  return {
    module: 'kz.gov.pki.knca.basics',
    method: 'sign',
    args: {
      allowedStorages: null,
      format: 'cms',
      data: contract,
      signingParams: { decode: true, encapsulate: false, digested: false },
      signerParams: { extKeyUsageOids: [SIGNING_KEY, ROLES[form.dataset.role] ?? ROLES.parent] },
      locale: form.dataset.lang === 'kk' ? 'kk' : 'ru',
    },
  };
}

/** Opens the connection and hears the greeting; `next()` is the promise of the next message. */
async function connect(address) {
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  let greeted = false;
  const received = [];
  let waiting = null;
  let gone = false;

  const lost = () => new NotSigned(greeted ? 'failed' : 'not-running', 'the connection is closed');
  socket.onmessage = ({ data }) => {
    if (waiting) waiting.resolve(data);
    else received.push(data);
    waiting = null;
  };
  socket.onclose = () => {
    gone = true;
    waiting?.reject(lost());
    waiting = null;
  };
  const next = () =>
    new Promise((resolve, reject) => {
      if (received.length) resolve(received.shift());
      else if (gone) reject(lost());
      else waiting = { resolve, reject };
    });

  const impatience = setTimeout(() => socket.close(), GREETING_MS);
  try {
    const greeting = json(await next());
    if (!greeting?.result?.version) throw new NotSigned('not-running', 'no greeting');
    greeted = true;
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    clearTimeout(impatience);
  }
  return { next, send: (text) => socket.send(text), close: () => socket.close() };
}

/** The CMS in bare base64, out of any of the shapes that versions of NCALayer answer with. */
function signatureIn(message) {
  const reply = json(message);
  if (reply?.status !== true) throw new NotSigned('failed', reply?.code ?? reply?.errorCode ?? 'unreadable reply');
  const result = reply.body?.result ?? null;
  // Closing NCALayer's window is a success without a result.
  if (result === null) throw new NotSigned('cancelled');
  const signatures = [result?.signatures ?? result].flat();
  const cms = signatures.length === 1 && typeof signatures[0] === 'string' ? unarmoured(signatures[0]) : '';
  if (cms === '') throw new NotSigned('failed', 'no signature in the reply');
  return cms;
}

function unarmoured(text) {
  return text.replace(/-----[^-]*-----/g, '').replace(/\s+/g, '');
}

/** Not JSON (the port may belong to anything) is no answer. */
function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
