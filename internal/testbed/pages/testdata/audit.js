// Lists what is wrong with a page of a report. Contrast is that of WCAG 2.2 level
// AA, success criterion 1.4.3: 4.5 to 1 for text of this size.
(() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is wider than the window: ${root.scrollWidth} > ${root.clientWidth}`);

  const known = new Set("html head meta link title style body header p span h1 h2 h3 h4 bdi dl dt dd nav a main section figure figcaption svg g path circle rect text article code b pre details summary ol li i table caption thead tbody tr th td div footer script".split(" "));
  for (const e of document.querySelectorAll("*")) {
    if (!known.has(e.localName)) wrong.push(`an element <${e.localName}>`);
    for (const a of e.attributes) if (a.name.startsWith("on")) wrong.push(`an attribute ${a.name} of <${e.localName}>`);
  }
  const scripts = [...document.scripts];
  if (scripts.length !== 1 || scripts[0].type !== "application/json") wrong.push(`${scripts.length} scripts`);
  if (JSON.parse(scripts[0].textContent).schema !== "pullpath.report/v1") wrong.push("the script is no report");

  let level = 0;
  for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const next = Number(h.localName[1]);
    if (next > level + 1) wrong.push(`a heading of level ${next} below one of level ${level}: ${h.textContent}`);
    level = next;
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");

  for (const a of document.querySelectorAll("a[href]")) {
    const to = a.getAttribute("href");
    if (!to.startsWith("#") || !document.getElementById(to.slice(1))) wrong.push(`a link to nowhere: ${to}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id is there twice");

  const all = document.body.textContent;
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/.test(all)) wrong.push("a mark that turns the direction or does not show");
  for (const e of document.querySelectorAll("bdi,td,dd,pre,summary")) {
    if (!getComputedStyle(e).unicodeBidi.startsWith("isolate")) { wrong.push(`<${e.localName}> is not isolated`); break; }
  }

  if (matchMedia("print").matches) {
    const printed = [...document.querySelectorAll("details:not([open])")].filter(e => e.checkVisibility());
    if (printed.length) wrong.push(`${printed.length} parts that nobody opened are on paper`);
  }

  const numbers = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const box = e.namespaceURI.endsWith("svg") && e.localName === "g" ? e.querySelector("rect,circle") : null;
      const c = numbers(box ? getComputedStyle(box).fill : getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || e.localName === "script" || e.localName === "title" || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(numbers(e.namespaceURI.endsWith("svg") ? style.fill : style.color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.add(`contrast ${ratio.toFixed(2)} of <${e.localName} class="${e.getAttribute("class") || ""}"> in ${e.parentElement.localName}`);
  }
  return [...new Set([...wrong, ...pale])];
})()
