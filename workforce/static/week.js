// Weeks and days are walked by [ and ]; a kind of shift brings its usual times along.
addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const way = { "[": "prev", "]": "next" }[event.key];
  if (way) document.querySelector(`a[rel=${way}]`)?.click();
});

document.querySelector("#kind")?.addEventListener("change", (event) => {
  const { begins, ends } = event.target.selectedOptions[0].dataset;
  const { form } = event.target;
  form.elements.begins.value = begins;
  form.elements.ends.value = ends;
});
