/** The parser inside Node, compiled to WebAssembly by undici; a file of its package that has no types. */
declare module 'undici/lib/llhttp/llhttp_simd-wasm.js' {
  const wasm: Buffer;
  export default wasm;
}
