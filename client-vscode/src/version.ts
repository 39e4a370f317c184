// Which server an extension may talk to.

/** Major, minor and patch. */
export type Version = readonly [number, number, number];

/** The first version number in `text`, as `awaitlens --version` prints it; undefined where there is none. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/** Server and extension are made together: they fit when major and minor are the same. */
export function fits(server: string, extension: string): boolean {
  const [one, other] = [parseVersion(server), parseVersion(extension)];
  return one !== undefined && other !== undefined && one[0] === other[0] && one[1] === other[1];
}
