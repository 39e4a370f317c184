import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fits, parseVersion } from '../src/version';

test('a version is found in what the program prints', () => {
  assert.deepEqual(parseVersion('awaitlens 1.20.3 (Python 3.12.1)'), [1, 20, 3]);
  assert.equal(parseVersion('command not found'), undefined);
});

test('server and extension fit when major and minor agree', () => {
  assert.ok(fits('0.1.9', '0.1.0'));
  assert.ok(!fits('0.2.0', '0.1.0'));
  assert.ok(!fits('1.1.0', '0.1.0'));
  assert.ok(!fits('', '0.1.0'));
});
