// A document as a person likes to read it: one element a line, indented, names and values apart.

function span(kind, text) {
  return Object.assign(document.createElement("span"), { className: kind, textContent: text });
}

function opening(node) {
  const parts = [span("p", "<"), span("el", node.tagName)];
  for (const { name, value } of node.attributes) parts.push(" ", span("name", name), span("p", "="), span("value", `"${value}"`));
  return parts;
}

function closing(node) {
  return [span("p", "</"), span("el", node.tagName), span("p", ">")];
}

function element(node, depth) {
  const space = "  ".repeat(depth);
  const children = [...node.childNodes].filter((one) => one.nodeType !== Node.TEXT_NODE || one.data.trim());
  if (!children.length) return [space, ...opening(node), span("p", "/>"), "\n"];
  if (children.every((one) => one.nodeType === Node.TEXT_NODE)) return [space, ...opening(node), span("p", ">"), span("text", node.textContent.trim()), ...closing(node), "\n"];
  const inner = children.flatMap((one) => one.nodeType === Node.ELEMENT_NODE ? element(one, depth + 1) : ["  ".repeat(depth + 1), span("text", one.textContent.trim()), "\n"]);
  return [space, ...opening(node), span("p", ">"), "\n", ...inner, space, ...closing(node), "\n"];
}

export function pretty(body, nothing) {
  const place = document.createElement("pre");
  const parsed = body?.trim().startsWith("<") ? new DOMParser().parseFromString(body.trim(), "text/xml") : null;
  if (parsed && !parsed.querySelector("parsererror")) place.append(...element(parsed.documentElement, 0));
  else place.textContent = body || nothing;
  return place;
}
