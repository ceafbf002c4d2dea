import { onPath } from './on-path.ts';

/** Package managers, with the start of the command that installs. The first that a machine has is its own. */
const installers = {
  apt: { command: 'apt-get', install: 'apt-get install -y --no-install-recommends' },
  dnf: { command: 'dnf', install: 'dnf install -y' },
  pacman: { command: 'pacman', install: 'pacman -S --needed' },
  brew: { command: 'brew', install: 'brew install' },
  winget: { command: 'winget', install: 'winget install' },
} as const;

export type Manager = keyof typeof installers;
export const managers = Object.keys(installers) as readonly Manager[];

/** Package managers of languages. npm is on every machine that runs this. */
type LanguageManager = 'npm' | 'pip';

/** Names of packages by package manager. */
export type PackageNames = Readonly<Partial<Record<Manager | LanguageManager, readonly string[]>>>;

/** The package manager of this machine; apt where none is found. */
export function systemManager(): Manager {
  return managers.find((name) => onPath(installers[name].command)) ?? 'apt';
}

interface Installable {
  readonly name: string;
  readonly packages: PackageNames;
  readonly page?: string | undefined;
}

/** The commands that install what is missing, then the pages of what this package manager does not have. */
export function installLines(
  missing: readonly Installable[],
  manager: Manager = systemManager(),
): readonly string[] {
  const names = (from: Manager | LanguageManager): readonly string[] => [
    ...new Set(missing.flatMap(({ packages }) => packages[from] ?? [])),
  ];
  const system = names(manager);
  const [npm, pip] = [names('npm'), names('pip')];
  return [
    ...(system.length ? [`${installers[manager].install} ${system.join(' ')}`] : []),
    ...(npm.length ? [`npm install ${npm.join(' ')}`] : []),
    ...(pip.length ? [`pip install ${pip.join(' ')}`] : []),
    ...missing.filter(({ packages }) => !packages.npm && !packages.pip && !packages[manager]).map(elsewhere),
  ];
}

/** For people: where to get it instead. */
function elsewhere({ name, packages, page }: Installable): string {
  if (page) return `${name} from ${page}`;
  const others = managers.filter((other) => packages[other]).join(', ');
  return others ? `${name} by hand; there are packages for ${others}` : `${name} by hand`;
}
