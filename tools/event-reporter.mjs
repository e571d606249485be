/**
 * A reporter for node's test runner: how each test ended, a line of JSON each (`TestEnd` in tools/recap.ts). No
 * TypeScript, because the runner loads its reporters before what it is to import (Node 20.20, tried).
 */
import { inspect } from 'node:util';

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* ends(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { file = '', name, nesting, details } = data;
    const end = { file, name, nesting, ms: details?.duration_ms ?? 0 };
    // A suite fails with its tests, which are told.
    const failed = type === 'test:fail' && details?.error?.failureType !== 'subtestsFailed';
    yield `${JSON.stringify(failed ? { ...end, error: said(details?.error) } : end)}\n`;
  }
}

/** What was thrown; where that is not known, what the runner says. */
function said(error) {
  const cause = error?.cause ?? error?.message ?? 'it failed';
  return typeof cause === 'string' ? cause : inspect(cause);
}
