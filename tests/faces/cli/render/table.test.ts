import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten } from '../../../../scripts/domain/text/shorten.ts';
import { renderTable } from '../../../../scripts/faces/cli/render/table.ts';

const table = {
  head: ['Job', 'Nothing', 'Summary'],
  rows: [
    ['run-1', '', 'a | b\nand more'],
    ['run-22', '', 'short'],
  ],
};

test('for a program the table is Markdown, a row a line', () => {
  assert.equal(
    renderTable(table, undefined),
    '| Job | Nothing | Summary |\n| --- | --- | --- |\n| run-1 |  | a \\| b and more |\n| run-22 |  | short |',
  );
});

test('for a terminal the columns are aligned, empty ones left out, and lines end where it ends', () => {
  assert.equal(renderTable(table, 16), 'JOB     SUMMARY\nrun-1   a | b a…\nrun-22  short');
});

test('a summary is one line of text, whatever a prompt or command holds', () => {
  assert.equal(shorten('fix\x1b[31m the \x1b]0;title\x07test\n\n now\x00\r'), 'fix the test now');
  assert.equal(shorten('x'.repeat(200)).length, 96);
});
