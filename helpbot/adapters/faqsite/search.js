// Finds pages by the words of a question. Everything stays in this page: no request, nothing kept.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const stop = new Set(data.stopwords);
  const SHOWN = 8, FLOOR = 0.15;

  const wordsOf = (text) => {
    const folded = text.slice(0, 1000).toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/[’‘`´]/g, "'")
      .normalize("NFKD").replace(/\p{M}/gu, "").replace(/\b(lorsqu|puisqu|jusqu|quelqu|qu|[cdjlmnst])'/g, "$1 ");
    const all = (folded.match(/\d+(?:[.,]\d+)+|[\p{L}\p{N}]+/gu) || [])
      .flatMap((word) => Object.hasOwn(data.abbreviations, word) ? data.abbreviations[word] : [word]);
    const kept = all.filter((word) => !stop.has(word));
    return [...new Set(kept.length ? kept : all)];
  };

  const pages = data.pages.map((page) => ({ ...page, sets: page.phrasings.map((p) => new Set(p.split(" "))) }));
  const count = new Map();
  for (const page of pages) {
    for (const word of new Set([...page.sets.flatMap((set) => [...set]), ...page.answer])) {
      count.set(word, (count.get(word) || 0) + 1);
    }
  }
  const weight = (word) => Math.log(1 + pages.length / (count.get(word) || 0.5));

  const oneEdit = (a, b) => {
    if (Math.abs(a.length - b.length) > 1) return false;
    let i = 0, j = 0;
    while (i < a.length && a[i] === b[i]) i++;
    while (j < a.length - i && j < b.length - i && a[a.length - 1 - j] === b[b.length - 1 - j]) j++;
    const x = a.length - i - j, y = b.length - i - j;
    return (x <= 1 && y <= 1) || (x === 2 && y === 2 && a[i] === b[i + 1] && a[i + 1] === b[i]);
  };
  const likeness = (asked, known, last) => {
    if (asked === known) return 1;
    let same = 0;
    while (same < asked.length && asked[same] === known[same]) same++;
    if (same >= 4 && same >= 0.7 * Math.max(asked.length, known.length)) return 0.8;
    if (last && asked.length >= 2 && same === asked.length) return 0.6;
    return asked.length >= 5 && oneEdit(asked, known) ? 0.7 : 0;
  };

  const search = (text) => {
    const asked = wordsOf(text);
    const like = asked.map((word, at) => {
      const near = new Map();
      for (const known of count.keys()) {
        const much = likeness(word, known, at === asked.length - 1);
        if (much) near.set(known, much);
      }
      return near;
    });
    const weights = asked.map(weight);
    const total = weights.reduce((sum, w) => sum + w, 0);
    const best = (set, near) => {
      let top = 0;
      for (const [known, much] of near) if (much > top && set.has(known)) top = much;
      return top;
    };
    const covered = (set) => asked.reduce((sum, _, i) => sum + weights[i] * best(set, like[i]), 0) / total;
    return pages.map((page) => {
      let score = 0;
      for (const set of page.sets) {
        const part = covered(set);
        if (part) score = Math.max(score, part * (0.7 + 0.3 * Math.min(1, asked.length / set.size)));
      }
      const whole = new Set([...page.sets.flatMap((set) => [...set]), ...page.answer]);
      return { page, score: 0.8 * score + 0.2 * covered(whole) };
    }).filter((found) => found.score >= FLOOR)
      .sort((a, b) => b.score - a.score).slice(0, SHOWN);
  };

  const show = () => {
    const text = $("asked").value.trim();
    const scored = text ? search(text) : [];
    // An urgent page that is nearly as close as the closest comes first.
    const first = ({ page, score }) => page.urgent && score >= 0.8 * scored[0].score;
    const found = [...scored.filter(first), ...scored.filter((one) => !first(one))].map((one) => one.page);
    $("results").replaceChildren(...found.map((page) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = page.href;
      link.textContent = page.title;
      const theme = document.createElement("span");
      theme.className = "theme";
      theme.textContent = ` ${page.theme}`;
      item.append(link, theme);
      return item;
    }));
    $("found").hidden = !found.length;
    $("all").hidden = found.length > 0;
    $("told").textContent = !text ? ""
      : found.length ? `${found.length} réponse${found.length > 1 ? "s" : ""}, la plus proche d’abord. Entrée y mène.`
      : "Rien de proche : essayez d’autres mots, ou cherchez dans la liste.";
  };

  $("form").hidden = false;
  $("asked").addEventListener("input", show);
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = $("results").querySelector("a");
    if (first) first.focus();
  });
  addEventListener("pageshow", show);
})();
