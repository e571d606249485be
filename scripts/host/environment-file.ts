import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { systemCode } from '../domain/errors.ts';

/**
 * Puts `export NAME='value'` lines into the file that Claude Code runs before each of the agent's commands. There is
 * one line for each variable, however often the hook is called: the file lives as long as the session.
 */
export function exportVariables(file: string, variables: Record<string, string>): void {
  const before = readIfAny(file);
  const names = Object.keys(variables);
  const isOurs = (line: string) => names.some((name) => line.startsWith(`export ${name}=`));
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const ours = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const after = `${[...lines.filter((line) => !isOurs(line)), ...ours].join('\n')}\n`;
  if (after !== before) replace(file, after);
}

/** For sh: nothing is special between single quotes but the quote itself. Values have no line breaks (hook-input.ts). */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
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
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}
