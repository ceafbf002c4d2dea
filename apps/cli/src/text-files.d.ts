/** Text that the bundler puts into the command. */
declare module '*.txt' {
  const text: string;
  export default text;
}
