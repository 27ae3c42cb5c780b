// One document signed through NCALayer: enhances every `<form data-sign>`. Without this script (or without NCALayer) the
// form's file field does the same.
//   data-document       address of the exact bytes to sign; they are fetched from the server, never read from the page
//   [name=signature]    the hidden field
import { signs } from './ncalayer.js';

for (const form of document.querySelectorAll('form[data-sign]')) {
  signs(form, () => [form.dataset.document], ([signature]) => {
    form.querySelector('[name="signature"]').value = signature;
    // Not requestSubmit(): an empty required file field must not stop a form that has its signature.
    form.submit();
    // The answer is another page; until it comes nothing else is signed.
    return new Promise(() => {});
  });
}
