// An imported SVG file is its text: the builder's loader and the tests' plugin both see to it.
declare module '*.svg' {
  const text: string;
  export default text;
}
