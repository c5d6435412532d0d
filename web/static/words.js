// What scripts say: Chinese in the source, translated by what the page brought along.

const place = document.getElementById("catalogue");
const known = place ? JSON.parse(place.textContent) : {};

// _("%(count)s 人在线", { count: 3 }); values are put in after the translation.
export function _(text, values = {}) {
  return (known[text] ?? text).replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}
