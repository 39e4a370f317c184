import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkArguments, readReport, unitsBefore } from '../src/report';

test('a report is read file by file', () => {
  const finding = (path: string, line: number) => ({
    path,
    line,
    column: 1,
    end_line: line,
    end_column: 2,
    pitfall: 'busy-wait',
    severity: 'warning',
    message: 'm',
  });
  const files = readReport(JSON.stringify([finding('a.py', 1), finding('b.py', 1), finding('a.py', 7)]));
  assert.deepEqual(
    [...files].map(([path, findings]) => [path, findings.map((each) => each.line)]),
    [
      ['a.py', [1, 7]],
      ['b.py', [1]],
    ],
  );
  assert.throws(() => readReport('No such folder'));
});

test('columns in code points become UTF-16 units', () => {
  assert.equal(unitsBefore('x = "👋🏽"; f()', 10), 11);
  assert.equal(unitsBefore('plain', 3), 2);
  assert.equal(unitsBefore('short', 99), 5);
});

test('the check is told what the settings say', () => {
  assert.deepEqual(checkArguments([], []), ['check', '--output-format', 'json', '.']);
  assert.deepEqual(checkArguments(['ALL'], ['a', 'b']).slice(3), ['--select', 'ALL', '--ignore', 'a,b', '.']);
});
