// What a person does at one window of the editor, and what there is to see.

import assert from 'node:assert/strict';
import path from 'node:path';
import { placeOfWords, timeToNextSquiggle, underlinedWords, visibleLines } from './in_page.mjs';
import { sleep, until } from './waiting.mjs';

export class Page {
  constructor(code, page) {
    this.code = code;
    this.page = page;
  }

  get editor() {
    return this.page.locator('.editor-instance .monaco-editor').first();
  }

  /** A window that has just opened still sets up its watch over the settings, and may lose it when they change at once. */
  async isSettled() {
    await sleep(8000);
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(this.code.shots, `${name}.png`) });
  }

  /** Waits until exactly these words are underlined, in the order of the page: each squiggle lies under its words. */
  async underlined(...words) {
    let seen;
    await until(
      `underlined: ${words.join(', ')}`,
      async () => {
        seen = await this.page.evaluate(underlinedWords);
        return JSON.stringify(seen) === JSON.stringify(words);
      },
      30,
    ).catch((error) => assert.fail(`${error.message}; there is ${JSON.stringify(seen)}`));
  }

  underlinedNow() {
    return this.page.evaluate(underlinedWords);
  }

  /** The text of the editor's visible lines, hints included. */
  async lines() {
    const lines = await this.page.evaluate(visibleLines);
    return lines;
  }

  async showsLine(part) {
    await until(`a line with ${part}`, async () => (await this.lines()).some((line) => line.includes(part)), 20);
  }

  async showsNoLine(part) {
    await until(`no line with ${part}`, async () => !(await this.lines()).some((line) => line.includes(part)), 20);
  }

  /** Where the words stand on the screen, in the first visible line that has them. */
  async place(words) {
    const box = await this.page.evaluate(placeOfWords, words);
    assert.ok(box, `"${words}" is not on the screen`);
    return box;
  }

  async clickOn(words) {
    const box = await this.place(words);
    await this.page.mouse.click(box.x + Math.min(6, box.width / 2), box.y + box.height / 2);
  }

  /** The text of the hover over the words. The pointer comes from outside, as a hand would, and again if need be. */
  async hover(words, expected) {
    const hover = this.page.locator('.monaco-hover:visible', { hasText: expected }).first();
    await until(
      `a hover with ${expected}`,
      async () => {
        const box = await this.place(words);
        await this.page.mouse.move(box.x + 60, box.y + 200);
        await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
        return hover.waitFor({ timeout: 5000 }).then(() => true);
      },
      30,
    );
    return (await hover.innerText()).replace(/\s+/g, ' ');
  }

  async away() {
    await this.page.keyboard.press('Escape');
    await this.page.mouse.move(1100, 500);
  }

  /** Opens the menu of code actions at the words and gives its entries. */
  async quickFixes(words) {
    await this.clickOn(words);
    const menu = this.page.locator('.action-widget:visible').first();
    await until(
      'code actions',
      async () => {
        await this.page.keyboard.press('Control+.');
        return menu.waitFor({ timeout: 5000 }).then(() => true);
      },
      20,
    );
    await menu.locator('.action').first().waitFor();
    return menu.locator('.action .title').allInnerTexts();
  }

  /** Takes an entry of the open menu by keyboard; the first one has the focus when it opens. */
  async choose(title) {
    const titles = await this.page.locator('.action-widget:visible').first().locator('.action .title').allInnerTexts();
    const index = titles.indexOf(title);
    assert.ok(index >= 0, `"${title}" is not among ${titles.join('; ')}`);
    await this.press(...Array(index).fill('ArrowDown'), 'Enter');
    await this.page.locator('.action-widget:visible').first().waitFor({ state: 'hidden' });
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  async type(text) {
    await this.page.keyboard.type(text);
  }

  /**
   * Types a pitfall on a line of its own, several times: the milliseconds from the key that completes it to its squiggle.
   * `shown` are the words underlined above the cursor.
   */
  async timesOfTyping(shown, count) {
    const times = [];
    for (let number = 1; number <= count; number++) {
      await this.type(`\n    time.sleep(${number}`);
      await this.underlined(...shown);
      const time = this.page.evaluate(timeToNextSquiggle);
      await this.page.evaluate(() => undefined); // The page listens by the time it answers this.
      await this.type(')');
      times.push(Math.round(await time));
      shown = [...shown, `time.sleep(${number})`];
      await this.underlined(...shown);
    }
    return times;
  }

  async goTo(line, column = 1) {
    await this.pick('Control+g', `:${line}:${column}`, `line ${line}`);
    await this.page
      .locator('.editor-instance .active-line-number', { hasText: new RegExp(`^${line}$`) })
      .first()
      .waitFor();
  }

  async run(command) {
    await this.pick('F1', `>${command}`, command);
  }

  /** Walkthroughs are chosen in a second box, which opens when the command has run. */
  async pickWalkthrough(title) {
    await this.run('Welcome: Open Walkthrough...');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await row.click();
    await this.page.locator('.gettingStartedContainer').getByText(title).first().waitFor();
  }

  async openFile(name) {
    await this.page.locator('.explorer-viewlet .monaco-list-row', { hasText: name }).first().dblclick();
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor();
  }

  // A window that is still young knows no notebooks yet, and would show the file's JSON.
  async openNotebook(name) {
    const cells = this.page.locator('.notebookOverlay .cell-list-container').first();
    await until(
      'a notebook, not JSON',
      async () => {
        await this.openFile(name);
        const there = await cells.waitFor({ timeout: 8000 }).then(
          () => true,
          () => false,
        );
        if (!there) {
          await this.page.locator('.tab.active').first().click({ button: 'middle', timeout: 5000 });
        }
        return there;
      },
      30,
    );
  }

  // The box at the top of the window: commands with ">", lines with ":".
  async pick(key, text, row = '') {
    const box = this.page.locator('.quick-input-widget input').first();
    const wanted = this.page.locator('.quick-input-list .monaco-list-row', { hasText: row }).first();
    await until(
      `an entry ${row}`,
      async () => {
        // Asked again where it came too early: extensions may still be on their way.
        await this.press('Escape', key);
        await box.waitFor({ state: 'visible', timeout: 5000 });
        await box.fill(text);
        return wanted.waitFor({ timeout: 5000 }).then(() => true);
      },
      40,
    );
    await this.page.keyboard.press('Enter');
    // Hidden, or asking on.
    await until('the entry taken', async () => !(await wanted.isVisible()), 10);
  }

  /** Waits for "2 problems" in the status bar, as its label says it. */
  async problems(expected) {
    const item = this.page.locator('#status\\.problems a').first();
    let label;
    await until(
      `problems: ${expected}`,
      async () => expected.test((label = await item.getAttribute('aria-label'))),
      20,
    ).catch((error) => assert.fail(`${error.message}; there is ${label}`));
  }

  /** The innermost frame that has the selector: webviews are frames within frames. */
  async frameWith(selector) {
    return until(
      `a webview with ${selector}`,
      async () => {
        for (const frame of this.page.frames()) {
          if (
            await frame
              .locator(selector)
              .count()
              .catch(() => 0)
          ) {
            return frame;
          }
        }
        return undefined;
      },
      30,
    );
  }

  /** The titles of the open editors. */
  tabs() {
    return this.page.locator('.tabs-container .tab').allInnerTexts();
  }

  clipboard() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  notifications() {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  async close() {
    await this.page.context().close();
  }
}
