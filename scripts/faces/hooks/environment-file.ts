import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../../domain/base/errors.ts';
import { quoted } from '../../domain/shell/quote.ts';
import { readPlainFile } from '../../state/files/plain-file.ts';

/** The client and its plugins put some lines into it. Bytes. */
const SIZE_LIMIT = 4 * 1024 * 1024;

/**
 * Puts `export NAME='value'` lines into the file that Claude Code runs before each of the agent's commands. There is
 * one line for each variable, however often the hook is called: the file lives as long as the session.
 */
export function exportVariables(file: string, variables: Record<string, string>): void {
  // Values have no line breaks (hook-input.ts).
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  putLines(file, lines);
}

/**
 * Has the agent's shells look for tickets (state/tickets.ts) right before each command; none waits most of the time.
 * @param program this program's file; what the shells read then lies beside it
 */
export function watchTickets(file: string, tickets: string, program: string): void {
  const reader = quoted(join(dirname(program), 'agent-shell.sh'));
  const parts = [
    `codex_companion_tickets=${quoted(tickets)}`,
    `if [ -d "$codex_companion_tickets" ] && [ -r ${reader} ]`,
    `then codex_companion_node=${quoted(process.execPath)}`,
    `codex_companion_program=${quoted(program)}`,
    `. ${reader}`,
    'fi',
  ];
  putLines(file, [parts.join('; ')]);
}

/** Each line goes to the end, in place of one that begins with the same assignment. */
function putLines(file: string, ours: string[]): void {
  const before = readIfAny(file);
  const starts = ours.map((line) => line.slice(0, line.indexOf('=') + 1));
  const isOurs = (line: string) => starts.some((start) => line.startsWith(start));
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const after = `${[...lines.filter((line) => !isOurs(line)), ...ours].join('\n')}\n`;
  if (after !== before) replace(file, after);
}

/** By rename: a command of the agent that starts in between reads the old lines or the new ones. */
function replace(file: string, text: string): void {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(aside, text, { mode: 0o600, flag: 'wx' });
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

function readIfAny(file: string): string {
  try {
    return readPlainFile(file, SIZE_LIMIT);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
