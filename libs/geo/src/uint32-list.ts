/** A list of unsigned 32-bit numbers that grows by doubling: what is gathered before its length is known. */
export class Uint32List {
  /** Its first `length` numbers count. Another array after every growth: do not hold on to it. */
  values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.grow();
    this.values[this.length] = value;
    this.length += 1;
  }

  private grow(): void {
    const larger = new Uint32Array(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }
}
