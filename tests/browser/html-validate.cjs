// What html-validate asks of every page: its recommended set, but for the rules below, each with its reason.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // A matter of taste in what a template leaves behind: it is squeezed on the wire and means nothing to anybody.
    "no-trailing-whitespace": "off",
    // A button in a form sends it: that is what HTML says of a button without a type, and what each of ours does.
    "no-implicit-button-type": "off",
  },
};
