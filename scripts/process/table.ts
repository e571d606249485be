import { COOKIE_VARIABLE, SHARED_VARIABLE } from './environment.ts';
import type { Stat } from './identity.ts';
import { need } from './platform/this-platform.ts';

/** All living processes that this user can see, by pid. */
export function processTable(): Map<number, Stat> {
  return new Map([...livingProcesses()].map((stat) => [stat.pid, stat]));
}

/** The same one by one, the newest first. */
export function livingProcesses(): Iterable<Stat> {
  return need('table')();
}

/** The job whose cookie a process carries in the environment it was started with; undefined for nobody and none. */
export function cookieOf(pid: number): string | undefined {
  return valueIn(need('environmentOf')(pid), COOKIE_VARIABLE);
}

/** The same, or `shared` for a process of ours that serves no single job. */
export function ownerOf(pid: number): string | undefined {
  const environment = need('environmentOf')(pid);
  const shared = valueIn(environment, SHARED_VARIABLE) === undefined ? undefined : 'shared';
  return valueIn(environment, COOKIE_VARIABLE) ?? shared;
}

function valueIn(environment: string, name: string): string | undefined {
  const prefix = `${name}=`;
  const start = environment.startsWith(prefix) ? 0 : environment.indexOf(`\0${prefix}`) + 1;
  if (start === 0 && !environment.startsWith(prefix)) return undefined;
  const end = environment.indexOf('\0', start);
  return environment.slice(start + prefix.length, end === -1 ? undefined : end);
}
