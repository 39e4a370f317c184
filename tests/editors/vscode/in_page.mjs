// These functions run inside the page: each is sent there by its text, so none of them may use another.

/** The text of the visible lines, from the top. */
export function visibleLines() {
  const lines = [...document.querySelectorAll('.editor-instance .view-line')];
  const top = (line) => line.getBoundingClientRect().top;
  return lines.sort((one, other) => top(one) - top(other)).map((line) => line.textContent.replaceAll('\u00a0', ' '));
}

/** The box on the screen of the words, in the first visible line that has them; null where there is none. */
export function placeOfWords(words) {
  for (const line of document.querySelectorAll('.editor-instance .view-line')) {
    const text = line.textContent.replaceAll('\u00a0', ' ');
    const start = text.indexOf(words);
    if (start < 0) continue;
    const range = document.createRange();
    let passed = 0;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const here = passed;
      passed += node.length;
      if (start >= here && start < passed) range.setStart(node, start - here);
      if (start + words.length > here && start + words.length <= passed)
        range.setEnd(node, start + words.length - here);
    }
    const { x, y, width, height } = range.getBoundingClientRect();
    return { x, y, width, height };
  }
  return null;
}

/** The words that lie above each squiggle, from the top of the page to its end. */
export function underlinedWords() {
  const found = [...document.querySelectorAll(':is(.editor-instance, .notebookOverlay) [class*="squiggly-"]')].map(
    (mark) => {
      const under = mark.getBoundingClientRect();
      const characters = [];
      for (const line of document.querySelectorAll(':is(.editor-instance, .notebookOverlay) .view-line')) {
        const box = line.getBoundingClientRect();
        if (under.top + under.height / 2 < box.top || under.top + under.height / 2 > box.bottom) continue;
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          for (let index = 0; index < node.length; index++) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + 1);
            const letter = range.getBoundingClientRect();
            const middle = letter.left + letter.width / 2;
            if (middle > under.left && middle < under.right) characters.push(node.data[index]);
          }
        }
      }
      return { top: under.top, left: under.left, words: characters.join('').replaceAll('\u00a0', ' ') };
    },
  );
  return found.sort((one, other) => one.top - other.top || one.left - other.left).map((each) => each.words);
}

/** The milliseconds from the next key to one more squiggle than there is now, as the page itself sees them. */
export function timeToNextSquiggle() {
  const count = () => document.querySelectorAll('.editor-instance [class*="squiggly-"]').length;
  const before = count();
  return new Promise((resolve) => {
    let pressed;
    addEventListener('keydown', () => (pressed ??= performance.now()), { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (count() > before) {
        observer.disconnect();
        resolve(performance.now() - pressed);
      }
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}
