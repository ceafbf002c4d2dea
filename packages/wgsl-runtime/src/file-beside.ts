/** A file beside a module. In a classic script, which has no address of its own, the caller has to say where it is. */
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
