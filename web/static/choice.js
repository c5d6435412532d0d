// Long selects become boxes in which one types: Chinese, pinyin, or the first letters. The select stays
// the form's field: whatever is set there from outside is shown, and its events are the box's.

import { _ } from "/static/words.js";

const NOTHING = _("（不填）");
const NONE_FITS = _("没有符合的");
const MOST_PX = 320;
const LEAST_PX = 140;
const OWN_VALUE = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value");

const selects = [...document.querySelectorAll("select[data-choice]")];
if (selects.length) {
  Promise.all(["tom-select", "pinyin-pro"].map((name) => import(`/static/vendor/${name}.js`)))
    .then(() => selects.forEach(makeBox));
}

// As one types it: all letters, then the first of each syllable (changjianglu cjl).
const spelled = (name) => {
  const syllables = window.pinyinPro.pinyin(name, { toneType: "none", type: "array", v: true, nonZh: "consecutive" });
  return `${syllables.join("").replaceAll(" ", "")} ${syllables.map((one) => one.trim()[0]).join("")}`;
};

function makeBox(select) {
  for (const option of select.options) option.dataset.spelled = spelled(option.dataset.name ?? option.text);
  const label = select.closest("label");
  const own = label?.control === select;
  const many = select.multiple;
  const waiting = document.activeElement === select;
  const box = new window.TomSelect(select, {
    plugins: many ? { remove_button: { title: _("移除") } } : {},
    allowEmptyOption: !many,
    placeholder: many ? _("输入名称、拼音或首字母") : "",
    searchField: ["text", "spelled"],
    diacritics: false,
    maxOptions: null,
    openOnFocus: false,
    selectOnTab: true,
    clearAfterSelect: true,
    refreshThrottle: 0,
    dropdownParent: "body",
    render: {
      option: ({ text }, escape) => `<div>${escape(text || NOTHING)}</div>`,
      item: ({ text }, escape) => `<div>${escape(text) || "&nbsp;"}</div>`,
      no_results: () => `<div class="no-results">${NONE_FITS}</div>`,
    },
  });
  // An input method puts apostrophes between the syllables while one is still typing.
  box.inputValue = () => box.control_input.value.replaceAll("'", "").trim();
  box.positionDropdown = () => place(box);
  if (own) label.htmlFor = box.control_input.id;
  select.setAttribute("aria-hidden", "true");
  listen(box);
  follow(select, box);
  // Whoever was quicker than the box goes on in it.
  if (waiting) box.focus();
}

// What is typed into the box is no value of the form, and Enter never sends it: closed, it opens the list.
function listen(box) {
  for (const name of ["input", "change"]) box.wrapper.addEventListener(name, (event) => event.stopPropagation());
  box.wrapper.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || box.isOpen) return;
    event.preventDefault();
    event.stopPropagation();
    box.open();
  }, true);
  box.control.addEventListener("click", () => { if (!box.isOpen && !box.isDisabled) box.refreshOptions(true); });
  document.addEventListener("scroll", ({ target }) => { if (box.isOpen && !box.dropdown.contains(target)) place(box); }, { capture: true, passive: true });
}

function follow(select, box) {
  const show = () => {
    const chosen = [...select.selectedOptions].map(({ value }) => value);
    if (`${chosen}` !== `${box.items}`) box.setValue(chosen, true);
  };
  Object.defineProperty(select, "value", {
    configurable: true,
    get() { return OWN_VALUE.get.call(this); },
    set(value) { OWN_VALUE.set.call(this, value); show(); },
  });
  select.addEventListener("change", show);
  // One of several ways to choose, with a box of its own: who uses the box chooses this way.
  const way = select.closest("label")?.control;
  if (way?.type === "radio") select.addEventListener("change", () => { way.checked ||= select.value !== ""; });
  select.form?.addEventListener("reset", () => setTimeout(show));
  // The box sets the same again, which is news, too.
  const lock = () => {
    if (select.disabled !== box.isDisabled) select.disabled ? box.disable() : box.enable();
  };
  // Unlocked and focused in one breath: the observer has not spoken yet.
  select.addEventListener("focus", () => { lock(); box.focus(); });
  new MutationObserver(lock).observe(select, { attributeFilter: ["disabled"] });
}

// Below the box, or above it where there is more room.
function place({ control, dropdown, dropdown_content: list }) {
  const { left, top, bottom, width } = control.getBoundingClientRect();
  const below = innerHeight - bottom - 8;
  const above = below < LEAST_PX && top > below;
  list.style.maxHeight = `${Math.min(MOST_PX, above ? top - 8 : below)}px`;
  const wide = Math.min(Math.max(width, 220), innerWidth - 16);
  Object.assign(dropdown.style, {
    width: `${wide}px`,
    left: `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`,
    top: above ? "auto" : `${bottom}px`,
    bottom: above ? `${innerHeight - top}px` : "auto",
  });
}
