// What html-validate asks of every page: its recommended set, but for the rules below, each with its reason.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // A matter of taste in what a template leaves behind: it is squeezed on the wire and means nothing to anybody.
    "no-trailing-whitespace": "off",
    // A button in a form sends it: that is what HTML says of a button without a type, and what each of ours does.
    "no-implicit-button-type": "off",
    // An `ol` of steps has the role of a list, which may have a name; by default only landmarks and controls may.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    // `nowrap` keeps a number on one line in the style sheet, and what is copied stays plain.
    "tel-non-breaking": ["error", { ignoreClasses: ["nowrap"] }],
  },
};
