// Runs in_extension_host.cjs inside the extension host of a real VS Code, with the extension as it lies in client-vscode/.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, VSCode } from './workbench.mjs';

const { values: options } = parseArgs({
  options: {
    version: { type: 'string', default: '4.139.1' },
    server: { type: 'string', default: path.join(ROOT, '.venv/bin/awaitlens') },
  },
});

const fixture = path.join(ROOT, 'tests/editors/fixtures/workspace');
const code = await VSCode.start({
  version: options.version,
  fixture,
  settings: () => ({ 'awaitlens.path': options.server }),
});
let result;
try {
  const page = await code.newPage();
  page.on('console', (message) => {
    const line = /TEST ([^\n]*)/.exec(message.text());
    if (line) {
      console.log(line[1]);
    }
  });
  const ended = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', () => undefined);
  const uri = (file) => ({ scheme: 'vscode-remote', authority: `127.0.0.1:${code.port}`, path: path.join(ROOT, file) });
  // A built workbench takes no extension under development from its address, but still from its page's settings. They
  // are there as soon as the page is parsed, and are read right after.
  await page.addInitScript(
    ([extension, tests]) =>
      document.addEventListener(
        'readystatechange',
        () => {
          const settings = document.getElementById('vscode-workbench-web-configuration');
          if (!settings) return;
          const values = JSON.parse(settings.dataset.settings);
          values.developmentOptions = {
            ...values.developmentOptions,
            extensions: [extension],
            extensionTestsPath: tests,
          };
          settings.dataset.settings = JSON.stringify(values);
        },
        { once: true },
      ),
    [uri('client-vscode'), uri('tests/editors/vscode/in_extension_host.cjs')],
  );
  await page.goto(`http://127.0.0.1:${code.port}/?${new URLSearchParams({ folder: code.workspace })}`);
  const patience = new Promise((resolve) => setTimeout(resolve, 240_000, 'it did not end'));
  result = await Promise.race([ended, patience]);
  await page.screenshot({ path: path.join(code.shots, 'extension-host.png') });
  if (result !== 0) {
    console.log(code.logs().join('\n'));
  }
} finally {
  await code.close();
}
console.log(result === 0 ? 'ok      extension host' : `FAILED  extension host: ${result}`);
process.exit(result === 0 ? 0 : 1);
