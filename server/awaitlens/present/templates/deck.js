// One slide at a time, by keyboard or button. Inside an editor a place in the code is a button that goes there.
(() => {
  "use strict";
  const body = document.body;
  const slides = [...document.querySelectorAll(".slide")];
  const way = document.querySelector(".way");
  const [back, on] = way.querySelectorAll("button");
  const counter = way.querySelector(".count");
  const voice = document.querySelector("[aria-live]");
  const host = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : null;
  let here = -1;

  const overview = () => body.classList.contains("all");

  function remembered() {
    const state = host?.getState();
    const kept = host
      ? state?.deck === document.title && state.slide
      : Number(location.hash.slice(1)) - 1;
    return Number.isInteger(kept) && slides[kept] ? kept : 0;
  }

  // The address names no element: the browser would scroll to it, past the title.
  function remember() {
    if (host) host.setState({ deck: document.title, slide: here });
    else history.replaceState(null, "", `#${here + 1}`);
  }

  function show() {
    slides.forEach((slide, number) => {
      slide.hidden = !overview() && number !== here;
      slide.classList.toggle("here", number === here);
    });
    back.setAttribute("aria-disabled", String(here === 0));
    on.setAttribute("aria-disabled", String(here === slides.length - 1));
    counter.textContent = `${here + 1} / ${slides.length}`;
  }

  function go(number) {
    const next = Math.min(Math.max(number, 0), slides.length - 1);
    if (next === here) return;
    const focusIsLost = slides[here]?.contains(document.activeElement);
    here = next;
    show();
    remember();
    const heading = slides[here].querySelector("h2");
    if (focusIsLost) heading.focus({ preventScroll: true });
    if (overview()) slides[here].scrollIntoView({ block: "nearest" });
    else {
      scrollTo(0, 0);
      if (slides[here].matches(".step")) bringIntoView("[aria-current]", ".line.focus");
    }
    voice.textContent = `Slide ${here + 1} of ${slides.length}: ${said(slides[here], heading)}`;
  }

  // The last of the places is the one that counts where the screen is too low for all.
  function bringIntoView(...places) {
    for (const place of places) slides[here].querySelector(place)?.scrollIntoView({ block: "nearest" });
  }

  function said(slide, heading) {
    return [heading, ...slide.querySelectorAll(".mark.now")].map((part) => part.textContent.trim()).join(". ");
  }

  function toggleOverview() {
    const all = body.classList.toggle("all");
    body.classList.toggle("one", !all);
    show();
    slides[here].scrollIntoView({ block: "nearest" });
    voice.textContent = all ? `All ${slides.length} slides` : `Slide ${here + 1} of ${slides.length}`;
  }

  // Up and down scroll first: they only turn the page where there is nothing left to scroll.
  function atEdge(direction) {
    const page = document.scrollingElement;
    return direction < 0 ? page.scrollTop <= 0 : page.scrollTop + page.clientHeight >= page.scrollHeight - 1;
  }

  function wanted(event) {
    switch (event.key) {
      case "ArrowRight": case "PageDown": return here + 1;
      case "ArrowLeft": case "PageUp": return here - 1;
      case "ArrowDown": return !event.repeat && atEdge(1) ? here + 1 : null;
      case "ArrowUp": return !event.repeat && atEdge(-1) ? here - 1 : null;
      case " ": return event.target.closest("button, a") ? null : here + (event.shiftKey ? -1 : 1);
      case "Home": return 0;
      case "End": return slides.length - 1;
      default: return null;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return toggleOverview();
    const number = wanted(event);
    if (number === null) return;
    event.preventDefault();
    go(number);
  });
  back.addEventListener("click", () => go(here - 1));
  on.addEventListener("click", () => go(here + 1));

  if (host) {
    for (const place of document.querySelectorAll(".place[data-path]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "place";
      button.textContent = place.textContent;
      const { path, line, column } = place.dataset;
      button.addEventListener("click", () => host.postMessage({ path, line: Number(line), column: Number(column) }));
      place.replaceWith(button);
    }
  }
  body.classList.add("one");
  way.hidden = false;
  go(remembered());
})();
