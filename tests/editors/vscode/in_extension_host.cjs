// Runs inside VS Code's own extension host, against the real editor API. Prints TEST lines; the first failure ends it.

const assert = require('node:assert/strict');
const vscode = require('vscode');

const folder = () => vscode.workspace.workspaceFolders[0].uri;
const fileOf = (name) => vscode.Uri.joinPath(folder(), name);
const findings = (uri) => vscode.languages.getDiagnostics(uri).filter((each) => each.source === 'awaitlens');
const wordsAt = (document, range) => document.getText(range);

async function until(what, question, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const answer = await question();
    if (answer) return answer;
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

async function open(name) {
  const document = await vscode.workspace.openTextDocument(fileOf(name));
  await vscode.window.showTextDocument(document);
  return document;
}

async function written(name, text) {
  await vscode.workspace.fs.writeFile(fileOf(name), Buffer.from(text));
  return open(name);
}

async function found(document, count = 1) {
  await until(`${count} finding(s) in ${document.uri.path}`, () => findings(document.uri).length === count);
  return findings(document.uri);
}

const actionsAt = (document, range, kind) =>
  vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, range, kind, 20);

const TESTS = {
  'sleeps until a Python file is opened': async () => {
    const extension = vscode.extensions.getExtension('awaitlens.awaitlens');
    assert.equal(extension.isActive, false);
    await written('notes.txt', 'time.sleep(1)');
    assert.equal(extension.isActive, false);
    await open('notify.py');
    await until('activation', () => extension.isActive);
  },

  'a diagnostic has its range, source, code with a page, and a plain sentence': async () => {
    const document = await open('notify.py');
    const [finding] = await found(document);
    assert.equal(wordsAt(document, finding.range), 'time.sleep(0.01)');
    assert.equal(finding.code.value, 'blocking-sleep');
    assert.ok(finding.code.target, 'the code leads to the page of the pitfall');
    assert.equal(finding.severity, vscode.DiagnosticSeverity.Warning);
    assert.doesNotMatch(finding.message, /[`*\n]/);
  },

  'a trail is related information with places': async () => {
    const [finding] = await found(await open('race.py'));
    assert.equal(finding.code.value, 'stale-write-after-await');
    assert.ok(finding.relatedInformation.length >= 3);
    assert.equal(finding.relatedInformation[0].location.uri.toString(), fileOf('race.py').toString());
  },

  'positions hold behind emoji, behind a byte order mark and with Windows line ends': async () => {
    const text = '\ufeffimport time\r\n\r\n\r\nasync def f():\r\n    x = "👋🏽𝒉"; time.sleep(1)\r\n';
    const document = await written('windows.py', text);
    const [finding] = await found(document);
    assert.equal(wordsAt(document, finding.range), 'time.sleep(1)');
  },

  'a hover speaks only where there is something to say': async () => {
    const document = await open('notify.py');
    const [finding] = await found(document);
    const at = (position) => vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, position);
    const said = (await at(finding.range.start)).flatMap((hover) => hover.contents.map((each) => each.value)).join();
    assert.match(said, /Never block the loop/);
    const silent = (await at(new vscode.Position(1, 2)))
      .flatMap((hover) => hover.contents.map((each) => each.value))
      .join();
    assert.doesNotMatch(silent, /Law/);
  },

  'repairs come before ways to ignore': async () => {
    const document = await open('notify.py');
    const [finding] = await found(document);
    const actions = await actionsAt(document, finding.range, 'quickfix');
    const titles = actions.map((action) => action.title);
    const ignoring = titles.findIndex((title) => /^ignore/i.test(title));
    assert.ok(ignoring > 0 && titles.slice(ignoring).every((title) => /^ignore/i.test(title)), titles.join('; '));
  },

  'a fix is one edit that can be undone': async () => {
    const document = await open('notify.py');
    const before = document.getText();
    const [finding] = await found(document);
    const [fix] = await actionsAt(document, finding.range, 'quickfix');
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    assert.match(document.getText(), /^    await asyncio\.sleep\(0\.01\)$/m);
    await found(document, 0);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
    await found(document, 1);
  },

  'nothing that changes meaning is applied on save': async () => {
    const document = await open('notify.py');
    await found(document);
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const actions = await actionsAt(document, whole, 'source.fixAll');
    assert.ok(actions.every((action) => !action.edit || !/asyncio\.sleep/.test(JSON.stringify(action.edit.entries()))));
  },

  'hints stand where others may run': async () => {
    const document = await open('race.py');
    await found(document);
    const hints = await until('hints', async () => {
      const some = await vscode.commands.executeCommand(
        'vscode.executeInlayHintProvider',
        document.uri,
        new vscode.Range(0, 0, 20, 0),
      );
      return some.length && some;
    });
    const label = (hint) =>
      typeof hint.label === 'string' ? hint.label : hint.label.map((part) => part.value).join('');
    assert.match(hints.map(label).join(), /others may run/);
  },

  'closing a file takes its findings away': async () => {
    const document = await open('broken.py');
    await found(document, 2);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('no findings', () => findings(document.uri).length === 0);
  },

  'switched off and on again in one breath, it runs': async () => {
    const document = await open('notify.py');
    await found(document);
    const settings = vscode.workspace.getConfiguration('awaitlens');
    await settings.update('enable', false, vscode.ConfigurationTarget.Global);
    await settings.update('enable', undefined, vscode.ConfigurationTarget.Global);
    await until('the server that was stopped is gone', () => findings(document.uri).length === 0, 5).catch(
      () => undefined,
    );
    await found(document);
  },

  'all commands of package.json exist': async () => {
    const extension = vscode.extensions.getExtension('awaitlens.awaitlens');
    const known = new Set(await vscode.commands.getCommands(true));
    for (const { command } of extension.packageJSON.contributes.commands) {
      assert.ok(known.has(command), command);
    }
  },

  'a deck is shown for a finding, and none where there is nothing': async () => {
    const document = await open('notify.py');
    const [finding] = await found(document);
    const decks = () =>
      vscode.window.tabGroups.all
        .flatMap((group) => group.tabs)
        .filter((tab) => tab.input instanceof vscode.TabInputWebview);
    await vscode.commands.executeCommand('awaitlens.showSlides', {
      uri: document.uri.toString(),
      position: { line: 1, character: 0 },
    });
    assert.equal(decks().length, 0);
    await vscode.commands.executeCommand('awaitlens.showSlides', {
      uri: document.uri.toString(),
      position: finding.range.start,
    });
    await until('a deck', () => decks().length === 1);
  },

  'a restart keeps what is open and not saved': async () => {
    const document = await open('notify.py');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(9, 0), '    time.sleep(7)\n');
    await vscode.workspace.applyEdit(edit);
    await found(document, 2);
    await vscode.commands.executeCommand('awaitlens.restart');
    await found(document, 2);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  },
};

exports.run = async function run() {
  console.log(`TEST VS Code ${vscode.version}, Node ${process.version}`);
  const failed = [];
  for (const [title, test] of Object.entries(TESTS)) {
    try {
      await test();
      console.log(`TEST ok      ${title}`);
    } catch (error) {
      failed.push(title);
      console.log(`TEST FAILED  ${title}: ${String(error.message).split('\n').join(' ')}`);
    }
  }
  console.log(`TEST ${failed.length} failed of ${Object.keys(TESTS).length}`);
  if (failed.length) {
    throw new Error(failed.join('; '));
  }
};
