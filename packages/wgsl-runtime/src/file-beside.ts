/** A file next to a module. A classic script has no URL of its own, so the caller must say where it is. */
export function fileBeside(locate: () => URL, option: string): URL {
  try {
    return locate();
  } catch (cause) {
    throw new Error(
      `a script that is no module does not know where its files are; expected load({ ${option} }), a URL or bytes`,
      { cause },
    );
  }
}
