// The page with a QR code moves on by itself: every three seconds it asks whether it would be another one by now.
// Without this script its button does the same.
const EVERY_MS = 3_000;

const shown = document.querySelector('[data-phone-code]');
if (shown) setTimeout(look, EVERY_MS);

async function look() {
  try {
    const answer = await fetch(location.href, { credentials: 'same-origin', cache: 'no-store' });
    // Signed, or signed out.
    if (answer.redirected) return location.replace(answer.url);
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (page.querySelector('[data-phone-code]')?.dataset.phoneCode !== shown.dataset.phoneCode) return location.reload();
    const left = document.querySelector('[data-phone-left]');
    if (left) left.textContent = page.querySelector('[data-phone-left]')?.textContent ?? '';
  } catch {
    // No network for a moment: asked again.
  }
  setTimeout(look, EVERY_MS);
}
