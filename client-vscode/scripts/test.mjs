// Bundles each test with a small stand-in for the editor's module, and runs them with Node's own runner.

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const tests = readdirSync('test').filter((name) => name.endsWith('.test.ts'));
rmSync('out', { recursive: true, force: true });
await build({
  entryPoints: tests.map((name) => `test/${name}`),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir: 'out',
  sourcemap: 'inline',
  alias: { vscode: './test/fake_vscode.ts' },
  logLevel: 'warning',
});
const files = tests.map((name) => `out/${name.replace(/\.ts$/, '.js')}`);
process.exit(
  spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...files], {
    stdio: 'inherit',
  }).status ?? 1,
);
