// The conversation with NCALayer, the desktop program that holds a person's key, and what a page says about it.
// One greeting, one request for all texts, one reply. A form that talks to it has
//   data-ncalayer         address of the program, wss://127.0.0.1:13579; a path means this server (the sandbox)
//   data-role             parent | kindergarten: which certificates the program offers
//   [data-sign-start]     the button, hidden until this script is there
//   [data-sign-status]    the live region; it shows the <template data-state="…"> of the state

/** NCALayer greets at once; silence means that something else has the port. */
const GREETING_MS = 10_000;

const SIGNING_KEY = '1.3.6.1.5.5.7.3.4';
const ROLES = {
  parent: '1.2.398.3.3.4.1.1',
  // Any key of an organisation: both the head and a deputy with the right to sign must be offered theirs.
  kindergarten: '1.2.398.3.3.4.1.2',
};

/** What the program's own codes mean to a person; any other is told as it is. */
const STATES = { SIGNING_FAILURE: 'wrong-key', MODULE_NOT_FOUND: 'old' };

/** Why there is no signature: the state that the page shows, and the code that the program gave. */
class NotSigned extends Error {
  constructor(state, code = '') {
    super(`${state} ${code}`);
    this.state = state;
    this.code = String(code).slice(0, 60);
  }
}

/**
 * The button signs: `documents()` are the addresses of the exact bytes, `deliver(signatures)` sends what was signed, in
 * bare base64 and in their order. Whatever comes between, the button can be pressed again.
 */
export function signs(form, documents, deliver) {
  const start = form.querySelector('[data-sign-start]');
  if (!start || !('WebSocket' in window)) return;
  start.hidden = false;
  start.addEventListener('click', async () => {
    const addresses = documents();
    if (start.getAttribute('aria-disabled') === 'true' || addresses.length === 0) return;
    // Not `disabled`: that would throw the keyboard's focus away in the middle of a conversation.
    start.setAttribute('aria-disabled', 'true');
    try {
      show(form, 'connecting');
      const signatures = await askNcalayer(form, await Promise.all(addresses.map(download)));
      show(form, 'sending');
      await deliver(signatures);
    } catch (error) {
      console.warn('signing:', error);
      show(form, error.state ?? 'failed', error.code);
    }
    start.removeAttribute('aria-disabled');
  });
  // "Back" may restore the page as it was while the form was being sent: what it says is over.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    form.querySelector('[data-sign-status]').replaceChildren();
    start.removeAttribute('aria-disabled');
  });
}

/** What happened and what to do next, in the page's language. */
function show(form, state, code = '') {
  const words = form.querySelector(`template[data-state="${state}"]`).content.cloneNode(true);
  const place = words.querySelector('[data-sign-code]');
  if (place) {
    place.textContent = code;
    place.parentElement.hidden = code === '';
  }
  const status = form.querySelector('[data-sign-status]');
  status.dataset.state = state;
  status.replaceChildren(words);
  status.scrollIntoView({ block: 'nearest' });
}

/** The stored bytes in base64. */
async function download(address) {
  const response = await fetch(address, { credentials: 'same-origin', cache: 'no-store' }).catch(() => null);
  // A redirect is the sign-in page: its bytes must never be signed in a contract's place.
  if (!response?.ok || response.redirected) throw new NotSigned('no-document', response?.status);
  const bytes = new Uint8Array(await response.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

async function askNcalayer(form, texts) {
  const socket = await connect(form.dataset.ncalayer);
  try {
    show(form, 'asking');
    const ask = (language) => {
      socket.send(JSON.stringify(request(form, texts, language)));
      // No time limit: the person looks for the key file and types its password in NCALayer's own window.
      return heard(socket, () => 'lost');
    };
    const language = document.documentElement.lang === 'kk' ? 'kk' : 'ru';
    let reply = await ask(language);
    // A version that does not know Kazakh calls it a wrong argument.
    if (reply?.code === 'INVOCATION_ERROR' && language === 'kk') reply = await ask('ru');
    return signaturesIn(reply, texts.length);
  } finally {
    socket.close();
  }
}

/** Opens the connection and hears the greeting. */
async function connect(address) {
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  let state = 'not-running';
  let impatience = 0;
  // Not before: until then the browser may be asking whether the page may connect at all.
  socket.onopen = () => {
    state = 'stranger';
    impatience = setTimeout(() => socket.close(), GREETING_MS);
  };
  try {
    const greeting = await heard(socket, () => state);
    if (!greeting?.result?.version) throw new NotSigned('stranger');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  } finally {
    clearTimeout(impatience);
  }
}

/** The next message; null if it is not JSON. `lost()` is the state when the connection ends before it. */
function heard(socket, lost) {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      try {
        resolve(JSON.parse(data));
      } catch {
        resolve(null);
      }
    };
    socket.onclose = () => reject(new NotSigned(lost()));
  });
}

function request(form, texts, language) {
  return {
    module: 'kz.gov.pki.knca.basics',
    method: 'sign',
    args: {
      allowedStorages: null,
      format: 'cms',
      data: texts.length === 1 ? texts[0] : texts,
      signingParams: { decode: true, encapsulate: false, digested: false },
      signerParams: { extKeyUsageOids: [SIGNING_KEY, ROLES[form.dataset.role] ?? ROLES.parent] },
      locale: language,
    },
  };
}

/** As many signatures as there were texts, out of any of the shapes that versions of NCALayer answer with. */
function signaturesIn(reply, count) {
  // How versions before `basics` say it.
  if (reply?.message === 'action.canceled') throw new NotSigned('cancelled');
  if (reply?.status !== true) {
    const code = reply?.code ?? reply?.errorCode;
    throw new NotSigned(STATES[code] ?? 'failed', code);
  }
  const result = reply.body?.result ?? null;
  // Closing NCALayer's window is a success without a result.
  if (result === null) throw new NotSigned('cancelled');
  const signatures = [result.signatures ?? result].flat().map(bare);
  if (signatures.length !== count || signatures.includes('')) throw new NotSigned('failed');
  return signatures;
}

/** Base64 without its armour; empty if it is none. */
function bare(signature) {
  const text = String(signature).replace(/-----[^-]*-----/g, '').replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : '';
}
