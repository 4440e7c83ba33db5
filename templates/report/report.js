// What the page does beside being read: a theme, a search, keys for the tree, and the details of a
// route. Texts of the app are put into the page as text and never as markup.
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  root.classList.add("js");

  // The theme is set before anything is drawn. A page from a disk may have no storage.
  const THEMES = ["auto", "light", "dark"];
  let theme = "auto";
  const remembered = "covet-codegen report theme";
  try { theme = localStorage.getItem(remembered) || theme; } catch { /* it stays as it is */ }
  const paint = () => {
    if (!THEMES.includes(theme)) theme = "auto";
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  paint();

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const number = (n) => n.toLocaleString("en");

  const start = () => {
    const data = JSON.parse(byId("data").textContent);
    const { routes, models, findings } = data;
    const tree = byId("tree");
    const search = byId("search");
    const detail = byId("detail");
    const side = document.querySelector(".side");

    // The theme's button.
    const button = byId("theme");
    const label = () => { byId("theme-name").textContent = theme; };
    label();
    button.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      try { localStorage.setItem(remembered, theme); } catch { /* for this visit only */ }
      paint();
      label();
    });

    // The tree, as the markup has it. Folders come before what they hold.
    const rows = new Array(routes.length);
    const folders = [];
    const folderOf = new Map();
    tree.setAttribute("role", "tree");
    for (const item of tree.querySelectorAll("li")) {
      item.setAttribute("role", "treeitem");
      const parent = folderOf.get(item.parentNode);
      if (item.className === "r") {
        const route = Number(item.id.slice(1));
        rows[route] = { item, parent, shown: true };
      } else {
        const details = item.firstElementChild;
        const [summary, list] = details.children;
        const folder = { item, details, parent, label: summary.lastElementChild, routes: [], hits: 0, inside: 0, open: details.open };
        folder.text = folder.label.textContent;
        folders.push(folder);
        folderOf.set(list, folder);
        details.setAttribute("role", "none");
        summary.setAttribute("role", "none");
        summary.tabIndex = -1;
        list.setAttribute("role", "group");
        item.setAttribute("aria-expanded", String(details.open));
        item.setAttribute("aria-label", `${summary.firstElementChild.textContent}, ${folder.text}`);
      }
    }
    tree.addEventListener("toggle", (event) => {
      const item = event.target.parentNode;
      if (item.className === "d") item.setAttribute("aria-expanded", String(event.target.open));
    }, true);

    // Searching: every word has to be somewhere in what is known of a route.
    const texts = routes.map((route) => [
      route.methods.join(" "), route.path, route.handler, route.parameters?.join(" "), route.source, route.response,
      route.returns, route.reason, route.headers?.join(" "), route.wrapper,
      route.findings?.map((f) => findings[f].code).join(" "),
    ].join("\n").toLowerCase());
    const chosen = { how: new Set(), method: new Set(), found: new Set() };
    // So many rows of what was found are opened at once.
    const IN_SIGHT = 150;
    let narrowed = false;

    const matches = (words, route, text) =>
      words.every((word) => text.includes(word))
      && (!chosen.how.size || chosen.how.has(route.how))
      && (!chosen.method.size || route.methods.some((method) => chosen.method.has(method)))
      && (!chosen.found.size || Boolean(route.findings));

    const narrow = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const narrows = words.length > 0 || Object.values(chosen).some((set) => set.size > 0);
      if (narrows && !narrowed) for (const folder of folders) folder.open = folder.details.open;
      for (const folder of folders) { folder.hits = 0; folder.inside = 0; }
      let hits = 0;
      routes.forEach((route, position) => {
        const row = rows[position];
        const shown = !narrows || matches(words, route, texts[position]);
        if (shown !== row.shown) { row.shown = shown; row.item.hidden = !shown; }
        if (!shown) return;
        hits += 1;
        if (row.parent) { row.parent.hits += 1; row.parent.inside += 1; }
      });
      for (const folder of folders.toReversed()) {
        if (folder.parent && folder.hits) { folder.parent.hits += folder.hits; folder.parent.inside += 1; }
      }
      let room = IN_SIGHT;
      for (const folder of folders) {
        if (folder.item.hidden !== (folder.hits === 0)) folder.item.hidden = folder.hits === 0;
        let open = folder.open;
        if (narrows) {
          open = folder.hits > 0 && folder.inside <= room && (!folder.parent || folder.parent.details.open);
          if (open) room -= folder.inside;
        }
        if (folder.details.open !== open && (narrows || narrowed)) folder.details.open = open;
        const text = narrows && folder.hits ? `${number(folder.hits)} of ${folder.text}` : folder.text;
        if (folder.label.textContent !== text) folder.label.textContent = text;
      }
      narrowed = narrows;
      byId("status").textContent = narrows ? `${number(hits)} of ${number(routes.length)} routes` : `${number(routes.length)} routes`;
      byId("nothing").hidden = hits > 0;
      if (!current || !inSight(current)) makeCurrent(first());
      highlight(words);
    };
    // What was searched for is marked where it is seen, as far as the browser can do that.
    const highlight = (words) => {
      if (typeof Highlight === "undefined") return;
      CSS.highlights.delete("found");
      const sought = words.filter((word) => word.length > 1);
      if (!sought.length) return;
      const ranges = [];
      let seen = 0;
      for (const { item, parent, shown } of rows) {
        if (!shown || (parent && !parent.details.open)) continue;
        seen += 1;
        if (seen > IN_SIGHT) break;
        const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const text = node.data.toLowerCase();
          // Few texts change their length with their case.
          if (text.length !== node.length) continue;
          for (const word of sought) {
            for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
              // A live range would have every change of the page wait for it.
              const endOffset = at + word.length;
              ranges.push(new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset }));
            }
          }
        }
      }
      CSS.highlights.set("found", new Highlight(...ranges));
    };
    let asked = 0;
    const soon = () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(narrow);
    };
    search.addEventListener("input", soon);
    document.querySelector(".chips").addEventListener("click", (event) => {
      const chip = event.target.closest("button");
      if (!chip) return;
      const { by, value } = chip.dataset;
      const on = !chosen[by].delete(value);
      if (on) chosen[by].add(value);
      chip.setAttribute("aria-pressed", String(on));
      narrow();
    });
    const clear = () => {
      search.value = "";
      for (const set of Object.values(chosen)) set.clear();
      for (const chip of document.querySelectorAll(".chips button")) chip.setAttribute("aria-pressed", "false");
      narrow();
    };

    // Moving in the tree. One item is current: it is the one that Tab reaches.
    let current = null;
    const isFolder = (item) => item.className === "d";
    const isOpen = (item) => isFolder(item) && item.firstElementChild.open;
    const inSight = (item) => {
      for (let at = item; at !== tree; at = at.parentNode) {
        if (at.hidden || (at !== item && at.className === "d" && !at.firstElementChild.open)) return false;
      }
      return true;
    };
    const sibling = (item, step) => {
      let at = item;
      do at = at[step]; while (at && at.hidden);
      return at;
    };
    const edge = (list, end, step) => {
      const item = list[end];
      return item && item.hidden ? sibling(item, step) : item;
    };
    const inside = (item) => item.firstElementChild.lastElementChild;
    const up = (item) => (item.parentNode === tree ? null : item.parentNode.closest("li"));
    const first = () => edge(tree, "firstElementChild", "nextElementSibling");
    const deepest = (item) => {
      let at = item;
      while (at && isOpen(at)) {
        const last = edge(inside(at), "lastElementChild", "previousElementSibling");
        if (!last) break;
        at = last;
      }
      return at;
    };
    const next = (item) => {
      if (isOpen(item)) {
        const child = edge(inside(item), "firstElementChild", "nextElementSibling");
        if (child) return child;
      }
      for (let at = item; at; at = up(at)) {
        const after = sibling(at, "nextElementSibling");
        if (after) return after;
      }
      return null;
    };
    const previous = (item) => {
      const before = sibling(item, "previousElementSibling");
      return before ? deepest(before) : up(item);
    };
    const makeCurrent = (item) => {
      if (!item || item === current) return;
      current?.removeAttribute("tabindex");
      current = item;
      item.tabIndex = 0;
    };
    const focus = (item) => {
      if (!item) return;
      makeCurrent(item);
      item.focus();
      if (!isFolder(item) && wide.matches) show(Number(item.id.slice(1)));
    };
    const toggle = (item, open) => { item.firstElementChild.open = open; };
    const KEYS = {
      ArrowDown: (item) => focus(next(item)),
      ArrowUp: (item) => focus(previous(item)),
      Home: () => focus(first()),
      End: () => focus(deepest(edge(tree, "lastElementChild", "previousElementSibling"))),
      ArrowRight: (item) => {
        if (!isFolder(item)) return;
        if (isOpen(item)) focus(next(item));
        else toggle(item, true);
      },
      ArrowLeft: (item) => {
        if (isOpen(item)) toggle(item, false);
        else focus(up(item));
      },
      Enter: (item) => activate(item),
      " ": (item) => activate(item),
      "*": (item) => { for (const other of item.parentNode.children) if (isFolder(other)) toggle(other, true); },
    };
    const activate = (item) => {
      if (isFolder(item)) toggle(item, !isOpen(item));
      else if (choose(Number(item.id.slice(1)))) detail.focus({ preventScroll: wide.matches });
    };
    tree.addEventListener("keydown", (event) => {
      const item = event.target;
      if (item.getAttribute("role") !== "treeitem" || event.ctrlKey || event.altKey || event.metaKey) return;
      const act = KEYS[event.key];
      if (!act) return;
      event.preventDefault();
      act(item);
    });
    tree.addEventListener("click", (event) => {
      if (event.target.closest("#detail")) return;
      const item = event.target.closest("li");
      if (!item) return;
      makeCurrent(item);
      item.focus({ preventScroll: true });
      // A summary toggles by itself; marking text in a line is no choice.
      if (!isFolder(item) && !String(getSelection())) choose(Number(item.id.slice(1)));
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const typing = event.target.closest?.("input, textarea, select");
      if (event.key === "/" && !typing) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "Escape" && detail.contains(event.target)) {
        event.preventDefault();
        if (shown !== null) focus(rows[shown].item);
      } else if (event.key === "Escape" && (typing === search || narrowed)) {
        event.preventDefault();
        clear();
      } else if (typing === search && (event.key === "ArrowDown" || event.key === "Enter")) {
        event.preventDefault();
        cancelAnimationFrame(asked);
        narrow();
        let item = first();
        while (item && isFolder(item) && narrowed) {
          toggle(item, true);
          item = next(item);
        }
        focus(item);
      }
    });
    const all = (open) => { for (const folder of folders) toggle(folder.item, open); makeCurrent(first()); };
    byId("expand").addEventListener("click", () => all(true));
    byId("collapse").addEventListener("click", () => all(false));

    // The details of a route: beside the tree where there is room, else below its line.
    const wide = matchMedia("(min-width: 70rem)");
    let shown = null;
    const HOW = {
      static: ["compiled", "found by one look-up in a map"],
      segments: ["compiled", "found by one walk down the tree, segment by segment"],
      program: ["compiled", "found by a walk down the tree, then by a look at the whole path"],
      regex: ["left to Python’s re", ""],
    };
    const ids = new Map(models.map((model, id) => [model.name, id]));
    // A type whose models are links, with its strings left alone.
    const type = (text) => {
      const made = element("code");
      for (const token of text.match(/"(?:[^"\\]|\\.)*"|\w+|[^]/gu) || []) {
        if (ids.has(token)) {
          const link = element("a", token);
          link.href = `#m${ids.get(token)}`;
          made.append(link);
        } else made.append(token);
      }
      return made;
    };
    const link = (position) => {
      const made = element("a", `${routes[position].methods.join(" ")} ${routes[position].path}`);
      made.href = `#r${position}`;
      return made;
    };
    const place = (found, but) => {
      const made = element("span");
      for (const route of found.routes || []) if (route !== but) made.append(link(route), " ");
      made.append(element("span", found.source, "f"));
      return made;
    };
    const finding = (found, but) => {
      const made = element("div", undefined, "finding");
      const head = element("p");
      head.append(element("em", found.severity, found.severity), " ", element("b", found.code), ` ${found.message}`);
      made.append(head);
      if (found.witness) {
        const witness = element("p", "shown by ", "witness");
        witness.append(element("code", found.witness));
        made.append(witness);
      }
      const places = element("ul");
      if (found.place && !found.place.routes?.includes(but)) {
        const item = element("li");
        item.append(place(found.place, but));
        places.append(item);
      }
      for (const related of found.related || []) {
        const item = element("li", related.message);
        if (related.place) item.append(": ", place(related.place, but));
        places.append(item);
      }
      if (places.children.length) made.append(places);
      if (found.help) made.append(element("p", found.help, "help"));
      return made;
    };
    const show = (position) => {
      const route = routes[position];
      const { item } = rows[position];
      if (shown !== null) rows[shown].item.removeAttribute("aria-selected");
      shown = position;
      item.setAttribute("aria-selected", "true");
      const head = item.querySelector(".p");
      const methods = element("p");
      for (const method of head.querySelectorAll(".m")) methods.append(method.cloneNode(true), " ");
      const facts = element("dl", undefined, "facts");
      const fact = (name, value, under) => {
        if (value === undefined) return;
        const made = element("dd");
        made.append(value);
        if (under) made.append(element("small", under));
        facts.append(element("dt", name), made);
      };
      const code = (text) => (text === undefined ? undefined : element("code", text));
      const [tier, meaning] = HOW[route.how];
      fact("handler", code(`${route.handler}(${(route.parameters || []).join(", ")})`),
        route.coroutine ? (route.suspends ? "awaited" : "awaited, though it never waits") : "called, not awaited");
      fact("source", code(route.source));
      fact("response", route.response === undefined ? undefined : type(route.response));
      if (route.returns !== route.response) fact("annotated", code(route.returns));
      fact("tier", tier, route.reason || meaning);
      fact("expression", code(route.expression));
      fact("reads", code(route.headers?.join(", ")));
      fact("wrapped by", code(route.wrapper));
      const order = route.how === "static" ? "static routes come before all others" : "lower ids are tried first";
      fact("id", String(route.id), order);
      detail.replaceChildren(methods, element("h3", route.path || "empty path"), facts);
      if (route.findings) {
        detail.append(element("h4", "Findings"));
        for (const found of route.findings) detail.append(finding(findings[found], position));
      }
      settle();
    };
    const settle = () => {
      const host = wide.matches || shown === null ? side : rows[shown].item;
      if (detail.parentNode !== host) host.append(detail);
    };
    wide.addEventListener("change", settle);
    const choose = (position) => {
      if (!wide.matches && shown === position && detail.parentNode === rows[position].item) {
        rows[position].item.removeAttribute("aria-selected");
        shown = null;
        settle();
        return false;
      }
      show(position);
      try { history.replaceState(null, "", `#r${position}`); } catch { /* not everywhere allowed */ }
      return true;
    };

    // Links to a route or to a folder open what it is in.
    const reveal = (hash) => {
      const item = /^#[rp]\d+$/.test(hash) ? byId(hash.slice(1)) : null;
      if (!item) return;
      if (item.hidden || narrowed) clear();
      for (let at = up(item); at; at = up(at)) toggle(at, true);
      if (isFolder(item)) toggle(item, true);
      else show(Number(item.id.slice(1)));
      makeCurrent(item);
      item.focus({ preventScroll: true });
      item.scrollIntoView({ block: isFolder(item) ? "start" : "center", behavior: "instant" });
    };
    addEventListener("hashchange", () => reveal(location.hash));
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href^='#']");
      if (link && link.hash === location.hash) reveal(link.hash);
    });

    // On paper everything is open.
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const details of closed) details.open = true;
    });
    addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

    narrow();
    makeCurrent(first());
    reveal(location.hash);
    root.classList.add("ready");
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
