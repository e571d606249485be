import { CompanionError } from '../../domain/base/errors.ts';
import { darwin } from './darwin.ts';
import { linux } from './linux.ts';
import { ABILITY_NAMES, type Abilities, type Ability, type Platform } from './platform.ts';
import { psPlatform } from './ps.ts';

/** Where we run, as node names it. The only place that looks. */
export const SYSTEM: NodeJS.Platform = process.platform;

const PLATFORMS: Partial<Record<NodeJS.Platform, Platform>> = { linux, darwin };

const REFUSED: Partial<Record<NodeJS.Platform, string>> = {
  win32:
    'Windows is not supported: jobs need sessions, process groups and signals, and nobody has written that for Windows.',
};

let current: Platform | undefined;

/** @throws CompanionError `unsupported-platform` on a system that is refused as a whole */
export function thisPlatform(): Platform {
  current ??= platformOf(SYSTEM);
  return current;
}

/** Every other system has a `ps`; whether that suffices, nobody has tried. */
export function platformOf(system: NodeJS.Platform): Platform {
  const refusal = REFUSED[system];
  if (refusal !== undefined)
    throw new CompanionError('unsupported-platform', refusal, {
      hint: 'Run it inside WSL2, where it is a Linux program. See docs/platforms.md.',
    });
  return PLATFORMS[system] ?? psPlatform(system);
}

/** For a caller that has another way, or can do without and says so. */
export function can(ability: Ability): boolean {
  return !('lacks' in thisPlatform()[ability]);
}

/** @throws CompanionError `unsupported-platform`, which names what cannot be done here and why */
export function need<A extends Ability>(ability: A): Abilities[A] {
  const found: Platform[A] = thisPlatform()[ability];
  if ('lacks' in found)
    throw new CompanionError('unsupported-platform', refusalOf(ability, found.lacks), {
      hint: 'codex-companion doctor lists what is missing here; see docs/platforms.md.',
    });
  return found as Abilities[A];
}

/** What this system does not tell, a sentence each; empty on Linux. */
export function missingAbilities(): { ability: Ability; sentence: string }[] {
  const platform = thisPlatform();
  return (Object.keys(ABILITY_NAMES) as Ability[]).flatMap((ability) => {
    const found = platform[ability];
    return 'lacks' in found ? [{ ability, sentence: refusalOf(ability, found.lacks) }] : [];
  });
}

function refusalOf(ability: Ability, why: string): string {
  return `On ${thisPlatform().name}, codex-companion cannot read ${ABILITY_NAMES[ability]}: ${why}.`;
}

/** For tests: until the end of their block, everything runs as on another platform. */
export function pretend(platform: Platform): Disposable {
  const before = current;
  current = platform;
  return { [Symbol.dispose]: () => (current = before) };
}
