/**
 * CRC-32 values (RFC 1952 section 8) of texts that consist of parts.
 *
 * The checksum of `A` followed by `B` can be computed from the two checksums and the length of `B`, without reading the
 * bytes again: appending n bytes multiplies the checksum, seen as a polynomial over GF(2), by x^(8n). So each shared
 * part is read once for all clients, and the checksum of a client costs one multiplication for each part.
 */

/** The generator polynomial, bits reversed, as everywhere in CRC-32. */
const POLYNOMIAL = 0xedb88320;

/** Returns the factor for a checksum that `length` bytes follow: x^(8 * length) modulo the generator. */
export function shiftBy(length: number): number {
  let product = 0x80000000; // 1
  // 3: x^(2^3) is x^8, a byte.
  for (let rest = length, power = 3; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) product = multiply(SQUARES[power % 32] ?? 0, product);
  }
  return product;
}

/** Returns the checksum of two consecutive parts. `shift` is `shiftBy` of the second part's length. */
export function combine(first: number, second: number, shift: number): number {
  return (multiply(shift, first) ^ second) >>> 0;
}

/** Multiplies two polynomials modulo the generator. Bit 31 is the coefficient of x^0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let term = b;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= term;
    term = (term & 1) === 0 ? term >>> 1 : (term >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x^(2^n) modulo the generator, for n from 0 to 31; after 31 they repeat. */
const SQUARES: readonly number[] = (() => {
  const squares = [0x40000000]; // x
  for (let n = 1; n < 32; n++) {
    const last = squares[n - 1] ?? 0;
    squares.push(multiply(last, last));
  }
  return squares;
})();
