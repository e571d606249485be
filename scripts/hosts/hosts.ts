import type { HostName } from '../domain/base/hosts.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import type { HostOf } from './host.ts';

/** Every host by its name, as origins, notes and the arguments of hooks have it. */
export const HOSTS: { readonly [H in HostName]: HostOf<H> } = { 'claude-code': claudeCode, codex };
